import { no, ok, type Result } from '../../lib/result.ts'
import { after, type Instant, type Ms, ms } from '../../lib/time.ts'
import { dayMs } from '../calendar.ts'
import { localAfter, type LocalTime, localTime, parseLocalTime } from '../local-time.ts'
import { firstInstantAt, localAt, type Zone } from '../zone.ts'
import type { Property } from './property.ts'
import type { Zones } from './zones.ts'

/** A date or a time of an event, on the clock of its zone. A whole day is one of UTC, from midnight on. */
export type Moment = { readonly zone: Zone; readonly local: LocalTime; readonly isDay: boolean }

export const instantOf = ({ zone, local }: Moment): Instant => firstInstantAt(zone, local)

/** What the clock of a zone reads at a moment that may be of another zone. */
export const readingIn = (zone: Zone, moment: Moment): LocalTime =>
  moment.zone === zone ? moment.local : localAt(zone, instantOf(moment))

/** The moments of a property, such as a DTSTART or an EXDATE. The reason is a clause that goes after "it ". */
export function momentsOf({ parameters, values }: Property, zones: Zones): Result<readonly Moment[], string> {
  const moments: Moment[] = []
  for (const value of values) {
    const moment = momentOf(value, parameters['tzid'], zones)
    if (!moment.ok) return moment
    moments.push(moment.value)
  }
  return ok(moments)
}

/** The moment that a text such as `2026-03-29T01:00:00Z` stands for. */
export function momentOf(value: unknown, zoneName: unknown, zones: Zones): Result<Moment, string> {
  const text = typeof value === 'string' ? value : ''
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return momentIn(zones.utc, `${text}T00:00:00`, true)
  if (text.endsWith('Z')) return momentIn(zones.utc, text.slice(0, -1), false)
  if (typeof zoneName !== 'string') return momentIn(zones.floating, text, false)
  const zone = zones.find(zoneName)
  return zone === null
    ? no(`is in the time zone "${zoneName.slice(0, 100)}", which neither this server nor the file knows`)
    : momentIn(zone, text, false)
}

function momentIn(zone: Zone, text: string, isDay: boolean): Result<Moment, string> {
  const local = parseLocalTime(text)
  return local === null ? no('has a time that cannot be read') : ok({ zone, local, isDay })
}

/** How long an event is: days on the clock on the wall, and what comes on top as a stop-watch measures it (RFC 5545, 3.3.6). */
export type Length = { readonly wallMs: Ms; readonly exactMs: Ms }

/** Reads `P1DT2H`; null for what is no duration, or not a positive one. */
export function lengthOf(text: unknown): Length | null {
  const form = /^\+?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/
  const match = form.exec(typeof text === 'string' ? text : '')
  if (match === null) return null
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((digits) => Number(digits ?? 0))
  return { wallMs: ms((weeks * 7 + days) * dayMs), exactMs: ms(((hours * 60 + minutes) * 60 + seconds) * 1000) }
}

export const endAfter = (zone: Zone, startLocal: LocalTime, { wallMs, exactMs }: Length): Instant =>
  after(firstInstantAt(zone, localAfter(startLocal, wallMs)), exactMs)

/** The last reading of a zone's clock at which a rule with this UNTIL still happens; null: it cannot be read. */
export function lastReading(until: string, zone: Zone, zones: Zones): LocalTime | null {
  const moment = momentOf(until, undefined, { ...zones, floating: zone })
  if (!moment.ok) return null
  return moment.value.isDay ? localTime(moment.value.local + dayMs - 1000) : readingIn(zone, moment.value)
}
