import type { Instant } from '../lib/time.ts'
import type { LocalTime } from './local-time.ts'
import { known } from '../lib/check.ts'
import { instant } from '../lib/time.ts'
import { calendarCycleMs, canonicalName, packedZone, type Span, unpackSpans, writtenOutUntil } from '../lib/zone-data.ts'
import { localTime } from './local-time.ts'

/** A place's clock. Its rules come from a data package, never from the runtime, whose own tables are older. */
export type Zone = {
  /** The canonical IANA name. What somebody typed (`Asia/Calcutta`) is kept where it was typed. */
  readonly name: string
  readonly spans: readonly Span[]
  /** Per span: the least reading that the local clock has not reached by the span's end. Never falls from one span to the next. */
  readonly unreachedMs: readonly number[]
}

/** The zone of an IANA name or alias, in any letter case; null when there is none. */
export function findZone(name: string): Zone | null {
  const line = packedZone(name)
  if (line === null) return null
  const zone = unpacked.get(line) ?? unpackZone(line)
  unpacked.set(line, zone)
  return zone
}

/**
 * The first instant at which the zone's clock has reached a local time. A reading that is skipped becomes the instant of the change, one
 * that comes twice its first pass. A later local time never gives an earlier instant, so boundaries made with it leave neither holes nor
 * overlaps; the "compatible" rule of RFC 5545 and Temporal would.
 */
export function firstInstantAt(zone: Zone, local: LocalTime): Instant {
  const ahead = cyclesAhead(local)
  const reading = local - ahead
  const index = firstIndex(zone.spans.length, (span) => known(zone.unreachedMs[span], 'every span has an end') > reading)
  const beganAt = zone.spans[index - 1]?.untilMs ?? -Infinity
  return instant(Math.max(beganAt, reading - offsetMs(zone, index)) + ahead)
}

/** What the zone's clock reads at an instant. Unlike the way back this is not monotone: the reading falls when the clock is turned back. */
export function localAt(zone: Zone, at: Instant): LocalTime {
  const written = at - cyclesAhead(at)
  const index = firstIndex(zone.spans.length, (span) => known(zone.spans[span], 'a span of this zone').untilMs > written)
  return localTime(at + offsetMs(zone, index))
}

/**
 * The zones that were used, by their packed lines, which aliases share. Unpacking one takes about a millisecond and some kilobytes, and
 * reading no more of its line than the name still takes longer than what a schedule asks of it.
 */
const unpacked = new Map<string, Zone>()

const unpackZone = (line: string): Zone => zoneOfSpans(canonicalName(line), unpackSpans(line))

/** A zone of one's own. The last span has no end. */
export function zoneOfSpans(name: string, spans: readonly Span[]): Zone {
  let unreached = -Infinity
  // The maximum keeps it from falling when a clock is turned back twice in a short time, which no zone has done so far.
  const unreachedMs = spans.map((span) => (unreached = Math.max(unreached, span.untilMs + span.offsetMs)))
  return { name, spans, unreachedMs }
}

const offsetMs = (zone: Zone, index: number): number => known(zone.spans[index], 'the last span has no end').offsetMs

/** How far to go back, in whole cycles of the calendar, to come to a time whose changes are written out. */
const cyclesAhead = (timeMs: number): number =>
  Math.max(0, Math.floor((timeMs - writtenOutUntil) / calendarCycleMs) + 1) * calendarCycleMs

/** The first index for which a claim holds that, once it holds, holds for all that follow. */
function firstIndex(count: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
