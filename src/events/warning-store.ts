import { sql } from 'kysely'
import { jsonbText } from '../lib/json.ts'
import { asId, type OrganizationId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Addressee, Warning, WarningNews } from './warning.ts'

export async function insertWarnings(tx: Tx, warnings: readonly Warning[], dueAt: Instant): Promise<void> {
  await sql`
    insert into webhook_warnings (organization_id, shard, address, at, due_at, webhook_name, url, news)
    select organization_id, shard, address, at, ${toDate(dueAt)}::timestamptz, webhook_name, url, news from unnest(
      ${warnings.map(({ organizationId }) => organizationId)}::text[],
      ${warnings.map(({ organizationId, address }) => shardOf(`${organizationId} ${address}`))}::smallint[],
      ${warnings.map(({ address }) => address)}::text[],
      ${warnings.map(({ at }) => toDate(at))}::timestamptz[],
      ${warnings.map(({ webhookName }) => webhookName)}::text[],
      ${warnings.map(({ url }) => url)}::text[],
      ${warnings.map(({ news }) => jsonbText(news))}::jsonb[])
      as new (organization_id, shard, address, at, webhook_name, url, news)`.execute(tx.sql)
}

type Due = { readonly shards: readonly number[]; readonly now: Instant; readonly limit: number }

/** Who is due to be told something, the longest overdue first. */
export async function dueAddressees(db: Sql, { shards, now, limit }: Due): Promise<readonly Addressee[]> {
  const answer = await sql<{ readonly organization_id: string; readonly address: string }>`
    select organization_id, address from webhook_warnings
    where shard = any(${[...shards]}::smallint[]) and due_at <= ${toDate(now)}::timestamptz
    group by organization_id, address order by min(due_at) limit ${limit}::int`.execute(db)
  return answer.rows.map((row) => ({ organizationId: asId<OrganizationId>(row.organization_id), address: row.address }))
}

/** When the next of them is; null: nobody is. */
export async function nextWarningAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(due_at) as due_at from webhook_warnings where shard = any(${[...shards]}::smallint[])`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/** Deletes and returns all that somebody is to be told, oldest first, due or not. */
export async function deleteWarnings(tx: Tx, { organizationId, address }: Addressee): Promise<readonly Warning[]> {
  const rows = await tx.sql
    .deleteFrom('webhook_warnings')
    .where('organization_id', '=', organizationId)
    .where('address', '=', address)
    .returning(['id', 'at', 'webhook_name', 'url', 'news'])
    .execute()
  return rows
    .toSorted((a, b) => a.id - b.id)
    .map((row) => ({
      organizationId,
      address,
      at: fromDate(row.at),
      webhookName: row.webhook_name,
      url: row.url,
      news: row.news as WarningNews,
    }))
}

export async function deleteAllWarnings(tx: Tx): Promise<void> {
  await tx.sql.deleteFrom('webhook_warnings').execute()
}

/** Puts off all that somebody is to be told. */
export async function postponeWarnings(tx: Tx, { organizationId, address }: Addressee, dueAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('webhook_warnings')
    .set({ due_at: toDate(dueAt) })
    .where('organization_id', '=', organizationId)
    .where('address', '=', address)
    .execute()
}
