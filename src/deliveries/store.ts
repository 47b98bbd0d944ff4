import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import {
  type ClosingEndpoint,
  type Delivery,
  type DeliveryResult,
  type EndpointKind,
  type Ending,
  type Lane,
  lanes,
  type NewDelivery,
} from './delivery.ts'

export async function insertDeliveries(tx: Tx, deliveries: readonly NewDelivery[]): Promise<void> {
  await sql`
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
        cancel_key, expires_at)`.execute(tx.sql)
}

/** Deletes what waits under the keys and returns how many that were. */
export async function deleteCancelled(tx: Tx, cancelKeys: readonly string[]): Promise<number> {
  const answer = await sql`delete from deliveries where cancel_key = any(${[...cancelKeys]}::uuid[])`.execute(tx.sql)
  return Number(answer.numAffectedRows ?? 0)
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
    returning d.*, e.kind, e.owner_id, e.url, e.deleted_at is not null as closed`.execute(tx.sql)
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
    insert into dead_deliveries (organization_id, message_id, message_at, endpoint_id, event_sequence, grouped_sequences,
      subject_id, lane, attempts_count, reason, at)
    select organization_id, message_id, message_at, endpoint_id, event_sequence, grouped_sequences, subject_id, lane, attempt - 1,
      ${reason}::text, ${toDate(tx.now)}::timestamptz
    from ended
    on conflict do nothing`.execute(tx.sql)
}

/** How lists are passed among many rows: PostgreSQL knows no list of lists of different lengths. */
export const groupedText = ({ groupedSequences }: Pick<Delivery, 'groupedSequences'>): string | null =>
  groupedSequences === null ? null : `{${groupedSequences.join()}}`

type Due = {
  readonly shards: readonly number[]
  readonly now: Instant
  /** Rows that this process already holds. */
  readonly held: readonly number[]
  /** Endpoints that have enough requests under way: their rows are not even looked at. */
  readonly full: readonly EndpointId[]
  readonly perEndpointMax: Readonly<Record<EndpointKind, number>>
  /** Everything else is left where it is. */
  readonly pagesOnly: boolean
  readonly limit: number
}

/**
 * The endpoints that something waits for, one step of the index each, however long their backlogs are.
 * Cost follows the number of these endpoints, not of the deliveries.
 */
const waitingEndpoints = (shards: readonly number[]) => sql`
  recursive steps as (
    select owned.shard, first.organization_id, first.endpoint_id
    from unnest(${[...shards]}::smallint[]) as owned (shard)
    cross join lateral (
      select organization_id, endpoint_id from deliveries where shard = owned.shard order by endpoint_id limit 1) first
    union all
    select steps.shard, next.organization_id, next.endpoint_id
    from steps
    cross join lateral (
      select organization_id, endpoint_id from deliveries
      where shard = steps.shard and endpoint_id > steps.endpoint_id order by endpoint_id limit 1) next
  ), waiting as (
    select shard, organization_id, endpoint_id, lane from steps cross join (values (0::smallint), (1::smallint), (2::smallint), (3::smallint)) as lanes (lane)
  )`

/** Written out, so that the index of the lane is known to hold all of its rows. */
const orderedLane = sql.lit(lanes.ordered)

const columns = sql`id, organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at, event_sequence,
  grouped_sequences, subject_id, cancel_key, expires_at`

/**
 * What is due and free, a few per endpoint and lane: the lower lane first, then what has waited longest. Of what is ordered
 * it is the first of its endpoint, and of those right behind it the ones whose time is over. What waits for an endpoint that
 * is being closed is left to `deleteWaiting`.
 */
export async function dueDeliveries(db: Sql, due: Due): Promise<readonly Delivery[]> {
  const answer = await sql<DeliveryRow>`
    with ${waitingEndpoints(due.shards)}
    select d.*, e.kind, e.owner_id, e.url, e.deleted_at is not null as closed
    from waiting
    join endpoints e on e.organization_id = waiting.organization_id and e.id = waiting.endpoint_id and e.ending_reason is null
    cross join lateral (
      (select ${columns} from deliveries
      where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = waiting.lane and waiting.lane <> ${orderedLane}
        and due_at <= ${toDate(due.now)}::timestamptz and id <> all(${[...due.held]}::bigint[])
      order by due_at, id
      limit case e.kind when 'mail' then ${due.perEndpointMax.mail}::int else ${due.perEndpointMax.webhook}::int end)
      union all
      select ${columns} from (
        select ${columns}, row_number() over (order by id) as place from deliveries
        where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = ${orderedLane} and waiting.lane = ${orderedLane}
        order by id limit ${due.perEndpointMax.webhook}::int) as queue
      where (place = 1 or expires_at <= ${toDate(due.now)}::timestamptz)
        and due_at <= ${toDate(due.now)}::timestamptz and id <> all(${[...due.held]}::bigint[])
    ) d
    where waiting.endpoint_id <> all(${[...due.full]}::uuid[])
      and (waiting.lane = ${lanes.page}::smallint or not ${due.pagesOnly}::boolean)
    order by d.lane, d.due_at, d.id
    limit ${due.limit}::int`.execute(db)
  return answer.rows.map(deliveryOf)
}

/** When the next delivery of the shards comes due after `now`, or null. What is ordered comes due when it is the first. */
export async function nextDueAt(db: Sql, shards: readonly number[], now: Instant): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    with ${waitingEndpoints(shards)}
    select min(next.due_at) as due_at
    from waiting
    cross join lateral (
      (select due_at from deliveries
      where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = waiting.lane and waiting.lane <> ${orderedLane}
        and due_at > ${toDate(now)}::timestamptz
      order by due_at, id
      limit 1)
      union all
      select due_at from (
        select due_at from deliveries
        where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = ${orderedLane} and waiting.lane = ${orderedLane}
        order by id limit 1) as first
      where due_at > ${toDate(now)}::timestamptz
    ) next`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

type Wanted = { readonly lanes: readonly Lane[]; readonly shards: readonly number[] }

/** The ids of the results that are due, the oldest first. */
export async function dueResults(
  db: Sql,
  { lanes: wanted, shards, now, limit }: Wanted & { readonly now: Instant; readonly limit: number },
): Promise<readonly number[]> {
  const answer = await sql<{ readonly id: number }>`
    select id from delivery_results
    where shard = any(${[...shards]}::smallint[]) and lane = any(${[...wanted]}::smallint[])
      and due_at <= ${toDate(now)}::timestamptz
    order by id limit ${limit}::int`.execute(db)
  return answer.rows.map((row) => row.id)
}

/** When the next result comes due; null when there is none. */
export async function nextResultAt(db: Sql, { lanes: wanted, shards }: Wanted): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(due_at) as due_at from delivery_results
    where shard = any(${[...shards]}::smallint[]) and lane = any(${[...wanted]}::smallint[])`.execute(db)
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

type DeliveryRow = {
  readonly id: number
  readonly organization_id: string
  readonly endpoint_id: string
  readonly shard: number
  readonly lane: Lane
  readonly attempt: number
  readonly message_id: string
  readonly message_at: Date
  readonly event_sequence: number | null
  readonly grouped_sequences: readonly string[] | null
  readonly subject_id: string | null
  readonly cancel_key: string | null
  readonly expires_at: Date | null
  readonly kind: EndpointKind
  readonly owner_id: string
  readonly url: string | null
  readonly closed: boolean
}

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    organizationId: asId<OrganizationId>(row.organization_id),
    endpointId: asId<EndpointId>(row.endpoint_id),
    shard: row.shard,
    lane: row.lane,
    attempt: row.attempt,
    messageId: asId<MessageId>(row.message_id),
    messageAt: fromDate(row.message_at),
    eventSequence: row.event_sequence,
    groupedSequences: row.grouped_sequences?.map(Number) ?? null,
    subjectId: row.subject_id,
    cancelKey: row.cancel_key,
    expiresAt: row.expires_at === null ? null : fromDate(row.expires_at),
    endpoint: { kind: row.kind, ownerId: row.owner_id, url: row.url, closed: row.closed },
  }
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
