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
    const given = readOptional(body, take)
    const teamId = given.teamId ?? null
    const icalUrlOverrides = given.icalUrlOverrides ?? null
    if (type === 'ical') {
      const icalUrlPrimary = take(required(body, 'ical_url_primary', calendarUrl), null)
      return { type, name, teamId, timeZone: null, shiftIds: [], icalUrlPrimary, icalUrlOverrides }
    }
    const zone = take(required(body, 'time_zone', timeZone), '')
    const common = { name, timeZone: zone, teamId, shiftIds: given.shiftIds ?? [] }
    if (type === 'web') return { type, ...common }
    return { type, enableWebOverrides: given.enableWebOverrides ?? false, icalUrlOverrides, ...common }
  })
}

/**
 * Reads the body of a PUT or PATCH: what it leaves out stays as it is, and the type cannot change. The answer is the whole schedule as
 * it shall be, with ids still to be looked up as for a new one. Web schedules can be changed, which the contract's own server refuses.
 */
export function parseScheduleUpdate(body: Body, current: ScheduleFields): Result<ScheduleFields, Refusal> {
  return readFields((take) => {
    const name = take(optional(body, 'name', scheduleName), undefined) ?? current.name
    const given = readOptional(body, take)
    const teamId = orElse(given.teamId, current.teamId)
    if (current.type === 'ical') {
      const primary = take(optional(body, 'ical_url_primary', calendarUrl), undefined)
      const icalUrlPrimary = orElse(primary, current.icalUrlPrimary)
      return {
        ...current,
        name,
        teamId,
        icalUrlPrimary,
        icalUrlOverrides: orElse(given.icalUrlOverrides, current.icalUrlOverrides),
      }
    }
    const zone = take(optional(body, 'time_zone', timeZone), undefined) ?? current.timeZone
    const common = { name, timeZone: zone, teamId, shiftIds: given.shiftIds ?? current.shiftIds }
    if (current.type === 'web') return { type: current.type, ...common }
    const enableWebOverrides = given.enableWebOverrides ?? current.enableWebOverrides
    const icalUrlOverrides = orElse(given.icalUrlOverrides, current.icalUrlOverrides)
    return { type: current.type, ...common, enableWebOverrides, icalUrlOverrides }
  })
}

/** What a request leaves out stays; null is something to say. */
const orElse = <Value>(given: Value | undefined, current: Value): Value => (given === undefined ? current : given)

/** The fields that no request must have; undefined where this one has none. */
function readOptional(body: Body, take: Take) {
  take(optional(body, 'slack', orNull(noSlack)), undefined)
  return {
    teamId: take(optional(body, 'team_id', team), undefined),
    shiftIds: take(optional(body, 'shifts', ids<ShiftId>()), undefined),
    enableWebOverrides: take(optional(body, 'enable_web_overrides', boolean), undefined),
    icalUrlOverrides: take(optional(body, 'ical_url_overrides', calendarUrl), undefined),
  }
}

const scheduleName = text(200)

const scheduleType: Reader<ScheduleFields['type']> = (value) => {
  return value === 'calendar' || value === 'web' || value === 'ical' ? ok(value) : no('Invalid type')
}

/** Terraform always sends the object, with nulls in it. */
const noSlack: Reader<null> = (value) => {
  const read = object(value)
  if (!read.ok) return read
  const isEmpty = (read.value['channel_id'] ?? null) === null && (read.value['user_group_id'] ?? null) === null
  return isEmpty ? ok(null) : no(detailRefusal(`Slack isn't connected to this workspace`))
}

/** The URL of a calendar's file; the empty text means none. Whether it may be called, and answers, is for the command to say. */
const calendarUrl: Reader<string | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const read = text(2048)(value)
  if (!read.ok) return read
  const url = URL.parse(read.value)
  return url !== null && /^(?:https?|webcals?):$/.test(url.protocol) ? ok(read.value) : no('Enter a valid URL.')
}
