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
} from '../../lib/fields.ts'
import { asId, type ShiftId, type UserId } from '../../lib/ids.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { type Ms, seconds } from '../../lib/time.ts'
import { layerFault } from '../engine/limits.ts'
import { type LocalTime, localTime } from '../local-time.ts'
import { ids, level, shiftReading, team, timeZone } from '../readers.ts'
import { rollingFault, takeRepetition, takeRolling } from './repetition-input.ts'
import { layerOf } from './shift-layers.ts'
import type { CommonFields, ShiftFields, ShiftSource } from './shift.ts'

/**
 * Reads the body of a new on-call shift (contract grafana-oncall 4.8). Fields that mean nothing for the type are ignored, whatever
 * they hold. The ids of team and users still have to be looked up; users that do not exist are to be dropped without a word.
 */
export function parseNewShift(body: Body): Result<ShiftFields, Refusal> {
  return possible((take) => {
    const base: Base = {
      type: take(required(body, 'type', shiftType), 'single_event'),
      startLocal: take(required(body, 'start', shiftReading), localTime(0)),
      durationMs: take(required(body, 'duration', duration), seconds(1)),
      teamId: null,
      name: null,
      timeZone: null,
      users: [],
      source: 'api',
      level: 0,
      rotationStartLocal: null,
    }
    return withOptional(body, take, { base, current: null })
  })
}

/**
 * Reads the body of a PUT or PATCH: what it leaves out stays as it is. The answer is the whole shift as it shall be, with ids still to be
 * looked up as for a new one.
 */
export function parseShiftUpdate(body: Body, current: ShiftFields): Result<ShiftFields, Refusal> {
  return possible((take) => {
    const base: Base = {
      level: 0,
      ...current,
      type: take(optional(body, 'type', shiftType), undefined) ?? current.type,
      startLocal: take(optional(body, 'start', shiftReading), undefined) ?? current.startLocal,
      durationMs: take(optional(body, 'duration', duration), undefined) ?? current.durationMs,
    }
    return withOptional(body, take, { base, current })
  })
}

/** All that a shift of any type can have. The rotation starts with the shift where it has no start of its own. */
type Base = Omit<CommonFields, 'rotationStartLocal'> & {
  readonly type: ShiftFields['type']
  readonly level: number
  readonly rotationStartLocal: LocalTime | null
}

/** Refuses what each field allows, but not all of them together. */
function possible(read: (take: Take) => ShiftFields): Result<ShiftFields, Refusal> {
  const found = readFields(read)
  if (!found.ok) return found
  const layer = layerOf({ ...found.value, id: asId<ShiftId>('') }, { fromAt: null, toAt: null, timeZone: null })
  const fault = (found.value.type === 'rolling_users' ? rollingFault(found.value) : null) ?? layerFault(layer)
  return fault === null ? found : no(detailRefusal(fault))
}

type Known = { readonly base: Base; readonly current: ShiftFields | null }

function withOptional(body: Body, take: Take, { base, current }: Known): ShiftFields {
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
    users: type === 'rolling_users' ? [] : changed('users', ids<UserId>(), base.users),
    source: changed('source', source, base.source),
  }
  if (type === 'override') return { type, ...common, rotationStartLocal: startLocal }
  const rotationStartLocal = changed('rotation_start', orNull(shiftReading), base.rotationStartLocal) ?? startLocal
  const levelled = { ...common, rotationStartLocal, level: changed('level', level, base.level) }
  if (type === 'single_event') return { type, ...levelled }
  const repeated = { ...levelled, ...takeRepetition(body, take, current !== null && 'frequency' in current ? current : null) }
  if (type === 'recurrent_event') return { type, ...repeated }
  return { type, ...repeated, ...takeRolling(body, take, current?.type === 'rolling_users' ? current : null) }
}

const shiftTypes = ['single_event', 'recurrent_event', 'rolling_users', 'override'] as const

const shiftType: Reader<ShiftFields['type']> = (value) => {
  const found = shiftTypes.find((type) => type === value)
  return found === undefined ? no(detailRefusal('Invalid shift type')) : ok(found)
}

/** Seconds, from one to what a 32-bit column holds, about 68 years. */
const duration: Reader<Ms> = (value) => {
  const read = integerWithin({ min: 1, max: 2_147_483_647 })(value)
  return read.ok ? ok(seconds(read.value)) : read
}

/** The contract's numbers are 0 web, 1 API, 2 Slack, 3 Terraform; a caller can only claim to be the web page or Terraform. */
const source: Reader<ShiftSource> = (value) => ok(value === 0 ? 'web' : value === 3 ? 'terraform' : 'api')
