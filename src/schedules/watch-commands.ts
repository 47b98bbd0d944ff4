import { type Actor, personOf } from '../accounts/actor.ts'
import type { ScheduleId, ShiftId } from '../lib/ids.ts'
import { tzdataVersion } from '../lib/zone-data.ts'
import type { Tx } from '../ports.ts'
import { schedulesOfShifts } from './store.ts'
import * as store from './watch-store.ts'

/** Begins to watch a new schedule for hand-overs. */
export async function beginWatch(tx: Tx, { organizationId }: Actor, id: ScheduleId): Promise<void> {
  await store.insertWatch(tx, { organizationId, id, zoneData: tzdataVersion })
  tx.wake('schedules')
}

/**
 * Says that an edit changes what schedules say, so that they are looked at anew right after the commit: what is prepared for their next
 * hand-over holds no more. Every command that changes when somebody is on call calls it in its transaction, after its own rows are locked.
 */
export async function lookAgain(tx: Tx, actor: Actor, scheduleIds: readonly ScheduleId[]): Promise<void> {
  if (scheduleIds.length === 0) return
  await store.noteEdit(tx, { organizationId: actor.organizationId, scheduleIds, editorId: personOf(actor) })
  tx.wake('schedules')
}

/**
 * Leaves unsaid, in all organizations, what has happened since hand-overs were announced last, and reminders and moved shifts too. Where others
 * are on call now than then, that is one hand-over of now.
 */
export const skipMissedHandOvers = store.skipMissed

/** Like `lookAgain`, for the schedules that name a shift, and for the one that it belongs to. */
export async function lookAgainAtShift(
  tx: Tx,
  actor: Actor,
  { id, ownerId }: { readonly id: ShiftId; readonly ownerId: ScheduleId | null },
): Promise<void> {
  const ownerIds = ownerId === null ? [] : [ownerId]
  const schedules = await schedulesOfShifts(tx.sql, actor.organizationId, { shiftIds: [id], ownerIds })
  await lookAgain(
    tx,
    actor,
    schedules.map((schedule) => schedule.id),
  )
}
