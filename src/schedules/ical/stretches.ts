import { storable } from '../../lib/json.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import type { Sliced } from '../../lib/slices.ts'
import type { Instant } from '../../lib/time.ts'
import { dayMs } from '../calendar.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { type LocalTime, localTime } from '../local-time.ts'
import { firstInstantAt, localAt } from '../zone.ts'
import { changeFault, type Changes, changesOf, exclusionOf, exclusionsOf } from './changes.ts'
import { type Component, readCalendars } from './components.ts'
import { type EventTimes, eventTimes, uidOf } from './event.ts'
import { endAfter, instantOf, lastReading, readingIn } from './moment.ts'
import { type Budget, occurrencesOf } from './occurrences.ts'
import { textOf } from './property.ts'
import type { EventRule } from './rule.ts'
import { staffingOf, type Staffing } from './staffing.ts'
import { type Zones, zonesOf } from './zones.ts'

/** A stretch of time of an event, and whom it names. */
export type CalendarStretch = TimeWindow & Staffing & { readonly uid: string }

export type CalendarReading = {
  /** In order of their starts; those that touch the window, whole. */
  readonly stretches: readonly CalendarStretch[]
  /** Events that cover nothing because they cannot be read, as sentences. */
  readonly problems: readonly string[]
}

export const calendarLimits = {
  bytesMax: 5 * 1024 * 1024,
  stretchesMax: 20_000,
  atOnceMax: 500,
  problemsMax: 20,
  /** Days that rules look at, and times that they find. */
  steps: 1_500_000,
} as const

/**
 * What a calendar file comes to in a window. An event that cannot be read is a problem and covers nothing; a file that is no calendar,
 * too much work, or of which no event can be read, is refused as a whole, with a sentence about it. The work has a limit, whatever the
 * file says, and so has each slice of it.
 */
export function* stretchesOfCalendar(bytes: Uint8Array, window: TimeWindow): Sliced<Result<CalendarReading, string>> {
  if (bytes.length > calendarLimits.bytesMax) return no('It is larger than 5 MiB.')
  const calendars = yield* readCalendars(bytes)
  if (!calendars.ok) return calendars
  const budget = { steps: calendarLimits.steps }
  const found: CalendarStretch[] = []
  const problems: string[] = []
  let eventCount = 0
  for (const calendar of calendars.value) {
    const zones = zonesOf(calendar, window, budget)
    const events = calendar.parts.filter(({ name }) => name === 'vevent')
    const changes = yield* changesOf(events, zones)
    eventCount += events.length
    for (const event of events) {
      yield
      const stretches = stretchesOf(event, { zones, window, budget, changes })
      if (budget.steps < 0) return no(`It takes too much work to see when its events happen, ${nameOf(event)} among them.`)
      if (!stretches.ok) problems.push(`${capitalized(nameOf(event))} ${stretches.reason}.`)
      else for (const stretch of stretches.value) found.push(stretch)
      if (found.length > calendarLimits.stretchesMax) return no('Its events happen more than 20000 times in the next 400 days.')
    }
  }
  const [problem] = problems
  if (problem !== undefined && problems.length === eventCount) return no(`None of its events can be read. ${problem}`)
  if (mostAtOnce(found) > calendarLimits.atOnceMax) return no('More than 500 of its events are under way at the same time.')
  const stretches = found.toSorted((left, right) => left.startAt - right.startAt)
  return ok({ stretches, problems: problems.slice(0, calendarLimits.problemsMax) })
}

type Reading = {
  readonly zones: Zones
  readonly window: TimeWindow
  readonly budget: Budget
  readonly changes: Changes
}

function stretchesOf(event: Component, reading: Reading): Result<readonly CalendarStretch[], string> {
  const { window, zones, changes } = reading
  if (textOf(event, 'status')?.toUpperCase() === 'CANCELLED' || changes.outdated.has(event)) return ok([])
  const change = changeFault(event, zones)
  const times = change === null ? eventTimes(event, zones) : no(change)
  if (!times.ok) return times
  const { start, endAt } = times.value
  const uid = uidOf(event)
  const all = changes.events.has(event) ? [{ startAt: instantOf(start), endAt }] : timesOf(times.value, uid, reading)
  const kept = all.filter((one) => one.startAt < one.endAt && one.startAt < window.endAt && one.endAt > window.startAt)
  if (kept.length === 0) return ok([])
  const staffing = staffingOf(event)
  return ok(kept.map((stretch) => ({ ...stretch, ...staffing, uid })))
}

/** When an event happens, by itself and by what repeats it, each time once; what the file excludes or changes is left out. */
function timesOf(times: EventTimes, uid: string, reading: Reading): readonly TimeWindow[] {
  const { start, length, rules, excludedRules, extra } = times
  const { zone } = start
  const found = new Map<Instant, TimeWindow>()
  const add = (stretch: TimeWindow): unknown => found.set(stretch.startAt, stretch)
  for (const rule of rules)
    for (const local of readingsOf(rule, times, reading))
      add({ startAt: firstInstantAt(zone, local), endAt: endAfter(zone, local, length) })
  for (const one of extra) {
    const endAt = one.endAt ?? endAfter(zone, readingIn(zone, one.start), length)
    add({ startAt: instantOf(one.start), endAt })
  }
  add({ startAt: instantOf(start), endAt: times.endAt })
  for (const rule of excludedRules)
    for (const local of readingsOf(rule, times, reading)) found.delete(firstInstantAt(zone, local))
  const isExcluded = exclusionOf([exclusionsOf(times.excluded), reading.changes.ofUid(uid)], zone)
  return [...found.values()].filter(({ startAt }) => !isExcluded(startAt))
}

function readingsOf(rule: EventRule, { start, length }: EventTimes, { zones, window, budget }: Reading): readonly LocalTime[] {
  const { zone } = start
  const untilLocal = rule.until === null ? null : lastReading(rule.until, zone, zones)
  const reach = length.wallMs + length.exactMs + dayMs
  const fromLocal = localTime(localAt(zone, window.startAt) - reach)
  const toLocal = localTime(localAt(zone, window.endAt) + dayMs)
  return occurrencesOf(rule, { startLocal: start.local, fromLocal, toLocal, untilLocal }, budget)
}

/** How many stretches are under way at the same time, at most. */
function mostAtOnce(stretches: readonly CalendarStretch[]): number {
  const edges = stretches.flatMap(({ startAt, endAt }) => [
    { at: startAt, step: 1 },
    { at: endAt, step: -1 },
  ])
  let count = 0
  let most = 0
  for (const { step } of edges.toSorted((left, right) => left.at - right.at || left.step - right.step)) {
    count += step
    most = Math.max(most, count)
  }
  return most
}

function nameOf(event: Component): string {
  const name = textOf(event, 'summary') ?? textOf(event, 'uid')
  return name === null ? 'an event without a name' : `the event "${storable(name).slice(0, 80)}"`
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
