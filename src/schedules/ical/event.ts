import { isObject, storable } from '../../lib/json.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { type Instant, ms } from '../../lib/time.ts'
import { dayMs } from '../calendar.ts'
import type { Component } from './components.ts'
import { endAfter, instantOf, type Length, lengthOf, type Moment, momentOf, momentsOf, readingIn } from './moment.ts'
import { membersOf, propertiesOf, propertyOf, textOf } from './property.ts'
import { type EventRule, ruleOf } from './rule.ts'
import type { Zones } from './zones.ts'

/** When an event happens: once, and by whatever repeats it. */
export type EventTimes = {
  readonly start: Moment
  /** Of the event itself; what repeats it has the length. */
  readonly endAt: Instant
  readonly length: Length
  readonly rules: readonly EventRule[]
  readonly excludedRules: readonly EventRule[]
  readonly extra: readonly Extra[]
  readonly excluded: readonly Moment[]
}

/** An RDATE; null: it lasts as long as the event itself. */
type Extra = { readonly start: Moment; readonly endAt: Instant | null }

/** Reads when a VEVENT happens. The reason is a clause that goes after "it ". */
export function eventTimes(event: Component, zones: Zones): Result<EventTimes, string> {
  const start = firstMoment(event, 'dtstart', zones)
  if (!start.ok) return start
  if (start.value === null) return no('has no start')
  const span = spanOf(event, start.value, zones)
  if (!span.ok) return span
  const rules = rulesOf(event, 'rrule')
  if (!rules.ok) return rules
  const excludedRules = rulesOf(event, 'exrule')
  if (!excludedRules.ok) return excludedRules
  const extra = extraOf(event, zones)
  if (!extra.ok) return extra
  const excluded = allMoments(event, zones)
  if (!excluded.ok) return excluded
  return ok({
    start: start.value,
    ...span.value,
    rules: rules.value,
    excludedRules: excludedRules.value,
    extra: extra.value,
    excluded: excluded.value,
  })
}

/** Events of one UID are one event and changes of it; empty where a file gives none. */
export const uidOf = (event: Component): string => storable(textOf(event, 'uid') ?? '').slice(0, 255)

/** The first moment of a property; null: the event has none. */
export function firstMoment(event: Component, name: string, zones: Zones): Result<Moment | null, string> {
  const property = propertyOf(event, name)
  if (property === undefined) return ok(null)
  const moments = property === null ? no(unreadable(name)) : momentsOf(property, zones)
  return moments.ok ? ok(moments.value[0] ?? null) : moments
}

type Span = Pick<EventTimes, 'endAt' | 'length'>

/** From DTEND or DURATION; a day without either is one day long, a time without either is over at once (RFC 5545, 3.6.1). */
function spanOf(event: Component, start: Moment, zones: Zones): Result<Span, string> {
  const end = firstMoment(event, 'dtend', zones)
  if (!end.ok) return end
  if (end.value !== null) {
    const endAt = instantOf(end.value)
    const wallMs = ms(readingIn(start.zone, end.value) - start.local)
    return endAt < instantOf(start) ? no('ends before it begins') : ok({ endAt, length: { wallMs, exactMs: ms(0) } })
  }
  const duration = propertyOf(event, 'duration')
  const otherwise = { wallMs: ms(start.isDay ? dayMs : 0), exactMs: ms(0) }
  const length = duration === undefined ? otherwise : lengthOf(duration?.values[0])
  return length === null
    ? no('has a duration that cannot be read')
    : ok({ endAt: endAfter(start.zone, start.local, length), length })
}

function rulesOf(event: Component, name: string): Result<readonly EventRule[], string> {
  const rules: EventRule[] = []
  for (const property of propertiesOf(event, name)) {
    const value = property?.values[0]
    const rule = isObject(value) ? ruleOf(value) : no('repeats by a rule that cannot be read')
    if (!rule.ok) return rule
    rules.push(rule.value)
  }
  return ok(rules)
}

function allMoments(event: Component, zones: Zones): Result<readonly Moment[], string> {
  const found: Moment[] = []
  for (const property of propertiesOf(event, 'exdate')) {
    const moments = property === null ? no(unreadable('exdate')) : momentsOf(property, zones)
    if (!moments.ok) return moments
    for (const moment of moments.value) found.push(moment)
  }
  return ok(found)
}

function extraOf(event: Component, zones: Zones): Result<readonly Extra[], string> {
  const found: Extra[] = []
  for (const property of propertiesOf(event, 'rdate')) {
    for (const value of property?.values ?? [null]) {
      const [from, to] = membersOf(value)
      const extra = extraFrom(from, to, (text) => momentOf(text, property?.parameters['tzid'], zones))
      if (!extra.ok) return extra
      found.push(extra.value)
    }
  }
  return ok(found)
}

function extraFrom(from: unknown, to: unknown, read: (text: unknown) => Result<Moment, string>): Result<Extra, string> {
  const start = read(from)
  if (!start.ok) return start
  if (to === null || to === undefined) return ok({ start: start.value, endAt: null })
  const length = lengthOf(to)
  if (length !== null) return ok({ start: start.value, endAt: endAfter(start.value.zone, start.value.local, length) })
  const end = read(to)
  return end.ok ? ok({ start: start.value, endAt: instantOf(end.value) }) : end
}

const unreadable = (name: string): string => `has a ${name.toUpperCase()} that cannot be read`
