import {
  type Body,
  detailRefusal,
  integer,
  integerWithin,
  list,
  optional,
  orNull,
  type Reader,
  type Take,
  textList,
} from '../../lib/fields.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { type Weekday, weekdays } from '../calendar.ts'
import { shiftReading } from '../readers.ts'
import type { Repetition, RollingUsers } from './shift.ts'

/**
 * Reads how a shift repeats. What the body leaves out stays as it is `now`; null: the shift has not repeated so far, and must say how
 * often. The sentences are those of contract grafana-oncall 4.8.
 */
export function takeRepetition(body: Body, take: Take, now: Repetition | null): Repetition {
  const said = optional(body, 'frequency', frequency)
  const given = take<Repetition['frequency'] | undefined>(said, undefined)
  if (isMissing(said) && now === null) take(no(detailRefusal(missing('frequency'))), undefined)
  const week = take<Weekday | null | undefined>(optional(body, 'week_start', orNull(weekStart)), undefined) ?? null
  if (given === 'weekly' && now?.frequency !== 'weekly' && week === null) {
    take(no(detailRefusal("Field 'week_start' is required for frequency type 'weekly'")), undefined)
  }
  const changed = <Value>(name: string, reader: Reader<Value>, before: Value): Value => {
    const value = take<Value | undefined>(optional(body, name, reader), undefined)
    return value === undefined ? before : value
  }
  return {
    frequency: given ?? now?.frequency ?? 'daily',
    // A frequency that comes alone begins anew.
    interval: changed('interval', interval, given === undefined ? (now?.interval ?? 1) : 1),
    weekStart: week ?? now?.weekStart ?? 'SU',
    byDay: changed('by_day', filter(dayOfWeek), now?.byDay ?? null),
    byMonth: changed('by_month', filter(month), now?.byMonth ?? null),
    byMonthday: changed('by_monthday', filter(monthday), now?.byMonthday ?? null),
    untilLocal: changed('until', orNull(shiftReading), now?.untilLocal ?? null),
  }
}

type Rolling = Pick<RollingUsers, 'rollingUsers' | 'startRotationFromUserIndex'>

/** Reads who takes turns. Whether the ids name anybody is for the command to say. */
export function takeRolling(body: Body, take: Take, now: Rolling | null): Rolling {
  const said = optional(body, 'start_rotation_from_user_index', startIndex)
  const first = take<number | undefined>(said, undefined)
  if (isMissing(said) && now === null) take(no(detailRefusal(missing('start_rotation_from_user_index'))), undefined)
  const groups = take<Rolling['rollingUsers'] | undefined>(optional(body, 'rolling_users', userGroups), undefined)
  return {
    rollingUsers: groups ?? now?.rollingUsers ?? [],
    startRotationFromUserIndex: first ?? now?.startRotationFromUserIndex ?? 0,
  }
}

/** What rolling users cannot say. */
export function rollingFault({ frequency: often, interval: every, byDay, byMonthday }: Repetition): string | null {
  if (often !== 'daily') return null
  if (byMonthday !== null)
    return "Day limits are temporarily disabled for on-call shifts with type 'rolling_users' and frequency 'daily'"
  return byDay !== null && every > byDay.length ? 'Interval must be less than or equal to the number of selected days' : null
}

const isMissing = (read: Result<unknown, Refusal>): boolean => read.ok && read.value === undefined

const missing = (name: string): string => `Field '${name}' is required for this on-call shift type`

const frequencies = ['hourly', 'daily', 'weekly', 'monthly'] as const

const frequency: Reader<Repetition['frequency']> = (value) => {
  if (value === null) return no(detailRefusal(missing('frequency')))
  const found = frequencies.find((one) => one === value)
  return found === undefined ? no(detailRefusal('Invalid frequency type')) : ok(found)
}

/** Up to the hours of a hundred years. */
const interval: Reader<number> = (value) => {
  if (value === null) return no(detailRefusal("Field 'interval' must be a positive integer"))
  const read = integer(value)
  if (read.ok && read.value <= 0) return no(detailRefusal('Invalid value for interval'))
  return read.ok ? integerWithin({ min: 1, max: 876_600 })(value) : read
}

const allWeekdays = weekdays.map((day) => `'${day}'`).join(', ')

const weekStart: Reader<Weekday> = (value) => {
  const found = weekdays.find((day) => day === value)
  if (found !== undefined) return ok(found)
  return no(detailRefusal(`Invalid day format for week start field. Should be one of the following: ${allWeekdays}`))
}

type Member<Value> = (value: unknown) => Result<Value, Refusal>

/** A list each of whose members counts once; null and the empty list filter nothing. */
function filter<Value>(member: Member<Value>): Reader<readonly Value[] | null> {
  return (value) => {
    const read = list(value)
    if (!read.ok) return read
    const members = read.value.map(member)
    const fault = members.find((one) => !one.ok)
    if (fault !== undefined && !fault.ok) return no(fault.reason)
    const values = [...new Set(members.flatMap((one) => (one.ok ? [one.value] : [])))]
    return ok(values.length === 0 ? null : values)
  }
}

const dayOfWeek: Member<Weekday> = (value) => {
  const found = weekdays.find((day) => day === value)
  return found === undefined ? no(detailRefusal(`Invalid day value in by_day field. Valid values: ${allWeekdays}`)) : ok(found)
}

const month: Member<number> = (value) =>
  isWhole(value) && value >= 1 && value <= 12
    ? ok(value)
    : no(detailRefusal('Invalid month value in by_month field. Valid values: from 1 to 12'))

const monthday: Member<number> = (value) =>
  isWhole(value) && value !== 0 && Math.abs(value) <= 31
    ? ok(value)
    : no(detailRefusal('Invalid monthday value in by_monthday field. Valid values: from 1 to 31 and from -31 to -1'))

const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value)

const startIndex: Reader<number> = (value) =>
  value === null
    ? no(detailRefusal(missing('start_rotation_from_user_index')))
    : integerWithin({ min: 0, max: 2_147_483_647 })(value)

/** Groups in their order; in a group each person counts once. */
const userGroups: Reader<readonly (readonly UserId[])[]> = (value) => {
  const read = list(value)
  if (!read.ok) return read
  const groups = read.value.map(textList)
  const fault = groups.find((group) => !group.ok)
  if (fault !== undefined && !fault.ok) return fault
  return ok(groups.map((group) => (group.ok ? [...new Set(group.value)].map((id) => asId<UserId>(id)) : [])))
}
