import { check, known } from '../lib/check.ts'
import { asId, type TeamId, type UserId } from '../lib/ids.ts'
import { isObject, type Json } from '../lib/json.ts'
import { seconds } from '../lib/time.ts'
import { type Weekday, weekdays } from './calendar.ts'
import { formatLocalTime, type LocalTime, parseLocalTime } from './local-time.ts'
import type { Repetition, RollingUsers, ShiftFields, ShiftSource } from './shift.ts'

/** A shift as its rows keep it: the definition is JSON. */
export type ShiftRecord = { readonly name: string | null; readonly teamId: TeamId | null; readonly definition: Json }

/** What is stored of a shift. Shifts that say the same have the same JSON text. */
export function recordOf(fields: ShiftFields): ShiftRecord {
  return {
    name: fields.name,
    teamId: fields.teamId,
    definition: {
      type: fields.type,
      ...(fields.type === 'override' ? {} : { level: fields.level }),
      time_zone: fields.timeZone,
      start: formatLocalTime(fields.startLocal),
      rotation_start: formatLocalTime(fields.rotationStartLocal),
      duration: fields.durationMs / 1000,
      users: [...fields.users],
      source: fields.source,
      ...('frequency' in fields ? repetitionRecord(fields) : {}),
      ...(fields.type === 'rolling_users' ? rollingRecord(fields) : {}),
    },
  }
}

const repetitionRecord = (fields: Repetition) => ({
  frequency: fields.frequency,
  interval: fields.interval,
  week_start: fields.weekStart,
  by_day: fields.byDay === null ? null : [...fields.byDay],
  by_month: fields.byMonth === null ? null : [...fields.byMonth],
  by_monthday: fields.byMonthday === null ? null : [...fields.byMonthday],
  until: fields.untilLocal === null ? null : formatLocalTime(fields.untilLocal),
})

const rollingRecord = ({ rollingUsers, startRotationFromUserIndex }: RollingUsers) => ({
  rolling_users: rollingUsers.map((group) => [...group]),
  start_rotation_from_user_index: startRotationFromUserIndex,
})

/** Whether two shifts say the same. */
export const saysTheSame = (left: ShiftFields, right: ShiftFields): boolean =>
  JSON.stringify(recordOf(left)) === JSON.stringify(recordOf(right))

const sources: readonly ShiftSource[] = ['web', 'api', 'terraform']

/** The shift of a row. Anything else than what was stored there is a defect. */
export function fieldsOf({
  name,
  teamId,
  definition,
}: Omit<ShiftRecord, 'definition'> & { readonly definition: unknown }): ShiftFields {
  check(isObject(definition), 'the definition of a shift is an object')
  const { type, level, time_zone: timeZone, duration, users, source } = definition
  check(typeof duration === 'number', 'a shift has a duration')
  check(timeZone === null || typeof timeZone === 'string', 'the time zone of a shift is a name or null')
  check(Array.isArray(users), 'a shift has a list of users')
  const common = {
    name,
    teamId,
    timeZone,
    startLocal: readingOf(definition['start']),
    rotationStartLocal: readingOf(definition['rotation_start']),
    durationMs: seconds(duration),
    users: users.map((id) => asId<UserId>(String(id))),
    source: known(
      sources.find((one) => one === source),
      'a shift has one of the sources',
    ),
  }
  if (type === 'override') return { type, ...common }
  check(typeof level === 'number', 'a shift that is no override has a level')
  if (type === 'single_event') return { type, level, ...common }
  const repeated = { level, ...common, ...repetitionOf(definition) }
  if (type === 'recurrent_event') return { type, ...repeated }
  check(type === 'rolling_users', 'a shift has a type that this program knows')
  return { type, ...repeated, ...rollingOf(definition) }
}

type Definition = Readonly<Record<string, unknown>>

function repetitionOf(definition: Definition): Repetition {
  const { frequency, interval, until } = definition
  check(typeof interval === 'number', 'what repeats has an interval')
  return {
    frequency: known(
      frequencies.find((one) => one === frequency),
      'what repeats has a frequency',
    ),
    interval,
    weekStart: weekdayOf(definition['week_start']),
    byDay: listOf(definition['by_day'])?.map(weekdayOf) ?? null,
    byMonth: listOf(definition['by_month'])?.map(Number) ?? null,
    byMonthday: listOf(definition['by_monthday'])?.map(Number) ?? null,
    untilLocal: until === null ? null : readingOf(until),
  }
}

function rollingOf(definition: Definition): Pick<RollingUsers, 'rollingUsers' | 'startRotationFromUserIndex'> {
  const first = definition['start_rotation_from_user_index']
  check(typeof first === 'number', 'rolling users have a first group')
  const groups = known(listOf(definition['rolling_users']), 'rolling users have groups')
  const rollingUsers = groups.map((group) => known(listOf(group), 'a group is a list').map((id) => asId<UserId>(String(id))))
  return { rollingUsers, startRotationFromUserIndex: first }
}

const frequencies = ['hourly', 'daily', 'weekly', 'monthly'] as const

const weekdayOf = (value: unknown): Weekday =>
  known(
    weekdays.find((day) => day === value),
    'a stored day of the week is one',
  )

function listOf(value: unknown): readonly unknown[] | null {
  if (value === null) return null
  const members: readonly unknown[] | null = Array.isArray(value) ? value : null
  return known(members, 'a stored list is one')
}

function readingOf(value: unknown): LocalTime {
  return known(typeof value === 'string' ? parseLocalTime(value) : null, 'a shift knows when it starts')
}
