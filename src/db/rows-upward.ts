import { sql } from 'kysely'
import { type AlertGroupId, asId, type OrganizationId } from '../lib/ids.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Due } from './due-runs.ts'

/** The tables of what a stage leaves for the stage that knows its subject, which takes each row away or puts it off. */
type UpwardTable = 'escalation_requests' | 'subject_news'

type RowKey = { readonly organizationId: OrganizationId; readonly id: string; readonly subjectId: AlertGroupId }

/** The keys of the rows that are due, the oldest first. */
export async function dueRows(db: Sql, table: UpwardTable, { shards, now, limit }: Due): Promise<readonly RowKey[]> {
  const answer = await sql<{ readonly organization_id: string; readonly id: string; readonly subject_id: string }>`
    select organization_id, id, subject_id from ${sql.table(table)}
    where shard = any(${[...shards]}::smallint[]) and due_at <= ${toDate(now)}
    order by due_at, id limit ${limit}`.execute(db)
  return answer.rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: row.id,
    subjectId: asId<AlertGroupId>(row.subject_id),
  }))
}

/** When the next row of these shards comes due; null when there is none. */
export async function nextRowAt(db: Sql, table: UpwardTable, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(due_at) as due_at from ${sql.table(table)} where shard = any(${[...shards]}::smallint[])`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/** Puts a row off, unless it was taken meanwhile. */
export async function postponeRow(
  tx: Tx,
  table: UpwardTable,
  { organizationId, id, dueAt }: Pick<RowKey, 'organizationId' | 'id'> & { readonly dueAt: Instant },
): Promise<void> {
  await sql`
    update ${sql.table(table)} set due_at = ${toDate(dueAt)}::timestamptz
    where organization_id = ${organizationId} and id = ${id}::uuid`.execute(tx.sql)
}
