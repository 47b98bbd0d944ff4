import type { Actor } from '../../accounts/actor.ts'
import { audit, peopleByIds } from '../../accounts/commands.ts'
import { requireTeam } from '../../accounts/team-commands.ts'
import { accepted, type Body, optional, referenceOrNull } from '../../lib/fields.ts'
import { asId, newShiftId, type OrganizationId, type ScheduleId, type ShiftId, type UserId } from '../../lib/ids.ts'
import type { Listing } from '../../lib/listing.ts'
import { invalid, invalidField, notFound, Rejection } from '../../lib/rejection.ts'
import type { Sql, Tx } from '../../ports.ts'
import { refuseBurdenOfShifts } from '../burden-commands.ts'
import { overrideOnCalendar } from '../commands.ts'
import { cutShort } from './cut.ts'
import type { Schedule } from '../schedule.ts'
import { markPartDeleted } from '../part-store.ts'
import { type OnCallShift, type ShiftFields, usersOf } from './shift.ts'
import { parseNewShift, parseShiftUpdate } from './input.ts'
import { saysTheSame } from './record.ts'
import * as store from './store.ts'
import { lockSchedule, schedulesOfShifts, writeScheduleVersion } from '../store.ts'
import { lookAgain, lookAgainAtShift } from '../hand-overs/watch-commands.ts'

/** A shift, and the schedule that it belongs to or that names it first. */
export type PlacedShift = { readonly shift: OnCallShift; readonly scheduleId: ScheduleId | null }

/** A shift of the actor's organization. */
export async function findShift(sql: Sql, { organizationId }: Actor, id: ShiftId): Promise<PlacedShift> {
  const stored = await store.findShift(sql, { organizationId, id })
  if (stored === null) throw notFound()
  if (!store.isReadable(stored)) throw unreadable()
  return { shift: stored.shift, scheduleId: (await holderOf(sql, organizationId, stored))?.id ?? null }
}

/** The shifts of the actor's organization, oldest first; those that this program cannot read are counted only. */
export function listShifts(sql: Sql, { organizationId }: Actor, filter: store.ShiftFilter): Listing<PlacedShift> {
  return {
    count: () => store.countShifts(sql, organizationId, filter),
    items: async (window) => {
      const found = await store.listShifts(sql, organizationId, { ...window, filter })
      const schedules = await schedulesOf(sql, organizationId, found)
      return found.map((stored) => ({ shift: stored.shift, scheduleId: holderAmong(schedules, stored)?.id ?? null }))
    },
  }
}

/**
 * Adds a shift, and where the body names a `schedule`, puts it there. An override is on a web schedule, or belongs to a
 * calendar schedule whose web overrides are on. Users who are unknown or have left are dropped.
 */
export async function createShift(tx: Tx, actor: Actor, body: Body): Promise<PlacedShift> {
  const { organizationId } = actor
  const scheduleId = accepted(optional(body, 'schedule', referenceOrNull)) ?? null
  const fields = await withKnownIds(tx, organizationId, { body, fields: accepted(parseNewShift(body)) })
  const shift: OnCallShift = { ...fields, id: newShiftId(tx.random.bytes) }
  const schedule = scheduleId === null ? null : await lockSchedule(tx, { organizationId, id: asId<ScheduleId>(scheduleId) })
  if (scheduleId !== null && schedule === null) throw invalidField('schedule', 'Object does not exist')
  if (schedule?.type === 'ical') throw invalidField('schedule', 'A schedule of type ical has no shifts')
  const isOwned = shift.type === 'override' && schedule?.type === 'calendar'
  if (isOwned && !schedule.enableWebOverrides)
    throw invalidField('schedule', 'The overrides of this schedule are off: set its enable_web_overrides to true')
  if (schedule !== null) await refuseBurdenOf(tx, organizationId, { schedule, shift })
  await store.insertShift(tx, organizationId, { shift, ownerId: isOwned ? schedule.id : null })
  if (schedule !== null && !isOwned) {
    await writeScheduleVersion(tx, organizationId, { ...schedule, shiftIds: [...schedule.shiftIds, shift.id] })
  }
  if (schedule !== null) lookAgain(tx, actor, [schedule.id])
  await audit(tx, actor, {
    action: 'shift created',
    subjectId: shift.id,
    details: { type: shift.type, schedule_id: schedule?.id ?? null },
  })
  return findShift(tx.sql, actor, shift.id)
}

/** Changes what is given, from now on; who was on call until now stays on record. */
export async function updateShift(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: ShiftId; readonly body: Body },
): Promise<PlacedShift> {
  const { organizationId } = actor
  const stored = await lockedShift(tx, organizationId, id)
  if (!store.isReadable(stored)) throw unreadable()
  const { shift: before, ownerId } = stored
  const fields = await withKnownIds(tx, organizationId, { body, fields: accepted(parseShiftUpdate(body, before)) })
  if (saysTheSame(before, fields)) return findShift(tx.sql, actor, id)
  const shift: OnCallShift = { ...fields, id }
  if (shift.type === 'override' && before.type !== 'override') await refuseOnCalendars(tx, organizationId, id)
  await refuseBurdenAnywhere(tx, organizationId, shift)
  await store.writeShiftVersion(tx, organizationId, { shift, ownerId })
  await lookAgainAtShift(tx, actor, { id, ownerId })
  await audit(tx, actor, { action: 'shift updated', subjectId: id, details: { type: shift.type, name: shift.name } })
  return findShift(tx.sql, actor, id)
}

/**
 * Removes a shift; one of a web schedule that is under way ends now instead (contract grafana-oncall 4.8). One that this program cannot
 * read is removed.
 */
export async function deleteShift(tx: Tx, actor: Actor, id: ShiftId): Promise<void> {
  const { organizationId } = actor
  const stored = await lockedShift(tx, organizationId, id)
  const cut = store.isReadable(stored) ? await cutOf(tx, organizationId, stored) : null
  if (cut === null) await markPartDeleted(tx, { organizationId, id })
  else await store.writeShiftVersion(tx, organizationId, { ownerId: stored.ownerId, shift: cut })
  await lookAgainAtShift(tx, actor, stored)
  await audit(tx, actor, {
    action: cut === null ? 'shift deleted' : 'shift ended',
    subjectId: id,
    details: { name: stored.name },
  })
}

async function cutOf(tx: Tx, organizationId: OrganizationId, stored: store.StoredShift): Promise<OnCallShift | null> {
  const holder = await holderOf(tx.sql, organizationId, stored)
  const isOwned = holder !== null && (holder.type === 'web' || holder.id === stored.ownerId)
  return isOwned ? cutShort(stored.shift, holder.timeZone, tx.now) : null
}

const unreadable = () => invalid('This version of Watchbell cannot read the shift, only remove it.')

async function lockedShift(tx: Tx, organizationId: OrganizationId, id: ShiftId): Promise<store.ShiftReading> {
  const stored = await store.lockShift(tx, { organizationId, id })
  if (stored === null) throw notFound()
  return stored
}

type Read = { readonly body: Body; readonly fields: ShiftFields }

/** Users who are unknown or have left are dropped; where people take turns, the body may not name them. */
async function withKnownIds(tx: Tx, organizationId: OrganizationId, { body, fields }: Read): Promise<ShiftFields> {
  const people = await peopleByIds(tx.sql, organizationId, usersOf(fields))
  const isThere = (id: UserId): boolean => people.get(id)?.active === true
  if (fields.type === 'rolling_users' && Object.hasOwn(body, 'rolling_users')) refuseUnknown(fields.rollingUsers, isThere)
  const teamId = await requireTeam(tx, organizationId, fields.teamId)
  return { ...fields, teamId, users: fields.users.filter(isThere) }
}

/** The numbers of the groups are keys, and the ids are written as Python writes a set (contract grafana-oncall 4.8). */
function refuseUnknown(groups: readonly (readonly UserId[])[], isThere: (id: UserId) => boolean): void {
  const faults = groups.flatMap((group, index) => {
    const unknown = group.filter((id) => !isThere(id)).map((id) => `'${id}'`)
    return unknown.length === 0 ? [] : [[String(index), [`User does not exist {${unknown.join(', ')}}`]] as const]
  })
  if (faults.length > 0)
    throw new Rejection({ kind: 'invalid-places', field: 'rolling_users', places: Object.fromEntries(faults) })
}

async function refuseOnCalendars(tx: Tx, organizationId: OrganizationId, id: ShiftId): Promise<void> {
  const schedules = await schedulesOfShifts(tx.sql, organizationId, { shiftIds: [id], ownerIds: [] })
  if (schedules.some((schedule) => schedule.type === 'calendar')) throw overrideOnCalendar()
}

/** Reads without locks: two edits at once may pass a limit that neither passes alone, by one shift. */
async function refuseBurdenAnywhere(tx: Tx, organizationId: OrganizationId, shift: OnCallShift): Promise<void> {
  const holders = await schedulesOfShifts(tx.sql, organizationId, { shiftIds: [shift.id], ownerIds: [] })
  for (const schedule of holders) await refuseBurdenOf(tx, organizationId, { schedule, shift })
}

type Placing = { readonly schedule: Schedule; readonly shift: OnCallShift }

async function refuseBurdenOf(tx: Tx, organizationId: OrganizationId, { schedule, shift }: Placing): Promise<void> {
  const others = schedule.shiftIds.filter((other) => other !== shift.id)
  const shifts = [...(await store.shiftsOf(tx.sql, organizationId, others)), shift]
  await refuseBurdenOfShifts(tx, organizationId, { scheduleId: schedule.id, shifts })
}

function schedulesOf(
  sql: Sql,
  organizationId: OrganizationId,
  stored: readonly store.StoredShift[],
): Promise<readonly Schedule[]> {
  const ownerIds = stored.flatMap(({ ownerId }) => ownerId ?? [])
  return schedulesOfShifts(sql, organizationId, { shiftIds: stored.map(({ shift }) => shift.id), ownerIds })
}

async function holderOf(sql: Sql, organizationId: OrganizationId, stored: store.StoredShift): Promise<Schedule | null> {
  return holderAmong(await schedulesOf(sql, organizationId, [stored]), stored)
}

/** The owner, else the first that names the shift; web schedules come first. */
function holderAmong(schedules: readonly Schedule[], { shift, ownerId }: store.StoredShift): Schedule | null {
  const owner = schedules.find((schedule) => schedule.id === ownerId)
  return owner ?? schedules.find((schedule) => schedule.shiftIds.includes(shift.id)) ?? null
}
