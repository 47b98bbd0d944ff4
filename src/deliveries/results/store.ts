import { sql } from 'kysely'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../../lib/ids.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { DeliveryResult, EndpointKind, Ending, Lane } from '../delivery.ts'

type Wanted = {
  readonly lanes: readonly Lane[]
  readonly shards: readonly number[]
  /** Only results with greater ids. */
  readonly afterId: number
}

/** The ids of the results that are due, the oldest first. */
export async function dueResults(
  db: Sql,
  { lanes: wanted, shards, afterId, now, limit }: Wanted & { readonly now: Instant; readonly limit: number },
): Promise<readonly number[]> {
  const answer = await sql<{ readonly id: number }>`
    select id from delivery_results
    where shard = any(${[...shards]}::smallint[]) and lane = any(${[...wanted]}::smallint[]) and id > ${afterId}::bigint
      and due_at <= ${toDate(now)}::timestamptz
    order by id limit ${limit}::int`.execute(db)
  return answer.rows.map((row) => row.id)
}

/** When the next result comes due; null when there is none. */
export async function nextResultAt(db: Sql, { lanes: wanted, shards, afterId }: Wanted): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(due_at) as due_at from delivery_results
    where shard = any(${[...shards]}::smallint[]) and lane = any(${[...wanted]}::smallint[]) and id > ${afterId}::bigint`.execute(
    db,
  )
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/** Deletes and returns results, oldest first; what is gone already is missing. */
export async function deleteResults(tx: Tx, ids: readonly number[]): Promise<readonly DeliveryResult[]> {
  const answer = await sql<ResultRow>`
    with taken as (
      delete from delivery_results where id in (
        select id from delivery_results where id = any(${[...ids]}::bigint[]) order by id for update)
      returning *
    )
    select taken.*, e.kind, e.owner_id, e.url from taken
    join endpoints e on e.organization_id = taken.organization_id and e.id = taken.endpoint_id
    order by taken.id`.execute(tx.sql)
  return answer.rows.map(resultOf)
}

/** Puts a result off. */
export async function postponeResult(tx: Tx, id: number, dueAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('delivery_results')
    .set({ due_at: toDate(dueAt) })
    .where('id', '=', id)
    .execute()
}

type ResultRow = {
  readonly organization_id: string
  readonly lane: Lane
  readonly endpoint_id: string
  readonly kind: EndpointKind
  readonly owner_id: string
  readonly url: string | null
  readonly message_id: string
  readonly message_at: Date
  readonly event_sequence: number | null
  readonly subject_id: string | null
  readonly cancel_key: string | null
  readonly result: Ending
  readonly at: Date
}

function resultOf(row: ResultRow): DeliveryResult {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    lane: row.lane,
    endpoint: { id: asId<EndpointId>(row.endpoint_id), kind: row.kind, ownerId: row.owner_id, url: row.url },
    messageId: asId<MessageId>(row.message_id),
    messageAt: fromDate(row.message_at),
    eventSequence: row.event_sequence,
    subjectId: row.subject_id,
    cancelKey: row.cancel_key,
    at: fromDate(row.at),
    ending: row.result,
  }
}
