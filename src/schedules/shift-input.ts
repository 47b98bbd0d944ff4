import {
  type Body,
  detailRefusal,
  integerWithin,
  optional,
  orNull,
  type Reader,
  readFields,
  required,
  type Take,
  text,
} from '../lib/fields.ts'
import type { UserId } from '../lib/ids.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { type Ms, seconds } from '../lib/time.ts'
import { type LocalTime, localTime, parseLocalTime } from './local-time.ts'
import { ids, team, timeZone } from './readers.ts'
import type { CommonFields, ShiftFields, ShiftSource } from './shift.ts'

/**
 * Reads the body of a new on-call shift (contract grafana-oncall 4.8). Fields that mean nothing for the type are ignored, whatever
 * they hold. The ids of team and users still have to be looked up; users that do not exist are to be dropped without a word.
 */
export function parseNewShift(body: Body): Result<ShiftFields, Refusal> {
  return readFields((take) => {
    const base: Base = {
      type: take(required(body, 'type', shiftType), 'single_event'),
      startLocal: take(required(body, 'start', reading), localTime(0)),
      durationMs: take(required(body, 'duration', duration), seconds(1)),
      teamId: null,
      name: null,
      timeZone: null,
      users: [],
      source: 'api',
      level: 0,
      rotationStartLocal: null,
    }
    return withOptional(body, base, take)
  })
}

/**
 * Reads the body of a PUT or PATCH: what it leaves out stays as it is. The answer is the whole shift as it shall be, with ids still to be
 * looked up as for a new one.
 */
export function parseShiftUpdate(body: Body, current: ShiftFields): Result<ShiftFields, Refusal> {
  return readFields((take) => {
    const base: Base = {
      level: 0,
      ...current,
      type: take(optional(body, 'type', shiftType), undefined) ?? current.type,
      startLocal: take(optional(body, 'start', reading), undefined) ?? current.startLocal,
      durationMs: take(optional(body, 'duration', duration), undefined) ?? current.durationMs,
    }
    return withOptional(body, base, take)
  })
}

/** All that a shift of any type can have. The rotation starts with the shift where it has no start of its own. */
type Base = Omit<CommonFields, 'rotationStartLocal'> & {
  readonly type: ShiftFields['type']
  readonly level: number
  readonly rotationStartLocal: LocalTime | null
}

function withOptional(body: Body, base: Base, take: Take): ShiftFields {
  const changed = <Value>(name: string, reader: Reader<Value>, now: Value): Value => {
    const value = take<Value | undefined>(optional(body, name, reader), undefined)
    return value === undefined ? now : value
  }
  const { type, startLocal, durationMs } = base
  const common = {
    startLocal,
    durationMs,
    teamId: changed('team_id', team, base.teamId),
    name: changed('name', orNull(text(200)), base.name),
    timeZone: changed('time_zone', orNull(timeZone), base.timeZone),
    users: changed('users', ids<UserId>(), base.users),
    source: changed('source', source, base.source),
  }
  if (type === 'override') return { type, ...common, rotationStartLocal: startLocal }
  const rotationStartLocal = changed('rotation_start', orNull(reading), base.rotationStartLocal) ?? startLocal
  return { type, ...common, rotationStartLocal, level: changed('level', level, base.level) }
}

const shiftType: Reader<ShiftFields['type']> = (value) => {
  if (value === 'single_event' || value === 'override') return ok(value)
  const isLater = value === 'recurrent_event' || value === 'rolling_users'
  return no(detailRefusal(isLater ? `Shifts of type ${value} are not available yet` : 'Invalid shift type'))
}

const reading: Reader<LocalTime> = (value) => {
  if (value === null) return no('This field may not be null.')
  const read = typeof value === 'string' ? parseLocalTime(value) : null
  return read === null ? no(detailRefusal(`Invalid datetime format, should be "yyyy-mm-dd'T'hh:mm:ss"`)) : ok(read)
}

/** Seconds, from one to what a 32-bit column holds, about 68 years. */
const duration: Reader<Ms> = (value) => {
  const read = integerWithin({ min: 1, max: 2_147_483_647 })(value)
  return read.ok ? ok(seconds(read.value)) : read
}

/** Terraform sends null for a level that nobody has set. */
const level: Reader<number> = (value) =>
  value === null ? ok(0) : integerWithin({ min: -2_147_483_648, max: 2_147_483_647 })(value)

/** The contract's numbers are 0 web, 1 API, 2 Slack, 3 Terraform; a caller can only claim to be the web page or Terraform. */
const source: Reader<ShiftSource> = (value) => ok(value === 0 ? 'web' : value === 3 ? 'terraform' : 'api')
