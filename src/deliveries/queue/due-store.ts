import { sql } from 'kysely'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../../lib/ids.ts'
import { fromDate, type Instant, ms, toDate } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { type Delivery, type EndpointKind, type Lane, lanes } from '../delivery.ts'
import type { EndpointSettings } from '../endpoint-settings.ts'
import type { Position } from './positions.ts'
import type { FreeSlots } from './free-slots.ts'
import type { KeptBreaker } from '../health/breaker.ts'

type Due = {
  readonly shards: readonly number[]
  readonly now: Instant
  /** From where lanes of these shards are read on; all others are read from their beginning. */
  readonly positions: readonly Position[]
  /** Rows that this process already holds. */
  readonly held: readonly number[]
  /** What endpoints have room for, first whose turn it is; a webhook that is not named has room for one request, and for pages as others have. */
  readonly free: readonly FreeSlots[]
  readonly perEndpointMax: Readonly<Record<EndpointKind, number>>
  /** Everything else is left where it is. */
  readonly pagesOnly: boolean
  readonly limit: number
}

/**
 * The endpoints that something waits for and the lanes it waits in, one step of the index each, however long their backlogs are.
 * Cost follows the number of these, not of the deliveries. A lane whose position is known is taken for one of them, and the others are
 * looked for between these: where rows are gone but their entries in the index are not, a step to the first that is left is long.
 */
const waitingLanes = (shards: readonly number[], positions: readonly Position[]) => sql`
  recursive positions as (
    select * from unnest(
      ${positions.map(({ shard }) => shard)}::smallint[],
      ${positions.map(({ organizationId }) => organizationId)}::text[],
      ${positions.map(({ endpointId }) => endpointId)}::uuid[],
      ${positions.map(({ lane }) => lane)}::smallint[],
      ${positions.map(({ dueAt }) => toDate(dueAt))}::timestamptz[],
      ${positions.map(({ id }) => id)}::bigint[]) as positions (shard, organization_id, endpoint_id, lane, read_at, read_id)
  ), gaps as (
    select shard, endpoint_id, lane, coalesce(lead(endpoint_id) over following, ${lastUuid}::uuid) as end_endpoint_id,
      coalesce(lead(lane) over following, 0::smallint) as end_lane
    from (
      select shard, endpoint_id, lane from positions
      union all
      select shard, ${firstUuid}::uuid, 0::smallint from unnest(${[...shards]}::smallint[]) as owned (shard)) as edges
    window following as (partition by shard order by endpoint_id, lane)
  ), found as (
    select gaps.shard, gaps.end_endpoint_id, gaps.end_lane, first.organization_id, first.endpoint_id, first.lane
    from gaps
    cross join lateral (
      select organization_id, endpoint_id, lane from deliveries
      where shard = gaps.shard and (endpoint_id, lane) > (gaps.endpoint_id, gaps.lane)
        and (endpoint_id, lane) < (gaps.end_endpoint_id, gaps.end_lane)
      order by endpoint_id, lane limit 1) first
    union all
    select found.shard, found.end_endpoint_id, found.end_lane, next.organization_id, next.endpoint_id, next.lane
    from found
    cross join lateral (
      select organization_id, endpoint_id, lane from deliveries
      where shard = found.shard and (endpoint_id, lane) > (found.endpoint_id, found.lane)
        and (endpoint_id, lane) < (found.end_endpoint_id, found.end_lane)
      order by endpoint_id, lane limit 1) next
  ), waiting as (
    select shard, organization_id, endpoint_id, lane, '-infinity'::timestamptz as read_at, 0::bigint as read_id from found
    union all
    select * from positions
  )`

/** Before and after all ids that are made. */
const firstUuid = '00000000-0000-0000-0000-000000000000'
const lastUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Written out, so that the index of the lane is known to hold all of its rows. */
const orderedLane = sql.lit(lanes.ordered)
const pageLane = sql.lit(lanes.page)
const replayLane = sql.lit(lanes.replay)

const columns = sql`id, organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at, event_sequence,
  grouped_sequences, subject_id, cancel_key, expires_at, last_status`

/** What is said of the endpoint `e` beside its delivery. */
export const ofEndpoint = sql`e.kind, e.owner_id, e.url, e.deleted_at is not null as closed, e.disabled_at is not null as disabled,
  e.settings, e.breaker_ms, e.paused_until`

/** What was read: in all lists pages first and replays last, but for those whose turn it is, then whose endpoint had its turn longest ago, then what has waited longest. */
export type DueDeliveries = {
  readonly deliveries: readonly Delivery[]
  /** Due as well, but its endpoint has no slot beside those of the others; one at most for each endpoint and lane. */
  readonly surplus: readonly Delivery[]
  /** Those of either that are the first of what is ordered for their endpoint. */
  readonly heads: readonly Delivery[]
}

/**
 * What is due, as many per endpoint and lane as it has room for, and so many in all at most; what there is no room for comes last. Of
 * what is ordered it is the first of its endpoint, and of those right behind it the ones whose time is over: these need no slot.
 * Nothing but pages is read of an endpoint that is paused, and what waits for one that is being closed is left to `deleteWaiting`.
 * What is held is a subquery because PostgreSQL makes a hash of that, and goes through a list of parameters for each row.
 */
export async function dueDeliveries(db: Sql, due: Due): Promise<DueDeliveries> {
  const now = sql`${toDate(due.now)}::timestamptz`
  const { webhook, mail } = due.perEndpointMax
  const answer = await sql<DeliveryRow & { readonly is_surplus: boolean; readonly is_head: boolean }>`
    with ${waitingLanes(due.shards, due.positions)}, known as materialized (
      select waiting.*, free.pages, case waiting.lane when ${replayLane} then free.replays else free.others end as others,
        coalesce(waiting.lane = ${replayLane} and free.is_replays_turn, false) as is_replays_turn, free.turn
      from waiting
      left join unnest(${due.free.map(({ endpointId }) => endpointId)}::uuid[], ${due.free.map(({ pages }) => pages)}::int[],
        ${due.free.map(({ others }) => others)}::int[], ${due.free.map(({ replays }) => replays)}::int[],
        ${due.free.map(({ isReplaysTurn }) => isReplaysTurn)}::boolean[])
        with ordinality as free (endpoint_id, pages, others, replays, is_replays_turn, turn) on free.endpoint_id = waiting.endpoint_id
      where waiting.lane = ${pageLane} or not ${due.pagesOnly}::boolean
    )
    select d.*, ${ofEndpoint}
    from known as waiting
    join endpoints e on e.organization_id = waiting.organization_id and e.id = waiting.endpoint_id and e.ending_reason is null
    cross join lateral (
      select case when waiting.lane = ${pageLane} then coalesce(waiting.pages, case e.kind when 'mail' then ${mail}::int else ${webhook}::int end)
        when e.disabled_at is not null then ${due.limit}::int
        when e.paused_until > ${now} then -1
        else coalesce(waiting.others, case e.kind when 'mail' then ${mail}::int else 1 end) end as free) slots
    cross join lateral (
      (select ${columns}, place > slots.free as is_surplus, waiting.is_replays_turn and place = 1 as is_next, false as is_head from (
        select ${columns}, row_number() over (order by due_at, id) as place from deliveries
        where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = waiting.lane
          and (due_at, id) > (waiting.read_at, waiting.read_id) and due_at <= ${now} and id not in (select unnest(${[...due.held]}::bigint[]))
        order by due_at, id limit slots.free + 1) as first where waiting.lane <> ${orderedLane})
      union all
      select ${columns}, slots.free <= 0 and expires_at > ${now} is not false as is_surplus, false as is_next, place = 1 as is_head from (
        select ${columns}, row_number() over (order by id) as place from deliveries
        where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = ${orderedLane} and id > waiting.read_id
        order by id limit ${webhook}::int) as queue
      where waiting.lane = ${orderedLane} and (place = 1 and slots.free >= 0 or expires_at <= ${now}) and due_at <= ${now} and id not in (select unnest(${[...due.held]}::bigint[]))
    ) d
    order by d.is_surplus, case when d.lane = ${pageLane} then 0 when d.is_next then 1 when d.lane = ${replayLane} then 3 else 2 end, waiting.turn nulls first, d.due_at, d.id
    limit ${due.limit}::int`.execute(db)
  const rows = answer.rows.map((row) => ({ ...row, delivery: deliveryOf(row) }))
  const deliveriesOf = (own: typeof rows) => own.map(({ delivery }) => delivery)
  return {
    deliveries: deliveriesOf(rows.filter((row) => !row.is_surplus)),
    surplus: deliveriesOf(rows.filter((row) => row.is_surplus)),
    heads: deliveriesOf(rows.filter((row) => row.is_head)),
  }
}

/**
 * When the next delivery of the shards comes due after `now`, or null. What is ordered comes due when it is the first, and what
 * waits for an endpoint that is paused when that is over.
 */
export async function nextDueAt(
  db: Sql,
  { shards, positions, now }: Pick<Due, 'shards' | 'positions' | 'now'>,
): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    with ${waitingLanes(shards, positions)}
    select min(greatest(next.due_at, paused.until)) as due_at
    from waiting
    join endpoints e on e.organization_id = waiting.organization_id and e.id = waiting.endpoint_id
    cross join lateral (
      select case when waiting.lane <> ${pageLane} and e.paused_until > ${toDate(now)}::timestamptz then e.paused_until end as until) paused
    cross join lateral (
      select case when paused.until is null then ${toDate(now)}::timestamptz else '-infinity' end as passed) look
    cross join lateral (
      (select due_at from deliveries
      where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = waiting.lane and waiting.lane <> ${orderedLane}
        and due_at > look.passed
      order by due_at, id
      limit 1)
      union all
      select due_at from (
        select due_at from deliveries
        where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = ${orderedLane} and waiting.lane = ${orderedLane}
          and id > waiting.read_id
        order by id limit 1) as first
      where due_at > look.passed
    ) next`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/**
 * By lane, since when the delivery of the shards is due that has waited longest; nothing for a lane in which none is. What waits for
 * an endpoint that is paused comes due when that is over, and what waits for one that is being closed is not counted.
 */
export async function oldestDue(db: Sql, shards: readonly number[], now: Instant): Promise<ReadonlyMap<Lane, Instant>> {
  const answer = await sql<{ readonly lane: Lane; readonly due_at: Date }>`
    with ${waitingLanes(shards, [])}
    select waiting.lane, min(greatest(first.due_at, case when waiting.lane <> ${pageLane} then e.paused_until end)) as due_at
    from waiting
    join endpoints e on e.organization_id = waiting.organization_id and e.id = waiting.endpoint_id and e.ending_reason is null
    cross join lateral (
      (select due_at from deliveries
      where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = waiting.lane and waiting.lane <> ${orderedLane}
      order by due_at, id limit 1)
      union all
      (select due_at from deliveries
      where shard = waiting.shard and endpoint_id = waiting.endpoint_id and lane = ${orderedLane} and waiting.lane = ${orderedLane}
      order by id limit 1)) first
    group by waiting.lane
    having min(greatest(first.due_at, case when waiting.lane <> ${pageLane} then e.paused_until end)) <= ${toDate(now)}::timestamptz`.execute(
    db,
  )
  return new Map(answer.rows.map(({ lane, due_at }) => [lane, fromDate(due_at)]))
}

export type DeliveryRow = {
  readonly id: number
  readonly organization_id: string
  readonly endpoint_id: string
  readonly shard: number
  readonly lane: Lane
  readonly attempt: number
  readonly due_at: Date
  readonly message_id: string
  readonly message_at: Date
  readonly event_sequence: number | null
  readonly grouped_sequences: readonly string[] | null
  readonly subject_id: string | null
  readonly cancel_key: string | null
  readonly expires_at: Date | null
  readonly last_status: number | null
  readonly kind: EndpointKind
  readonly owner_id: string
  readonly url: string | null
  readonly closed: boolean
  readonly disabled: boolean
  readonly settings: unknown
  readonly breaker_ms: number | null
  readonly paused_until: Date | null
}

export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    organizationId: asId<OrganizationId>(row.organization_id),
    endpointId: asId<EndpointId>(row.endpoint_id),
    shard: row.shard,
    lane: row.lane,
    attempt: row.attempt,
    dueAt: fromDate(row.due_at),
    messageId: asId<MessageId>(row.message_id),
    messageAt: fromDate(row.message_at),
    eventSequence: row.event_sequence,
    groupedSequences: row.grouped_sequences?.map(Number) ?? null,
    subjectId: row.subject_id,
    cancelKey: row.cancel_key,
    expiresAt: row.expires_at === null ? null : fromDate(row.expires_at),
    lastStatus: row.last_status,
    endpoint: {
      kind: row.kind,
      ownerId: row.owner_id,
      url: row.url,
      closed: row.closed,
      settings: row.settings as EndpointSettings | null,
      isDisabled: row.disabled,
      breaker: breakerOf(row),
    },
  }
}

function breakerOf({ breaker_ms: lengthMs, paused_until: until }: DeliveryRow): KeptBreaker {
  return lengthMs === null || until === null ? null : { lengthMs: ms(lengthMs), until: fromDate(until) }
}
