import { sql } from 'kysely'
import * as upward from '../db/rows-upward.ts'
import { jsonbText } from '../lib/json.ts'
import { newUuid } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { type Instant, toDate } from '../lib/time.ts'
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
export function dueNews(
  db: Sql,
  shards: readonly number[],
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<readonly NewsKey[]> {
  return upward.dueRows(db, 'subject_news', { shards, now, limit })
}

/** When the next news come due; null when there are none. */
export function nextNewsAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  return upward.nextRowAt(db, 'subject_news', shards)
}

/** Takes news away; null when they are gone already. */
export async function takeNews(tx: Tx, key: NewsKey): Promise<News | null> {
  const answer = await sql<{ readonly news: News }>`
    delete from subject_news where organization_id = ${key.organizationId} and id = ${key.id}
    returning news`.execute(tx.sql)
  return answer.rows[0]?.news ?? null
}

export function postponeNews(tx: Tx, key: NewsKey, dueAt: Instant): Promise<void> {
  return upward.postponeRow(tx, 'subject_news', { ...key, dueAt })
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
