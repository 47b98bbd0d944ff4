import { known } from '../../lib/check.ts'
import { days } from '../../lib/time.ts'
import type { Span } from '../../lib/zone-data.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { type LocalTime, localTime, parseLocalTime } from '../local-time.ts'
import { findZone, type Zone, zoneOfSpans } from '../zone.ts'
import type { Component } from './components.ts'
import { type Budget, occurrencesOf } from './occurrences.ts'
import { propertiesOf, type Property, textOf } from './property.ts'
import { ruleOf } from './rule.ts'
import { isObject } from '../../lib/json.ts'

/** The clocks that a calendar file speaks of. */
export type Zones = {
  readonly utc: Zone
  /** Of times without a zone: what the calendar says about itself, else UTC. */
  readonly floating: Zone
  /** Null: neither this server knows the name, nor does the file say what it means. */
  find(name: string): Zone | null
}

/** The clocks of a calendar. What it says about zones itself is looked at only for names that are unknown here. */
export function zonesOf(calendar: Component, window: TimeWindow, budget: Budget): Zones {
  const utc = known(findZone('UTC'), 'there is UTC')
  const own = definitionsOf(calendar)
  const found = new Map<string, Zone | null>()
  const find = (name: string): Zone | null => {
    const before = found.get(name)
    if (before !== undefined) return before
    const definition = own.get(name)
    const zone = knownZone(name) ?? (definition === undefined ? null : describedZone(definition, window, budget))
    found.set(name, zone)
    return zone
  }
  const floating = textOf(calendar, 'x-wr-timezone')
  return { utc, floating: (floating === null ? null : find(floating)) ?? utc, find }
}

/** The world has some five hundred zones; each may be defined many times over. */
const definitionsMax = 10_000

/** By name, the first one of each: a file may have as many as it has events, so they are gone through once. */
function definitionsOf({ parts }: Component): ReadonlyMap<string, Component> {
  const byName = new Map<string, Component>()
  for (const part of parts.filter(({ name }) => name === 'vtimezone').slice(0, definitionsMax)) {
    const name = textOf(part, 'tzid')
    if (name !== null && !byName.has(name)) byName.set(name, part)
  }
  return byName
}

/** Also under names such as `/citadel.org/20210210_1/Europe/Berlin`. */
function knownZone(name: string): Zone | null {
  const parts = name.trim().split('/').slice(-3)
  return findZone(name.trim()) ?? findZone(parts.join('/')) ?? findZone(parts.slice(-2).join('/'))
}

/** A clock is set to another offset. */
type Onset = { readonly atMs: number; readonly fromMs: number; readonly toMs: number }

/** Reading one from a file takes as long as looking at so many days. */
const stepsPerOnset = 100

/** Real zones have two changes a year. */
const onsetsMax = 5000

/** What a VTIMEZONE describes (RFC 5545, 3.6.5), with the changes that matter to a window; null: it cannot be read. */
function describedZone(definition: Component, window: TimeWindow, budget: Budget): Zone | null {
  const onsets: Onset[] = []
  for (const observance of definition.parts) {
    const begun = onsetsOf(observance, window, budget)
    budget.steps -= stepsPerOnset * (begun?.length ?? 1)
    if (begun === null || onsets.length + begun.length > onsetsMax) return null
    onsets.push(...begun)
  }
  const inOrder = onsets.toSorted((left, right) => left.atMs - right.atMs)
  const [first] = inOrder
  if (first === undefined) return null
  const spans: Span[] = [{ untilMs: first.atMs, offsetMs: first.fromMs }]
  inOrder.forEach(({ toMs }, index) => spans.push({ untilMs: inOrder[index + 1]?.atMs ?? Infinity, offsetMs: toMs }))
  return zoneOfSpans(textOf(definition, 'tzid') ?? '', spans)
}

/** Long enough before what is asked for that every clock which is changed each year has been changed. */
const lead = days(800)

function onsetsOf(observance: Component, window: TimeWindow, budget: Budget): readonly Onset[] | null {
  const fromMs = offsetOf(textOf(observance, 'tzoffsetfrom'))
  const toMs = offsetOf(textOf(observance, 'tzoffsetto'))
  const [startLocal] = readingsOf(propertiesOf(observance, 'dtstart'))
  if (fromMs === null || toMs === null || startLocal === undefined) return null
  const begun = [startLocal, ...readingsOf(propertiesOf(observance, 'rdate'))]
  for (const property of propertiesOf(observance, 'rrule')) {
    const read = isObject(property?.values[0]) ? ruleOf(property.values[0]) : null
    if (read?.ok !== true) return null
    const rule = read.value
    const untilLocal = rule.until === null ? null : untilOf(rule.until, fromMs)
    const toLocal = localTime(window.endAt + lead)
    const fromLocal = localTime(Math.min(window.startAt, untilLocal ?? Infinity) - lead)
    begun.push(...occurrencesOf(rule, { startLocal, fromLocal, toLocal, untilLocal }, budget))
  }
  return [...new Set(begun)].map((local) => ({ atMs: local - fromMs, fromMs, toMs }))
}

/** The rules of a zone end at a time of UTC, which its clock shows with the offset that it has until then. */
function untilOf(until: string, fromMs: number): LocalTime | null {
  const local = parseLocalTime(until.length === 10 ? `${until}T23:59:59` : until.replace(/Z$/, ''))
  return local === null || !until.endsWith('Z') ? local : localTime(local + fromMs)
}

const readingsOf = (properties: readonly (Property | null)[]): readonly LocalTime[] =>
  properties.flatMap((property) =>
    (property?.values ?? []).flatMap((value) => (typeof value === 'string' ? (parseLocalTime(value) ?? []) : [])),
  )

/** Reads `-02:30` and `+01:00:15`. */
function offsetOf(text: string | null): number | null {
  const match = /^([+-])(\d{2}):([0-5]\d)(?::([0-5]\d))?$/.exec(text ?? '')
  if (match === null) return null
  const [, sign, hours = 0, minutes = 0, seconds = 0] = match
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}
