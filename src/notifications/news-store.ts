import { sql } from 'kysely'
import { jsonbText } from '../lib/json.ts'
import { type AlertGroupId, asId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { News, NewsKey, OwedNews } from './news.ts'
import type { SubjectRef } from './subject.ts'

export async function insertNews(tx: Tx, owed: readonly OwedNews[]): Promise<void> {
  await sql`
    insert into subject_news (organization_id, id, shard, subject_id, news, due_at)
    select *, ${toDate(tx.now)}::timestamptz from unnest(
      ${owed.map((one) => one.organizationId)}::text[],
      ${owed.map(() => newUuid(tx.now, tx.random.bytes))}::uuid[],
      ${owed.map((one) => shardOf(one.subjectId))}::smallint[],
      ${owed.map((one) => one.subjectId)}::text[],
      ${owed.map((one) => jsonbText(one.news))}::jsonb[])`.execute(tx.sql)
}

/** The keys of the news that are due, the oldest first. */
export async function dueNews(
  db: Sql,
  shards: readonly number[],
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<readonly NewsKey[]> {
  const answer = await sql<KeyRow>`
    select organization_id, id, subject_id from subject_news
    where shard = any(${[...shards]}::smallint[]) and due_at <= ${toDate(now)}
    order by due_at, id limit ${limit}`.execute(db)
  return answer.rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: row.id,
    subjectId: asId<AlertGroupId>(row.subject_id),
  }))
}

/** When the next news come due; null when there are none. */
export async function nextNewsAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(due_at) as due_at from subject_news where shard = any(${[...shards]}::smallint[])`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/** Takes news away; null when they are gone already. */
export async function takeNews(tx: Tx, key: NewsKey): Promise<News | null> {
  const answer = await sql<{ readonly news: News }>`
    delete from subject_news where organization_id = ${key.organizationId} and id = ${key.id}
    returning news`.execute(tx.sql)
  return answer.rows[0]?.news ?? null
}

export async function postponeNews(tx: Tx, key: NewsKey, dueAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('subject_news')
    .set({ due_at: toDate(dueAt) })
    .where('organization_id', '=', key.organizationId)
    .where('id', '=', key.id)
    .execute()
}

/** Takes away what nobody has told of subjects. */
export async function deleteNewsAbout(tx: Tx, subjects: readonly SubjectRef[]): Promise<void> {
  await sql`
    delete from subject_news where (organization_id, subject_id) in (select * from unnest(
      ${subjects.map((subject) => subject.organizationId)}::text[], ${subjects.map((subject) => subject.id)}::text[]))`.execute(
    tx.sql,
  )
}

/** Takes back the pages about a subject that nobody has told. */
export async function deletePagesAbout(tx: Tx, { organizationId, id }: SubjectRef): Promise<void> {
  await sql`
    delete from subject_news
    where organization_id = ${organizationId} and subject_id = ${id} and news->>'kind' = 'page'`.execute(tx.sql)
}

/** Takes away what nobody has told, of all organizations. */
export async function deleteAllNews(tx: Tx): Promise<void> {
  await tx.sql.deleteFrom('subject_news').execute()
}

type KeyRow = { readonly organization_id: string; readonly id: string; readonly subject_id: string }
