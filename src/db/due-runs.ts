import { sql } from 'kysely'
import type { Brand } from '../lib/brand.ts'
import { asId, type OrganizationId } from '../lib/ids.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'

/** The tables of runs: each row waits until it is due, is worked on by the owner of its shard, and ends. */
export type RunTable = 'escalation_runs' | 'notification_runs' | 'webhook_replays'

type RunKey<Id> = { readonly organizationId: OrganizationId; readonly id: Id }

export type Due = { readonly shards: readonly number[]; readonly now: Instant; readonly limit: number }

/** The keys of the runs that are due, the longest waiting first. */
export async function dueRuns<Id extends Brand<string, string>>(
  db: Sql,
  table: RunTable,
  { shards, now, limit }: Due,
): Promise<readonly RunKey<Id>[]> {
  const answer = await sql<{ readonly organization_id: string; readonly id: string }>`
    select organization_id, id from ${sql.table(table)}
    where state = 'running' and shard = any(${[...shards]}::smallint[]) and due_at <= ${toDate(now)}::timestamptz
    order by due_at, id limit ${limit}::int`.execute(db)
  return answer.rows.map((row) => ({ organizationId: asId<OrganizationId>(row.organization_id), id: asId<Id>(row.id) }))
}

/** When the next run of these shards comes due; null when none is running. */
export async function nextDueAt(db: Sql, table: RunTable, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(next.due_at) as due_at
    from unnest(${[...shards]}::smallint[]) as owned (shard)
    cross join lateral (
      select due_at from ${sql.table(table)}
      where state = 'running' and shard = owned.shard
      order by due_at, id limit 1
    ) next`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/** Puts a run with a UUID off, unless it has ended meanwhile, or has moved on by a commit that nobody heard of. */
export async function postponeRun(
  tx: Tx,
  table: Exclude<RunTable, 'webhook_replays'>,
  { organizationId, id, dueAt }: RunKey<string> & { readonly dueAt: Instant },
): Promise<void> {
  await sql`
    update ${sql.table(table)} set due_at = ${toDate(dueAt)}::timestamptz
    where organization_id = ${organizationId} and id = ${id}::uuid
      and state = 'running' and due_at <= ${toDate(tx.now)}::timestamptz`.execute(tx.sql)
}
