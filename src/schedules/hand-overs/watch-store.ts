import { type RawBuilder, sql } from 'kysely'
import { asId, type OrganizationId, type ScheduleId, type UserId } from '../../lib/ids.ts'
import { jsonbText } from '../../lib/json.ts'
import { shardOf } from '../../lib/shard.ts'
import { after, before, fromDate, type Instant, minutes, ms, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { Holder } from './hand-overs.ts'
import type { KnownHandOver, Outlook, Watch, WatchKey } from './watch.ts'

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
      reminded_until: toDate(tx.now),
      remind_at: toDate(tx.now),
      edited_since: toDate(tx.now),
      edited_by: [],
      tell_at: toDate(after(tx.now, quietMs)),
    })
    .execute()
}

/** Edits are told together: when nothing was edited for so long, and in any case so long after the first of them. */
const quietMs = minutes(2)
const patienceMs = minutes(10)

/** What somebody has just changed, so that schedules say other things. */
export type Edit = {
  readonly organizationId: OrganizationId
  readonly scheduleIds: readonly ScheduleId[]
  /** Null: no person did. */
  readonly editorId: UserId | null
}

/** After an edit nothing that was prepared holds any more: each schedule is to be looked at now, and whose shifts are moved is to be told. */
export async function noteEdit(tx: Tx, { organizationId, scheduleIds, editorId }: Edit): Promise<void> {
  const editor = editorId ?? ''
  await updateInOrder(
    tx,
    sql`organization_id = ${organizationId} and schedule_id = any(${[...scheduleIds]}::text[])`,
    sql`edited_since = coalesce(watch.edited_since, ${toDate(tx.now)}::timestamptz),
      edited_by = case when ${editor} = any(watch.edited_by) then watch.edited_by else watch.edited_by || ${editor}::text end,
      tell_at = least(coalesce(watch.edited_since + make_interval(secs => ${patienceMs / 1000}), 'infinity'),
        ${toDate(after(tx.now, quietMs))}::timestamptz)`,
  )
}

/** Makes the schedules due that name some of the people; those with a calendar too, which may name them by what they are called now. */
export async function makeDueThatName(tx: Tx, organizationId: OrganizationId, userIds: readonly UserId[]): Promise<void> {
  const following = sql`select schedule_id from calendars where organization_id = ${organizationId} and content is not null`
  const names = sql`(people && ${[...userIds]}::text[] or schedule_id = any(array(${following})))`
  await updateInOrder(tx, sql`organization_id = ${organizationId} and ${names}`, unedited)
}

/** Makes the schedules of shards due that were looked at with other rules of the zones. */
export async function makeDueOfOtherZones(tx: Tx, shards: readonly number[], zoneData: string): Promise<void> {
  await updateInOrder(tx, sql`shard = any(${[...shards]}::smallint[]) and zone_data <> ${zoneData}`, unedited)
}

const unedited = sql`edited_since = watch.edited_since`

/** Up to now nothing is to be announced, told or reminded of. */
export async function skipMissed(tx: Tx): Promise<void> {
  const now = sql`${toDate(tx.now)}::timestamptz`
  await sql`
    update schedule_watches
    set processed_until = greatest(processed_until, ${toDate(before(tx.now, ms(1)))}::timestamptz), settled_until = ${now},
      next_change = null, due_at = ${now}, reminded_until = greatest(reminded_until, ${now}), remind_at = ${now},
      edited_since = null, edited_by = '{}', tell_at = null`.execute(tx.sql)
}

/**
 * Makes schedules due. Rows are always locked in the same order. Where no reminder was due, those up to now are done: what is said of a shift
 * that comes up now does not depend on when its schedule was looked at last.
 */
async function updateInOrder(tx: Tx, condition: RawBuilder<unknown>, changes: RawBuilder<unknown>): Promise<void> {
  const now = sql`${toDate(tx.now)}::timestamptz`
  await sql`
    with chosen as (
      select organization_id, schedule_id from schedule_watches where ${condition}
      order by organization_id, schedule_id for no key update
    )
    update schedule_watches watch
    set next_change = null, due_at = least(watch.due_at, ${now}), remind_at = least(watch.remind_at, ${now}),
      reminded_until = case when watch.remind_at > ${now} then greatest(watch.reminded_until, ${now}) else watch.reminded_until end,
      ${changes}
    from chosen where watch.organization_id = chosen.organization_id and watch.schedule_id = chosen.schedule_id`.execute(tx.sql)
}

// Work that is due --------------------------------------------------------------------------------------------------------

/** A schedule that is due, and since when. */
export type DueWatch = WatchKey & { readonly dueAt: Instant }

type Due = { readonly shards: readonly number[]; readonly now: Instant; readonly limit: number }

/** The schedules whose prepared hand-over is due, those of one organization and instant next to each other, the longest waiting first. */
export const dueChanges = (db: Sql, due: Due): Promise<readonly DueWatch[]> => dueWatches(db, due, sql`next_change is not null`)

/** The schedules that are to be looked at, the longest waiting first. */
export const dueLooks = (db: Sql, due: Due): Promise<readonly DueWatch[]> => dueWatches(db, due, sql`next_change is null`)

async function dueWatches(db: Sql, { shards, now, limit }: Due, kind: RawBuilder<unknown>): Promise<readonly DueWatch[]> {
  const answer = await sql<{ readonly organization_id: string; readonly schedule_id: string; readonly due_at: Date }>`
    select organization_id, schedule_id, due_at from schedule_watches
    where ${kind} and shard = any(${[...shards]}::smallint[]) and due_at <= ${toDate(now)}::timestamptz
    order by due_at, organization_id, schedule_id limit ${limit}::int`.execute(db)
  return answer.rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<ScheduleId>(row.schedule_id),
    dueAt: fromDate(row.due_at),
  }))
}

/** When the next schedule of the shards is due; null when there is none. */
export async function nextDueAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(next.due_at) as due_at
    from unnest(${[...shards]}::smallint[]) as owned (shard)
    cross join lateral (
      (select due_at from schedule_watches where next_change is not null and shard = owned.shard order by due_at limit 1)
      union all
      (select due_at from schedule_watches where next_change is null and shard = owned.shard order by due_at limit 1)
      union all
      (select remind_at from schedule_watches where shard = owned.shard order by remind_at limit 1)
      union all
      (select tell_at from schedule_watches where tell_at is not null and shard = owned.shard order by tell_at limit 1)
    ) next`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/** A watch whose next hand-over was prepared. */
export type PreparedWatch = Watch & { readonly nextChange: KnownHandOver }

type Some = { readonly organizationId: OrganizationId; readonly ids: readonly ScheduleId[] }

/** Those of the schedules whose prepared hand-over is due, which nobody else moves on before the commit. Always locked in the same order. */
export async function lockDueChanges(tx: Tx, some: Some): Promise<readonly PreparedWatch[]> {
  const rows = await lockDue(tx, some, sql`next_change is not null`)
  return rows.map((row) => ({ ...watchOf(row), nextChange: row.next_change as KnownHandOver }))
}

/** A watch of a schedule that is to be looked at, and the release of the zones' rules with which it was looked at last. */
export type OpenWatch = Watch & { readonly zoneData: string }

/** Those of the schedules that are to be looked at, which nobody else moves on before the commit. Always locked in the same order. */
export async function lockDueLooks(tx: Tx, some: Some): Promise<readonly OpenWatch[]> {
  const rows = await lockDue(tx, some, sql`next_change is null`)
  return rows.map((row) => ({ ...watchOf(row), zoneData: row.zone_data }))
}

async function lockDue(tx: Tx, { organizationId, ids }: Some, kind: RawBuilder<unknown>): Promise<readonly WatchRow[]> {
  const answer = await sql<WatchRow>`
    select schedule_id, processed_until, on_call, settled_until, change_number, gap_since, next_change, zone_data from schedule_watches
    where organization_id = ${organizationId} and schedule_id = any(${[...ids]}::text[])
      and ${kind} and due_at <= ${toDate(tx.now)}::timestamptz
    order by schedule_id for no key update`.execute(tx.sql)
  return answer.rows
}

/** Where the watches of hand-overs stand that were just announced. What comes next is to be read. */
export async function moveOn(tx: Tx, organizationId: OrganizationId, watches: readonly Watch[]): Promise<void> {
  await sql`
    update schedule_watches watch
    set processed_until = moved.processed_until, on_call = moved.on_call, settled_until = moved.settled_until,
      change_number = moved.change_number, gap_since = moved.gap_since, next_change = null
    from jsonb_to_recordset(${jsonbText(watches.map(columnsOf))}::jsonb) as moved (schedule_id text, processed_until timestamptz,
      on_call jsonb, settled_until timestamptz, change_number bigint, gap_since timestamptz)
    where watch.organization_id = ${organizationId} and watch.schedule_id = moved.schedule_id`.execute(tx.sql)
}

/** Where watches stand that were just looked at, and what comes next. */
export async function settle(
  tx: Tx,
  {
    organizationId,
    zoneData,
    settled,
  }: { readonly organizationId: OrganizationId; readonly zoneData: string; readonly settled: readonly (Watch & Outlook)[] },
): Promise<void> {
  const rows = settled.map((watch) => ({
    ...columnsOf(watch),
    next_change: watch.nextChange,
    due_at: toDate(watch.dueAt),
    people: watch.people,
  }))
  await sql`
    update schedule_watches watch
    set processed_until = moved.processed_until, on_call = moved.on_call, settled_until = moved.settled_until,
      change_number = moved.change_number, gap_since = moved.gap_since, next_change = nullif(moved.next_change, 'null'::jsonb),
      due_at = moved.due_at, people = moved.people, zone_data = ${zoneData}
    from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as moved (schedule_id text, processed_until timestamptz,
      on_call jsonb, settled_until timestamptz, change_number bigint, gap_since timestamptz, next_change jsonb, due_at timestamptz, people text[])
    where watch.organization_id = ${organizationId} and watch.schedule_id = moved.schedule_id`.execute(tx.sql)
}

/** What was prepared is not to be used. */
export async function dropPrepared(tx: Tx, { organizationId, ids }: Some): Promise<void> {
  await sql`
    update schedule_watches set next_change = null
    where organization_id = ${organizationId} and schedule_id = any(${[...ids]}::text[])`.execute(tx.sql)
}

/** What cannot be done now is tried again later, from what is stored. */
export async function postponeWatch(tx: Tx, { organizationId, id }: WatchKey, dueAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('schedule_watches')
    .set({ due_at: toDate(dueAt), next_change: null })
    .where('organization_id', '=', organizationId)
    .where('schedule_id', '=', id)
    .where('due_at', '<=', toDate(tx.now))
    .execute()
}

export async function deleteWatches(tx: Tx, { organizationId, ids }: Some): Promise<void> {
  await sql`
    delete from schedule_watches
    where organization_id = ${organizationId} and schedule_id = any(${[...ids]}::text[])`.execute(tx.sql)
}

type WatchRow = {
  readonly schedule_id: string
  readonly processed_until: Date
  readonly on_call: unknown
  readonly settled_until: Date
  readonly change_number: number
  readonly gap_since: Date | null
  readonly next_change: unknown
  readonly zone_data: string
}

const watchOf = (row: WatchRow): Watch => ({
  id: asId<ScheduleId>(row.schedule_id),
  processedUntil: fromDate(row.processed_until),
  onCall: row.on_call as readonly Holder[],
  settledUntil: fromDate(row.settled_until),
  changeNumber: row.change_number,
  gapSince: row.gap_since === null ? null : fromDate(row.gap_since),
})

const columnsOf = (watch: Watch) => ({
  schedule_id: watch.id,
  processed_until: toDate(watch.processedUntil),
  on_call: watch.onCall,
  settled_until: toDate(watch.settledUntil),
  change_number: watch.changeNumber,
  gap_since: watch.gapSince === null ? null : toDate(watch.gapSince),
})
