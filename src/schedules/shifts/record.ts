import { asId, type TeamId, type UserId } from '../../lib/ids.ts'
import { isObject, type Json } from '../../lib/json.ts'
import { seconds } from '../../lib/time.ts'
import { isTimeZone } from '../../lib/zone-data.ts'
import { type Weekday, weekdays } from '../calendar.ts'
import { formatLocalTime, type LocalTime, parseLocalTime } from '../local-time.ts'
import type { CommonFields, Repetition, RollingUsers, ShiftFields, ShiftSource } from './shift.ts'

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

/**
 * The shift of a row; null when this program cannot tell what it says. A newer version beside this one may have stored it, with a type or
 * a time zone that is unknown here, and one shift must not keep everything that looks at on-call people from being done.
 */
export function fieldsOf({
  name,
  teamId,
  definition,
}: Omit<ShiftRecord, 'definition'> & { readonly definition: unknown }): ShiftFields | null {
  if (!isObject(definition)) return null
  const stored = commonOf(definition)
  if (stored === null) return null
  const { type, level } = definition
  const common = { name, teamId, ...stored }
  if (type === 'override') return { type, ...common }
  if (!isWhole(level)) return null
  if (type === 'single_event') return { type, level, ...common }
  const repetition = repetitionOf(definition)
  if (repetition === null) return null
  if (type === 'recurrent_event') return { type, level, ...common, ...repetition }
  const rolling = type === 'rolling_users' ? rollingOf(definition) : null
  return rolling === null ? null : { type: 'rolling_users', level, ...common, ...repetition, ...rolling }
}

type Definition = Readonly<Record<string, unknown>>

function commonOf(definition: Definition): Omit<CommonFields, 'name' | 'teamId'> | null {
  const { time_zone: timeZone, duration } = definition
  const startLocal = readingOf(definition['start'])
  const rotationStartLocal = readingOf(definition['rotation_start'])
  const users = userIdsOf(definition['users'])
  const source = sources.find((one) => one === definition['source'])
  if (startLocal === null || rotationStartLocal === null || users === null || source === undefined) return null
  if (timeZone !== null && !(typeof timeZone === 'string' && isTimeZone(timeZone))) return null
  if (!isWhole(duration) || duration < 1 || duration > longestSeconds) return null
  return { timeZone, startLocal, rotationStartLocal, durationMs: seconds(duration), users, source }
}

function repetitionOf(definition: Definition): Repetition | null {
  const { interval, until } = definition
  const frequency = frequencies.find((one) => one === definition['frequency'])
  const weekStart = weekdays.find((day) => day === definition['week_start'])
  const byDay = selected(definition['by_day'], isWeekday)
  const byMonth = selected(definition['by_month'], isWhole)
  const byMonthday = selected(definition['by_monthday'], isWhole)
  const untilLocal = until === null ? null : readingOf(until)
  if (frequency === undefined || weekStart === undefined || !isWhole(interval) || interval < 1) return null
  if (byDay === undefined || byMonth === undefined || byMonthday === undefined) return null
  if (until !== null && untilLocal === null) return null
  return { frequency, interval, weekStart, byDay, byMonth, byMonthday, untilLocal }
}

function rollingOf(definition: Definition): Pick<RollingUsers, 'rollingUsers' | 'startRotationFromUserIndex'> | null {
  const { start_rotation_from_user_index: startRotationFromUserIndex, rolling_users: stored } = definition
  if (!isWhole(startRotationFromUserIndex) || !Array.isArray(stored)) return null
  const groups = stored.map(userIdsOf)
  const rollingUsers = groups.filter((group) => group !== null)
  return rollingUsers.length === groups.length ? { rollingUsers, startRotationFromUserIndex } : null
}

const frequencies = ['hourly', 'daily', 'weekly', 'monthly'] as const

/** Far beyond what is taken in, and little enough to count with. */
const longestSeconds = 1e12

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isWeekday = (value: unknown): value is Weekday => weekdays.some((day) => day === value)

/** Null selects everything; undefined: unreadable. */
function selected<Member>(value: unknown, isMember: (member: unknown) => member is Member): readonly Member[] | null | undefined {
  if (value === null) return null
  return Array.isArray(value) && value.every(isMember) ? value : undefined
}

function userIdsOf(value: unknown): readonly UserId[] | null {
  return selected(value, isText)?.map((id) => asId<UserId>(id)) ?? null
}

const readingOf = (value: unknown): LocalTime | null => (typeof value === 'string' ? parseLocalTime(value) : null)
