import { check, known } from '../lib/check.ts'
import { asId, type TeamId, type UserId } from '../lib/ids.ts'
import { isObject, type Json } from '../lib/json.ts'
import { seconds } from '../lib/time.ts'
import { formatLocalTime, type LocalTime, parseLocalTime } from './local-time.ts'
import type { ShiftFields, ShiftSource } from './shift.ts'

/** A shift as its rows keep it: the definition is JSON. */
export type ShiftRecord = { readonly name: string | null; readonly teamId: TeamId | null; readonly definition: Json }

/** What is stored of a shift. Shifts that say the same have the same JSON text. */
export function recordOf(fields: ShiftFields): ShiftRecord {
  return {
    name: fields.name,
    teamId: fields.teamId,
    definition: {
      type: fields.type,
      ...(fields.type === 'single_event' ? { level: fields.level } : {}),
      time_zone: fields.timeZone,
      start: formatLocalTime(fields.startLocal),
      rotation_start: formatLocalTime(fields.rotationStartLocal),
      duration: fields.durationMs / 1000,
      users: [...fields.users],
      source: fields.source,
    },
  }
}

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
  check(type === 'single_event' && typeof level === 'number', 'a shift has a type that this program knows')
  return { type, level, ...common }
}

function readingOf(value: unknown): LocalTime {
  return known(typeof value === 'string' ? parseLocalTime(value) : null, 'a shift knows when it starts')
}
