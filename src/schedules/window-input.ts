import { type Body, type Reader, readFields, required } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { between, days, type Instant, instant } from '../lib/time.ts'
import { parseLocalTime } from './local-time.ts'
import type { TimeWindow } from './engine/schedule.ts'

/** Reads the window of a schedule's final shifts: two days or minutes in UTC, at most 365 days apart (contract grafana-oncall 4.7). */
export function parseWindow(query: Body): Result<TimeWindow, Refusal> {
  const read = readFields((take) => ({
    startAt: take(required(query, 'start_date', utcMinute), instant(0)),
    endAt: take(required(query, 'end_date', utcMinute), instant(0)),
  }))
  if (!read.ok) return read
  const { startAt, endAt } = read.value
  if (startAt > endAt) return no(wholeRefusal('start_date must be less than or equal to end_date'))
  const isLong = between(startAt, endAt) > days(365)
  return isLong ? no(wholeRefusal('The difference between start_date and end_date must be less than one year (365 days)')) : read
}

const wholeRefusal = (message: string): Refusal => ({ kind: 'invalid-fields', fields: { non_field_errors: [message] } })

const utcMinute: Reader<Instant> = (value) => {
  const text = typeof value === 'string' ? value : ''
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const reading = isDay ? parseLocalTime(`${text}T00:00:00`) : parseLocalTime(`${text}:00`)
  if (reading === null) return no('Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm, YYYY-MM-DD.')
  return ok(instant(reading))
}
