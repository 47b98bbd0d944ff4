import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { asId, type MessageId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { ClosingEndpoint, Delivery, NewDelivery } from './delivery.ts'
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

const dateOrNull = (at: Instant | null): Date | null => (at === null ? null : toDate(at))
