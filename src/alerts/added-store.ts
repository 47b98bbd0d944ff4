import { sql } from 'kysely'
import { type AlertGroupId, asId, type OrganizationId } from '../lib/ids.ts'
import { fromDate, type Instant, type Ms, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'

export type AddedKey = { readonly organizationId: OrganizationId; readonly id: AlertGroupId }

/** Counts alerts that joined groups and are to be told: at once, but `pauseMs` after groups were told of last. Each group comes once. */
export async function countUntold(tx: Tx, added: readonly (AddedKey & { readonly count: number })[], pauseMs: Ms): Promise<void> {
  await sql`
    update alert_groups g set untold_count = g.untold_count + a.count,
      tell_at = coalesce(g.tell_at, greatest(${toDate(tx.now)}::timestamptz, g.told_at + ${pauseMs}::float8 * interval '1 ms'))
    from unnest(${added.map((one) => one.organizationId)}::text[], ${added.map((one) => one.id)}::text[],
      ${added.map((one) => one.count)}::bigint[]) as a (organization_id, id, count)
    where g.organization_id = a.organization_id and g.id = a.id`.execute(tx.sql)
}

/** Groups that webhooks are to be told of now, the longest waiting first. */
export async function groupsToTell(
  db: Sql,
  shards: readonly number[],
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<readonly AddedKey[]> {
  const answer = await sql<{ readonly organization_id: string; readonly id: string }>`
    select organization_id, id from alert_groups
    where shard = any(${[...shards]}::smallint[]) and tell_at <= ${toDate(now)}
    order by tell_at, id limit ${limit}`.execute(db)
  return answer.rows.map((row) => ({ organizationId: asId<OrganizationId>(row.organization_id), id: asId<AlertGroupId>(row.id) }))
}

/** When webhooks are to be told next; null when there is nothing to tell. */
export async function nextToTellAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly tell_at: Date | null }>`
    select min(tell_at) as tell_at from alert_groups
    where shard = any(${[...shards]}::smallint[]) and tell_at is not null`.execute(db)
  const tellAt = answer.rows[0]?.tell_at ?? null
  return tellAt === null ? null : fromDate(tellAt)
}

/** How many alerts are to be told of a locked group now; they count as told. 0: somebody was faster. */
export async function takeUntold(tx: Tx, { organizationId, id }: AddedKey): Promise<number> {
  const answer = await sql<{ readonly untold_count: number }>`
    with due as (
      select organization_id, id, untold_count from alert_groups
      where organization_id = ${organizationId} and id = ${id} and tell_at <= ${toDate(tx.now)}
    )
    update alert_groups g set untold_count = 0, told_at = ${toDate(tx.now)}, tell_at = null from due
    where g.organization_id = due.organization_id and g.id = due.id
    returning due.untold_count`.execute(tx.sql)
  return answer.rows[0]?.untold_count ?? 0
}

export async function postponeTelling(tx: Tx, { organizationId, id }: AddedKey, tellAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('alert_groups')
    .set({ tell_at: toDate(tellAt) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('tell_at', 'is not', null)
    .execute()
}

/** What joined a group is told to nobody. */
export async function forgetUntold(tx: Tx, { organizationId, id }: AddedKey): Promise<void> {
  await tx.sql
    .updateTable('alert_groups')
    .set({ untold_count: 0, tell_at: null })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

/** The same for all groups of all organizations. */
export async function forgetAllUntold(tx: Tx): Promise<void> {
  await tx.sql.updateTable('alert_groups').set({ untold_count: 0, tell_at: null }).where('tell_at', 'is not', null).execute()
}
