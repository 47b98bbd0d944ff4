import { type Actor, personOf } from '../../accounts/actor.ts'
import type { ScheduleId, ShiftId } from '../../lib/ids.ts'
import { tzdataVersion } from '../../lib/zone-data.ts'
import type { Closing, Tx } from '../../ports.ts'
import { schedulesOfShifts } from '../store.ts'
import * as store from './watch-store.ts'

/** Begins to watch a new schedule for hand-overs. */
export async function beginWatch(tx: Tx, { organizationId }: Actor, id: ScheduleId): Promise<void> {
  await store.insertWatch(tx, { organizationId, id, zoneData: tzdataVersion })
  tx.wake('schedules')
}

/**
 * Says that an edit changes what schedules say, so that they are looked at anew right after the commit: what is prepared for their next
 * hand-over holds no more. Every command that changes when somebody is on call calls it in its transaction. The watches are locked by its last
 * statements only: announcements wait for them, and a rehearsal, which never gets so far, holds up none.
 */
export function lookAgain(tx: Tx, actor: Actor, scheduleIds: readonly ScheduleId[]): void {
  if (scheduleIds.length === 0) return
  tx.atEnd(noting).push({ organizationId: actor.organizationId, scheduleIds, editorId: personOf(actor) })
  tx.wake('schedules')
}

const noting: Closing<store.Edit[]> = {
  start: () => [],
  finish: async (tx, edits) => {
    for (const edit of edits) await store.noteEdit(tx, edit)
  },
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
  lookAgain(
    tx,
    actor,
    schedules.map((schedule) => schedule.id),
  )
}
