import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { ClosingEndpoint, Delivery, DeliveryResult, EndpointKind, Ending, Lane, NewDelivery } from './delivery.ts'
import { type DeliveryRow, deliveryOf, ofEndpoint } from './queue/due-store.ts'

/** Returns the ids by those of the messages. */
export async function insertDeliveries(tx: Tx, deliveries: readonly NewDelivery[]): Promise<ReadonlyMap<MessageId, number>> {
  const answer = await sql<{ readonly id: number; readonly message_id: string }>`
    insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at,
      event_sequence, grouped_sequences, subject_id, cancel_key, expires_at)
    select organization_id, endpoint_id, shard, lane, 1, ${toDate(tx.now)}::timestamptz, message_id, message_at,
      event_sequence, grouped_sequences::bigint[], subject_id, cancel_key, expires_at
    from unnest(
      ${deliveries.map((delivery) => delivery.organizationId)}::text[],
      ${deliveries.map((delivery) => delivery.endpointId)}::uuid[],
      ${deliveries.map((delivery) => shardOf(delivery.endpointId))}::smallint[],
      ${deliveries.map((delivery) => delivery.lane)}::smallint[],
      ${deliveries.map((delivery) => delivery.messageId)}::uuid[],
      ${deliveries.map((delivery) => toDate(delivery.messageAt))}::timestamptz[],
      ${deliveries.map((delivery) => delivery.eventSequence)}::bigint[],
      ${deliveries.map(groupedText)}::text[],
      ${deliveries.map((delivery) => delivery.subjectId)}::text[],
      ${deliveries.map((delivery) => delivery.cancelKey)}::uuid[],
      ${deliveries.map((delivery) => dateOrNull(delivery.expiresAt))}::timestamptz[])
      as new (organization_id, endpoint_id, shard, lane, message_id, message_at, event_sequence, grouped_sequences, subject_id,
        cancel_key, expires_at)
    returning id, message_id`.execute(tx.sql)
  return new Map(answer.rows.map((row) => [asId<MessageId>(row.message_id), row.id]))
}

/** Deletes what waits under the keys and returns how many that were. */
export async function deleteCancelled(tx: Tx, cancelKeys: readonly string[]): Promise<number> {
  const answer = await sql`delete from deliveries where cancel_key = any(${[...cancelKeys]}::uuid[])`.execute(tx.sql)
  return Number(answer.numAffectedRows ?? 0)
}

/** Deletes and returns some of what waits under a key, also what is under way. */
export async function deleteSomeCancelled(tx: Tx, cancelKey: string, limit: number): Promise<readonly Delivery[]> {
  const answer = await sql<DeliveryRow>`
    with chosen as (
      select id from deliveries where cancel_key = ${cancelKey}::uuid order by id limit ${limit}::int for update
    )
    delete from deliveries d using chosen, endpoints e
    where d.id = chosen.id and e.organization_id = d.organization_id and e.id = d.endpoint_id
    returning d.*, ${ofEndpoint}`.execute(tx.sql)
  return answer.rows.map(deliveryOf)
}

/** Deletes and returns some of what waits for an endpoint, also what is under way. */
export async function deleteWaiting(
  tx: Tx,
  { organizationId, id }: Pick<ClosingEndpoint, 'organizationId' | 'id'>,
  limit: number,
): Promise<readonly Delivery[]> {
  const answer = await sql<DeliveryRow>`
    with chosen as (
      select id from deliveries
      where shard = ${shardOf(id)}::smallint and endpoint_id = ${id}::uuid
      order by lane, due_at, id limit ${limit}::int
      for update
    )
    delete from deliveries d using chosen, endpoints e
    where d.id = chosen.id and e.organization_id = ${organizationId} and e.id = d.endpoint_id
    returning d.*, ${ofEndpoint}`.execute(tx.sql)
  return answer.rows.map(deliveryOf)
}

export function countAll(db: Sql): Promise<number> {
  return countRows(db.selectFrom('deliveries'))
}

/** Ends all that waits in all organizations, dead for one reason; without results, since nobody goes on from them. */
export async function endAll(tx: Tx, reason: string): Promise<void> {
  await sql`
    with ended as (
      delete from deliveries returning *
    )
    insert into dead_deliveries (organization_id, delivery_id, state, message_id, message_at, endpoint_id, event_sequence,
      grouped_sequences, subject_id, lane, attempts_count, last_status, reason, at)
    select organization_id, id, 'dead', message_id, message_at, endpoint_id, event_sequence, grouped_sequences, subject_id, lane,
      attempt - 1, last_status, ${reason}::text, ${toDate(tx.now)}::timestamptz
    from ended
    on conflict do nothing`.execute(tx.sql)
}

/** How lists are passed among many rows: PostgreSQL knows no list of lists of different lengths. */
export const groupedText = ({ groupedSequences }: Pick<Delivery, 'groupedSequences'>): string | null =>
  groupedSequences === null ? null : `{${groupedSequences.join()}}`

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

const dateOrNull = (at: Instant | null): Date | null => (at === null ? null : toDate(at))

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
