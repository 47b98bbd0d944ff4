import {
  type Body,
  boolean,
  detailRefusal,
  object,
  optional,
  orNull,
  type Reader,
  readFields,
  required,
  type Take,
  text,
} from '../lib/fields.ts'
import type { ShiftId } from '../lib/ids.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { ids, team, timeZone } from './readers.ts'
import type { ScheduleFields } from './schedule.ts'

/**
 * Reads the body of a new schedule (contract grafana-oncall 4.7). The ids of team and shifts still have to be looked up: shifts that do
 * not exist are to be dropped without a word, an override on a calendar schedule is to be refused.
 */
export function parseNewSchedule(body: Body): Result<ScheduleFields, Refusal> {
  return readFields((take) => {
    const type = take(required(body, 'type', scheduleType), 'web')
    const name = take(required(body, 'name', scheduleName), '')
    const zone = take(required(body, 'time_zone', timeZone), '')
    const given = readOptional(body, take)
    const common = { name, timeZone: zone, teamId: given.teamId ?? null, shiftIds: given.shiftIds ?? [] }
    return type === 'web' ? { type, ...common } : { type, enableWebOverrides: given.enableWebOverrides ?? false, ...common }
  })
}

/**
 * Reads the body of a PUT or PATCH: what it leaves out stays as it is, and the type cannot change. The answer is the whole schedule as
 * it shall be, with ids still to be looked up as for a new one. Web schedules can be changed, which the contract's own server refuses.
 */
export function parseScheduleUpdate(body: Body, current: ScheduleFields): Result<ScheduleFields, Refusal> {
  return readFields((take) => {
    const name = take(optional(body, 'name', scheduleName), undefined) ?? current.name
    const zone = take(optional(body, 'time_zone', timeZone), undefined) ?? current.timeZone
    const given = readOptional(body, take)
    const teamId = given.teamId === undefined ? current.teamId : given.teamId
    const common = { name, timeZone: zone, teamId, shiftIds: given.shiftIds ?? current.shiftIds }
    if (current.type === 'web') return { type: current.type, ...common }
    return { type: current.type, ...common, enableWebOverrides: given.enableWebOverrides ?? current.enableWebOverrides }
  })
}

/** The fields that no request must have; undefined where this one has none. */
function readOptional(body: Body, take: Take) {
  take(optional(body, 'slack', orNull(noSlack)), undefined)
  take(optional(body, 'ical_url_overrides', noCalendar), undefined)
  return {
    teamId: take(optional(body, 'team_id', team), undefined),
    shiftIds: take(optional(body, 'shifts', ids<ShiftId>()), undefined),
    enableWebOverrides: take(optional(body, 'enable_web_overrides', boolean), undefined),
  }
}

const scheduleName = text(200)

const scheduleType: Reader<ScheduleFields['type']> = (value) => {
  if (value === 'calendar' || value === 'web') return ok(value)
  return no(value === 'ical' ? detailRefusal('Schedules of type ical are not available yet') : 'Invalid type')
}

/** Terraform always sends the object, with nulls in it. */
const noSlack: Reader<null> = (value) => {
  const read = object(value)
  if (!read.ok) return read
  const isEmpty = (read.value['channel_id'] ?? null) === null && (read.value['user_group_id'] ?? null) === null
  return isEmpty ? ok(null) : no(detailRefusal(`Slack isn't connected to this workspace`))
}

/** A calendar that was stored but not followed would leave people off call, so it is refused. The empty text means none. */
const noCalendar: Reader<null> = (value) =>
  value === null || value === '' ? ok(null) : no('iCal calendars are not available yet')
