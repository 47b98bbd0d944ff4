import { detailRefusal, integerWithin, list, type Reader, referenceOrNull } from '../lib/fields.ts'
import { asId, type ShiftId, type TeamId, type UserId } from '../lib/ids.ts'
import { no, ok } from '../lib/result.ts'
import { type Instant, instant, parseInstant } from '../lib/time.ts'
import { isTimeZone } from '../lib/zone-data.ts'
import { type LocalTime, parseLocalTime } from './local-time.ts'

/** The name of a known zone or alias, kept as it was typed. */
export const timeZone: Reader<string> = (value) => {
  if (value === null) return no('This field may not be null.')
  return typeof value === 'string' && isTimeZone(value) ? ok(value) : no('Invalid timezone')
}

/** The id of a team; null and the empty text mean no team. */
export const team: Reader<TeamId | null> = (value) => {
  const read = referenceOrNull(value)
  if (!read.ok) return read
  return ok(read.value === null ? null : asId<TeamId>(read.value))
}

/**
 * Ids, each once, in order. Members that are no text cannot name anything and are passed over, as are ids that nothing has
 * (the command looks them up).
 */
export function ids<Id extends UserId | ShiftId>(): Reader<readonly Id[]> {
  return (value) => {
    const read = list(value)
    if (!read.ok) return read
    const texts = read.value.filter((member) => typeof member === 'string').filter((text) => !text.includes('\u0000'))
    return ok([...new Set(texts)].map((text) => asId<Id>(text)))
  }
}

/** A local time of a shift, `yyyy-mm-ddThh:mm:ss`; what is none is refused for the whole request (contract grafana-oncall 4.8). */
export const shiftReading: Reader<LocalTime> = (value) => {
  const read = reading(value)
  return read.ok || value === null ? read : no(detailRefusal(`Invalid datetime format, should be "yyyy-mm-dd'T'hh:mm:ss"`))
}

/** A local time, `yyyy-mm-ddThh:mm:ss`. */
export const reading: Reader<LocalTime> = (value) => {
  if (value === null) return no('This field may not be null.')
  const read = typeof value === 'string' ? parseLocalTime(value) : null
  return read === null ? no('Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm:ss.') : ok(read)
}

/** Terraform sends null for a level that nobody has set. */
export const level: Reader<number> = (value) =>
  value === null ? ok(0) : integerWithin({ min: -2_147_483_648, max: 2_147_483_647 })(value)

/** An instant with its offset from UTC, such as 2026-03-29T01:00:00Z. Fractions of a second are cut off: nothing about schedules happens there. */
export const wholeSecond: Reader<Instant> = (value) => {
  if (value === null) return no('This field may not be null.')
  const read = typeof value === 'string' ? parseInstant(value) : null
  return read === null ? no(notAnInstant) : ok(instant(Math.floor(read / 1000) * 1000))
}

const notAnInstant = 'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm:ss[.uuuuuu](+HH:MM|-HH:MM|Z).'
