import { sql } from 'kysely'
import type { OrganizationId, ScheduleId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { before, ms, toDate } from '../lib/time.ts'
import type { Tx } from '../ports.ts'

/** A new schedule, on which nobody was on call until now. It is to be looked at at once. */
export async function insertWatch(
  tx: Tx,
  {
    organizationId,
    id,
    zoneData,
  }: { readonly organizationId: OrganizationId; readonly id: ScheduleId; readonly zoneData: string },
): Promise<void> {
  await tx.sql
    .insertInto('schedule_watches')
    .values({
      organization_id: organizationId,
      schedule_id: id,
      shard: shardOf(organizationId),
      processed_until: toDate(before(tx.now, ms(1))),
      on_call: '[]',
      settled_until: toDate(tx.now),
      change_number: 0,
      gap_since: null,
      next_change: null,
      due_at: toDate(tx.now),
      people: [],
      zone_data: zoneData,
    })
    .execute()
}

/** What was prepared does not hold any more; each schedule is to be looked at now. Always locked in the same order. */
export async function makeWatchesDue(
  tx: Tx,
  { organizationId, scheduleIds }: { readonly organizationId: OrganizationId; readonly scheduleIds: readonly ScheduleId[] },
): Promise<void> {
  await sql`
    with chosen as (
      select organization_id, schedule_id from schedule_watches
      where organization_id = ${organizationId} and schedule_id = any(${[...scheduleIds]}::text[])
      order by schedule_id for no key update
    )
    update schedule_watches watch
    set next_change = null, due_at = least(watch.due_at, ${toDate(tx.now)}::timestamptz)
    from chosen where watch.organization_id = chosen.organization_id and watch.schedule_id = chosen.schedule_id`.execute(tx.sql)
}
