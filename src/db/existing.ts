import { sql } from 'kysely'
import type { OrganizationId } from '../lib/ids.ts'
import { toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'

/** The tables of what keeps its row, marked, when it is deleted. */
type MarkedTable = 'integrations' | 'schedules' | 'shifts' | 'shift_swaps'

type Key = { readonly organizationId: OrganizationId; readonly id: string }

/** Whether the thing exists; if so, nobody else changes it before the commit. */
export async function lockExisting(tx: Tx, table: MarkedTable, { organizationId, id }: Key): Promise<boolean> {
  const answer = await sql`
    select from ${sql.table(table)} where organization_id = ${organizationId} and id = ${id} and deleted_at is null
    for update`.execute(tx.sql)
  return answer.rows.length > 0
}

/** Readers do not see it any more. */
export async function markDeleted(tx: Tx, table: MarkedTable, { organizationId, id }: Key): Promise<void> {
  await sql`
    update ${sql.table(table)} set deleted_at = ${toDate(tx.now)}::timestamptz
    where organization_id = ${organizationId} and id = ${id}`.execute(tx.sql)
}

type Asked = { readonly organizationId: OrganizationId; readonly ids: readonly string[] }

/** The ids among these that name a thing of the organization. */
export async function idsThatExist(db: Sql, table: MarkedTable, { organizationId, ids }: Asked): Promise<ReadonlySet<string>> {
  const answer = await sql<{ readonly id: string }>`
    select id from ${sql.table(table)}
    where organization_id = ${organizationId} and id = any(${[...ids]}::text[]) and deleted_at is null`.execute(db)
  return new Set(answer.rows.map((row) => row.id))
}
