import { type Body, optional, type Reader, readFields, required } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { after, between, days, type Instant, instant, wholeSecond } from '../lib/time.ts'
import type { TimeWindow } from './engine/schedule.ts'
import { parseLocalTime } from './local-time.ts'

/** Reads the window of a schedule's final shifts: two days or minutes in UTC, at most 365 days apart (contract grafana-oncall 4.7). */
export function parseWindow(query: Body): Result<TimeWindow, Refusal> {
  const read = readFields((take) => ({
    startAt: take(required(query, 'start_date', utcMinute), instant(0)),
    endAt: take(required(query, 'end_date', utcMinute), instant(0)),
  }))
  return read.ok ? possible(read.value) : read
}

/** Like `parseWindow`; what is missing is now, and 30 days after the start. */
export function parseWindowFromNow(query: Body, now: Instant): Result<TimeWindow, Refusal> {
  const read = readFields((take) => {
    const startAt = take(optional(query, 'start_date', utcMinute), undefined) ?? wholeSecond(now)
    return { startAt, endAt: take(optional(query, 'end_date', utcMinute), undefined) ?? after(startAt, days(30)) }
  })
  return read.ok ? possible(read.value) : read
}

/** Reads the instant that is asked about, `at`; missing: now, to the millisecond, as edits hold from the instant at which they are made. */
export function parseAt(query: Body, now: Instant): Result<Instant, Refusal> {
  return readFields((take) => take(optional(query, 'at', anyInstant), undefined) ?? now)
}

function possible({ startAt, endAt }: TimeWindow): Result<TimeWindow, Refusal> {
  if (startAt > endAt) return no(wholeRefusal('start_date must be less than or equal to end_date'))
  const isLong = between(startAt, endAt) > days(365)
  if (isLong) return no(wholeRefusal('The difference between start_date and end_date must be less than one year (365 days)'))
  return ok({ startAt, endAt })
}

/** 10000-01-01: from here on years cannot be written with four digits. */
export const yearTenThousand = instant(253_402_300_800_000)

const yearOne = instant(-62_135_596_800_000)

const wholeRefusal = (message: string): Refusal => ({ kind: 'invalid-fields', fields: { non_field_errors: [message] } })

const utcMinute: Reader<Instant> = (value) => {
  const text = typeof value === 'string' ? value : ''
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  if (beyondYears.test(text)) return no(yearsOutOfRange)
  const reading = isDay ? parseLocalTime(`${text}T00:00:00`) : parseLocalTime(`${text}:00`)
  if (reading === null) return no('Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm, YYYY-MM-DD.')
  return ok(instant(reading))
}

/** ISO 8601 with seconds or without, or a day; UTC where no offset is given. A query makes a blank of the plus sign. */
const anyInstant: Reader<Instant> = (value) => {
  const text = typeof value === 'string' ? value : ''
  if (beyondYears.test(text)) return no(yearsOutOfRange)
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?)?(.*)$/.exec(text)
  const [, day, time = '00:00', second = ':00', offset = ''] = match ?? []
  const reading = parseLocalTime(`${day}T${time}${second}`)
  const aheadMs = offsetMs(offset)
  if (reading === null || aheadMs === null)
    return no('Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss][+HH:MM|-HH:MM|Z], YYYY-MM-DD.')
  const at = instant(reading - aheadMs)
  return at < yearOne || at >= yearTenThousand ? no(yearsOutOfRange) : ok(at)
}

/** Years before the first, or with more than four digits. */
const beyondYears = /^(?:0000-|-\d|[+ ]?\d{5,}-)/

const yearsOutOfRange = 'The instant must be in the years 0001 to 9999, by UTC.'

function offsetMs(text: string): number | null {
  if (text === '' || text === 'Z') return 0
  const match = /^([ +-])([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (match === null) return null
  const [, sign, hours, minutes] = match
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
