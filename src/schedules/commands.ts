import type { Actor } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import { requireTeam } from '../accounts/team-commands.ts'
import { known } from '../lib/check.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { newPublicId, type OrganizationId, type ScheduleId } from '../lib/ids.ts'
import type { Listing, NamedFilter } from '../lib/listing.ts'
import { invalid, notFound } from '../lib/rejection.ts'
import type { Instant } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { type CalendarRole, type CalendarStatus, calendarsOf } from './calendars/calendar.ts'
import { calendarStatuses, endCalendars, keepCalendars, type ReadCalendars, unmatchedNames } from './calendars/commands.ts'
import { refuseBurdenOfShifts } from './burden-commands.ts'
import { type Staff, staffAt } from './on-call-commands.ts'
import type { Schedule, ScheduleFields } from './schedule.ts'
import { parseNewSchedule, parseScheduleUpdate } from './schedule-input.ts'
import { keepShifts } from './shifts/store.ts'
import * as store from './store.ts'
import { beginWatch, lookAgain } from './hand-overs/watch-commands.ts'

/** A schedule, and who is on call there now. */
export type StaffedSchedule = {
  readonly schedule: Schedule
  readonly staff: Staff
  readonly calendars: ReadonlyMap<CalendarRole, CalendarStatus>
}

/** A schedule alone also tells which names of its calendars are nobody's. */
export type ScheduleDetail = StaffedSchedule & { readonly unmatched: readonly string[] }

const nobody: Staff = { onCall: [], unreadable: [] }

/** A schedule of the actor's organization. */
export async function findSchedule(
  sql: Sql,
  actor: Actor,
  { id, now }: { readonly id: ScheduleId; readonly now: Instant },
): Promise<ScheduleDetail> {
  const { organizationId } = actor
  const schedule = await store.findSchedule(sql, { organizationId, id })
  if (schedule === null) throw notFound()
  const [staffed] = await withStaff(sql, organizationId, { schedules: [schedule], now })
  const unmatched = calendarsOf(schedule).size === 0 ? [] : await unmatchedNames(sql, { organizationId, id }, now)
  return { ...known(staffed, 'one schedule is staffed'), unmatched }
}

/** The schedules of the actor's organization, oldest first. */
export function listSchedules(
  sql: Sql,
  { organizationId }: Actor,
  { filter, now }: { readonly filter: NamedFilter; readonly now: Instant },
): Listing<StaffedSchedule> {
  return {
    count: () => store.countSchedules(sql, organizationId, filter),
    items: async (window) => {
      const schedules = await store.listSchedules(sql, organizationId, { ...window, filter })
      return withStaff(sql, organizationId, { schedules, now })
    },
  }
}

async function withStaff(
  sql: Sql,
  organizationId: OrganizationId,
  { schedules, now }: { readonly schedules: readonly Schedule[]; readonly now: Instant },
): Promise<readonly StaffedSchedule[]> {
  const staff = await staffAt(sql, organizationId, { scheduleIds: schedules.map((schedule) => schedule.id), at: now })
  const calendars = await calendarStatuses(sql, organizationId, schedules)
  return schedules.map((schedule) => ({
    schedule,
    staff: staff.get(schedule.id) ?? nobody,
    calendars: calendars.get(schedule.id) ?? new Map(),
  }))
}

/** Adds a schedule. Shifts that do not exist are dropped; overrides on a calendar schedule are rejected. */
export async function createSchedule(
  tx: Tx,
  actor: Actor,
  { body, read }: { readonly body: Body; readonly read: ReadCalendars },
): Promise<ScheduleDetail> {
  const { organizationId } = actor
  const fields = await withKnownIds(tx, organizationId, { scheduleId: null, fields: accepted(parseNewSchedule(body)) })
  const id = newPublicId('S', tx.random.bytes)
  await store.insertSchedule(tx, organizationId, { ...fields, id })
  await beginWatch(tx, actor, id)
  await keepCalendars(tx, organizationId, { earlier: null, schedule: { ...fields, id }, read })
  await audit(tx, actor, { action: 'schedule created', subjectId: id, details: { type: fields.type, name: fields.name } })
  return findSchedule(tx.sql, actor, { id, now: tx.now })
}

/** Changes what is given, from now on; who was on call until now stays on record. */
export async function updateSchedule(
  tx: Tx,
  actor: Actor,
  { id, body, read = new Map() }: { readonly id: ScheduleId; readonly body: Body; readonly read?: ReadCalendars },
): Promise<ScheduleDetail> {
  const { organizationId } = actor
  const before = await store.lockSchedule(tx, { organizationId, id })
  if (before === null) throw notFound()
  const fields = await withKnownIds(tx, organizationId, { scheduleId: id, fields: accepted(parseScheduleUpdate(body, before)) })
  const after: Schedule = { ...fields, id }
  if (!saysTheSame(before, after)) {
    await store.writeScheduleVersion(tx, organizationId, after)
    await keepCalendars(tx, organizationId, { earlier: before, schedule: after, read })
    lookAgain(tx, actor, [id])
    await audit(tx, actor, {
      action: 'schedule updated',
      subjectId: id,
      details: { name: after.name, shifts: [...after.shiftIds] },
    })
  }
  return findSchedule(tx.sql, actor, { id, now: tx.now })
}

/** Removes a schedule. Steps that named it name none then; its shifts stay, for other schedules. */
export async function deleteSchedule(tx: Tx, actor: Actor, id: ScheduleId): Promise<void> {
  const { organizationId } = actor
  const schedule = await store.lockSchedule(tx, { organizationId, id })
  if (schedule === null) throw notFound()
  await store.markScheduleDeleted(tx, { organizationId, id })
  await endCalendars(tx, { organizationId, scheduleId: id })
  lookAgain(tx, actor, [id])
  await audit(tx, actor, { action: 'schedule deleted', subjectId: id, details: { name: schedule.name } })
}

/** The schedule that there is already, or null; and what it shall say. */
type Wanted<Fields> = { readonly scheduleId: ScheduleId | null; readonly fields: Fields }

async function withKnownIds<Fields extends ScheduleFields>(
  tx: Tx,
  organizationId: OrganizationId,
  { scheduleId, fields }: Wanted<Fields>,
): Promise<Fields> {
  const teamId = await requireTeam(tx, organizationId, fields.teamId)
  const kept = await keepShifts(tx, organizationId, fields.shiftIds)
  const ids = new Set(kept.map(({ id }) => id))
  const shifts = kept.flatMap(({ shift }) => shift ?? [])
  const hasOverride = shifts.some((shift) => shift.type === 'override')
  if (fields.type === 'calendar' && hasOverride) throw overrideOnCalendar()
  await refuseBurdenOfShifts(tx, organizationId, { scheduleId, shifts })
  return { ...fields, teamId, shiftIds: fields.shiftIds.filter((id) => ids.has(id)) }
}

/** An override can stand on a web schedule only; a calendar schedule may own it, but does not list it. */
export const overrideOnCalendar = () => invalid('Shifts of type override are not supported in this schedule')

const saysTheSame = (left: Schedule, right: Schedule): boolean => wordsOf(left) === wordsOf(right)

function wordsOf(schedule: Schedule): string {
  const { name, teamId, timeZone, shiftIds } = schedule
  const hasWebOverrides = schedule.type === 'calendar' && schedule.enableWebOverrides
  return JSON.stringify([name, teamId, timeZone, shiftIds, hasWebOverrides, [...calendarsOf(schedule)]])
}
