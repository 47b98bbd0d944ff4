import { type RawBuilder, sql } from 'kysely'
import { asId, type OrganizationId, type ScheduleId, type UserId } from '../../lib/ids.ts'
import { jsonbText } from '../../lib/json.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { WatchKey } from '../hand-overs/watch.ts'

type Due = { readonly shards: readonly number[]; readonly now: Instant; readonly limit: number }

// Reminders --------------------------------------------------------------------------------------------------------------

/** The schedules of which somebody may have to be reminded, the longest waiting first. */
export async function dueReminders(db: Sql, { shards, now, limit }: Due): Promise<readonly WatchKey[]> {
  const answer = await sql<KeyRow>`
    select organization_id, schedule_id from schedule_watches
    where shard = any(${[...shards]}::smallint[]) and remind_at <= ${toDate(now)}::timestamptz
    order by remind_at, organization_id, schedule_id limit ${limit}::int`.execute(db)
  return answer.rows.map(keyOf)
}

/** Up to where the reminders of a schedule were sent. */
export type Reminded = { readonly id: ScheduleId; readonly remindedUntil: Instant }

/** Those of the schedules whose reminders are due, which nobody else sends before the commit. Always locked in the same order. */
export async function lockDueReminders(
  tx: Tx,
  { organizationId, ids }: { readonly organizationId: OrganizationId; readonly ids: readonly ScheduleId[] },
): Promise<readonly Reminded[]> {
  const answer = await sql<{ readonly schedule_id: string; readonly reminded_until: Date }>`
    select schedule_id, reminded_until from schedule_watches
    where organization_id = ${organizationId} and schedule_id = any(${[...ids]}::text[]) and remind_at <= ${toDate(tx.now)}::timestamptz
    order by schedule_id for no key update`.execute(tx.sql)
  return answer.rows.map((row) => ({ id: asId<ScheduleId>(row.schedule_id), remindedUntil: fromDate(row.reminded_until) }))
}

export async function moveReminders(
  tx: Tx,
  organizationId: OrganizationId,
  reminded: readonly (Reminded & { readonly remindAt: Instant })[],
): Promise<void> {
  const rows = reminded.map(({ id, remindedUntil, remindAt }) => ({
    schedule_id: id,
    reminded_until: toDate(remindedUntil),
    remind_at: toDate(remindAt),
  }))
  await sql`
    update schedule_watches watch set reminded_until = moved.reminded_until, remind_at = moved.remind_at
    from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as moved (schedule_id text, reminded_until timestamptz, remind_at timestamptz)
    where watch.organization_id = ${organizationId} and watch.schedule_id = moved.schedule_id`.execute(tx.sql)
}

/** What cannot be done now is tried again later. */
export async function postponeReminders(tx: Tx, { organizationId, id }: WatchKey, remindAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('schedule_watches')
    .set({ remind_at: toDate(remindAt) })
    .where('organization_id', '=', organizationId)
    .where('schedule_id', '=', id)
    .where('remind_at', '<=', toDate(tx.now))
    .execute()
}

// Edits ------------------------------------------------------------------------------------------------------------------

/** The schedules whose edits are to be told, the longest waiting first. */
export async function dueEdits(db: Sql, { shards, now, limit }: Due): Promise<readonly WatchKey[]> {
  const answer = await sql<KeyRow>`
    select organization_id, schedule_id from schedule_watches
    where tell_at is not null and shard = any(${[...shards]}::smallint[]) and tell_at <= ${toDate(now)}::timestamptz
    order by tell_at, organization_id, schedule_id limit ${limit}::int`.execute(db)
  return answer.rows.map(keyOf)
}

/** Edits that belong together. */
export type Edits = {
  /** The instant of the first. */
  readonly since: Instant
  /** The people who made them. */
  readonly editorIds: readonly UserId[]
  /** Whether a person made them all. */
  readonly isPersonal: boolean
}

/** Takes the edits of a schedule that are due: those that come later are told another time. Null: there are none any more. */
export const takeDueEdits = (tx: Tx, key: WatchKey): Promise<Edits | null> =>
  takeEdits(tx, key, sql`tell_at <= ${toDate(tx.now)}::timestamptz`)

/** Takes the edits of a schedule of which none follow. Null: there are none. */
export const takeLastEdits = (tx: Tx, key: WatchKey): Promise<Edits | null> => takeEdits(tx, key, sql`tell_at is not null`)

async function takeEdits(tx: Tx, { organizationId, id }: WatchKey, condition: RawBuilder<unknown>): Promise<Edits | null> {
  const answer = await sql<{ readonly edited_since: Date; readonly edited_by: readonly string[] }>`
    with taken as (
      select edited_since, edited_by from schedule_watches
      where organization_id = ${organizationId} and schedule_id = ${id} and ${condition}
      for no key update
    ), cleared as (
      update schedule_watches set edited_since = null, edited_by = '{}', tell_at = null
      where organization_id = ${organizationId} and schedule_id = ${id} and exists (select from taken)
    )
    select edited_since, edited_by from taken`.execute(tx.sql)
  const [row] = answer.rows
  if (row === undefined) return null
  const editorIds = row.edited_by.filter((editor) => editor !== '').map((editor) => asId<UserId>(editor))
  return { since: fromDate(row.edited_since), editorIds, isPersonal: editorIds.length === row.edited_by.length }
}

/** What cannot be done now is tried again later. */
export async function postponeEdits(tx: Tx, { organizationId, id }: WatchKey, tellAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('schedule_watches')
    .set({ tell_at: toDate(tellAt) })
    .where('organization_id', '=', organizationId)
    .where('schedule_id', '=', id)
    .where('tell_at', '<=', toDate(tx.now))
    .execute()
}

type KeyRow = { readonly organization_id: string; readonly schedule_id: string }

const keyOf = (row: KeyRow): WatchKey => ({
  organizationId: asId<OrganizationId>(row.organization_id),
  id: asId<ScheduleId>(row.schedule_id),
})
