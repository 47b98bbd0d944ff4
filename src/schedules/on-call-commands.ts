import type { Actor } from '../accounts/actor.ts'
import { accepted } from '../lib/fields.ts'
import { asId, type OrganizationId, type PartId, type ScheduleId, type UserId } from '../lib/ids.ts'
import { notFound } from '../lib/rejection.ts'
import { type Instant, wholeSecond } from '../lib/time.ts'
import type { Sql } from '../ports.ts'
import { answeredWhole } from './answer.ts'
import { assemble } from './assembly-commands.ts'
import { finalShifts, onCallAt } from './engine/on-call.ts'
import type { TimeWindow } from './engine/schedule.ts'
import { throughHistory, withoutSeams } from './history.ts'
import * as store from './store.ts'

/** The ids among these that name a schedule of the organization. */
export const schedulesThatExist = store.schedulesThatExist

/** Whether an id names a schedule of the organization. */
export function scheduleExists(sql: Sql, organizationId: OrganizationId, id: string): Promise<boolean> {
  return store.scheduleExists(sql, { organizationId, id: asId<ScheduleId>(id) })
}

/**
 * Who is on call in schedules at an instant, as they were configured then. People who may not be notified are left out,
 * and what lies below their shifts counts. A schedule without anybody, and one that does not exist, has an empty list.
 */
export async function whoIsOnCall(
  sql: Sql,
  organizationId: OrganizationId,
  { scheduleIds, at }: { readonly scheduleIds: readonly ScheduleId[]; readonly at: Instant },
): Promise<ReadonlyMap<ScheduleId, readonly UserId[]>> {
  const staff = await staffAt(sql, organizationId, { scheduleIds, at })
  return new Map([...staff].map(([scheduleId, { onCall }]) => [scheduleId, onCall]))
}

/** Who is on call in a schedule, and which of its shifts this program cannot read: they cover nothing. */
export type Staff = { readonly onCall: readonly UserId[]; readonly unreadable: readonly PartId[] }

/** Like `whoIsOnCall`, and says whom it could not look at. */
export async function staffAt(
  sql: Sql,
  organizationId: OrganizationId,
  { scheduleIds, at }: { readonly scheduleIds: readonly ScheduleId[]; readonly at: Instant },
): Promise<ReadonlyMap<ScheduleId, Staff>> {
  const assembly = await assemble(sql, { organizationId, scheduleIds, startAt: at, endAt: at, view: throughHistory })
  return new Map(
    scheduleIds.map((scheduleId) => {
      const { schedule, unreadable } = assembly.of(scheduleId)
      return [scheduleId, { onCall: onCallAt(schedule, at).map((person) => person.userId), unreadable }]
    }),
  )
}

/** One person on call for one stretch of time. */
export type OnCallShiftRow = TimeWindow & { readonly userId: UserId; readonly email: string; readonly username: string }

/**
 * Who is on call in a schedule when, clipped to the window and ordered by start; the past as it was configured then. Edits hold from a
 * fraction of a second on, and clients read whole seconds (contract grafana-oncall 4.7).
 */
export async function finalShiftsOf(
  sql: Sql,
  actor: Actor,
  { id, window }: { readonly id: ScheduleId; readonly window: TimeWindow },
): Promise<readonly OnCallShiftRow[]> {
  const { organizationId } = actor
  if (!(await scheduleExists(sql, organizationId, id))) throw notFound()
  const assembly = await assemble(sql, { organizationId, scheduleIds: [id], ...window, view: throughHistory })
  const { schedule, seams } = assembly.of(id)
  const rows = finalShifts(schedule, accepted(answeredWhole(schedule, window)))
  return withoutSeams(rows, seams).flatMap(({ userId, ...shift }) => {
    const person = assembly.people.get(userId)
    const [startAt, endAt] = [wholeSecond(shift.startAt), wholeSecond(shift.endAt)]
    if (person === undefined || startAt === endAt) return []
    return [{ userId, email: person.email, username: person.username, startAt, endAt }]
  })
}
