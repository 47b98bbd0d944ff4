import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { known } from '../../lib/check.ts'
import type { OrganizationId } from '../../lib/ids.ts'
import type { Window } from '../../lib/listing.ts'
import { before, hours, toDate } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { allLanes } from '../endpoint-store.ts'
import type { RecordFilter, StatusClass } from './record.ts'

type Owner = { readonly organizationId: OrganizationId; readonly ownerId: string }

/**
 * A list goes so far: this many deliveries of each endpoint that come due next, were delivered last, and died last, and no
 * more in all. What is asked for beyond that costs what the whole history costs.
 */
const reachMax = 10_000

/**
 * The ids of the deliveries of an owner: first what waits, as it comes due, then what has ended, the last first. Of each endpoint no
 * more is read than the page could need.
 */
export async function recordIds(
  db: Sql,
  owner: Owner,
  { filter, limit, offset }: Window & { readonly filter: RecordFilter },
): Promise<readonly number[]> {
  const window = Math.max(Math.min(limit, reachMax - offset), 0)
  const answer = await sql<{ readonly id: number }>`
    select id from (${found(owner, filter, offset + window)}) as found
    order by not is_waiting, case when is_waiting then at end, at desc, id desc
    limit ${window}::int offset ${offset}::int`.execute(db)
  return answer.rows.map((row) => row.id)
}

/** How many of them a list has. */
export async function countRecords(db: Sql, owner: Owner, filter: RecordFilter): Promise<number> {
  const answer = await sql<{ readonly count: number }>`
    select count(*)::int as count from (
      select id from (${found(owner, filter, null)}) as found limit ${reachMax}::int) as counted`.execute(db)
  return known(answer.rows[0], 'a count is a row').count
}

/** The ids and instants of what the filter lets through: from each table the first of each endpoint, or for a count all in no order. */
function found(owner: Owner, filter: RecordFilter, limit: number | null): RawBuilder<unknown> {
  const { state } = filter
  const waiting = state === undefined || state === 'waiting' ? [waitingOf(owner, filter, limit)] : []
  const mayBeDelivered = filter.statusClass === undefined || filter.statusClass === '2xx'
  const delivered = (state === undefined || state === 'delivered') && mayBeDelivered ? [deliveredOf(owner, filter, limit)] : []
  const dead = state === undefined || state === 'dead' || state === 'skipped' ? [deadOf(owner, filter, limit)] : []
  const parts = [...waiting, ...delivered, ...dead]
  const nothing = sql`select 0::bigint as id, true as is_waiting, now() as at where false`
  return parts.length === 0 ? nothing : sql.join(parts, sql` union all `)
}

const endpointsOf = ({ organizationId, ownerId }: Owner) =>
  sql`(select * from endpoints where organization_id = ${organizationId} and kind = 'webhook' and owner_id = ${ownerId}) e`

function waitingOf(owner: Owner, filter: RecordFilter, limit: number | null): RawBuilder<unknown> {
  const wanted = allOf([
    statusIs(filter.statusClass, sql.ref('last_status')),
    filter.subjectId === undefined ? null : sql`subject_id = ${filter.subjectId}`,
    filter.cause === undefined ? null : tellsOf(filter.cause.sequence),
    isCausedBy(owner, filter),
  ])
  return sql`(
    select w.id, true as is_waiting, w.at from ${endpointsOf(owner)} cross join ${allLanes} cross join lateral (
      select id, due_at as at from (
        select * from deliveries d
        where d.shard = e.shard and d.endpoint_id = e.id and d.lane = lanes.lane and ${isWithin(filter, sql.ref('d.due_at'))}
        order by d.due_at, d.id limit ${reachMax}::int) as next
      where ${wanted} ${limit === null ? sql`` : sql`order by due_at, id limit ${limit}::int`}) w)`
}

function deliveredOf(owner: Owner, filter: RecordFilter, limit: number | null): RawBuilder<unknown> {
  const { cause } = filter
  const isCaused = sql`(event_sequence = ${cause?.sequence ?? null}::bigint or exists (
    select from messages m where m.organization_id = ${owner.organizationId} and m.id = message_id and m.at = message_at
      and ${cause?.sequence ?? null}::bigint = any(m.grouped_sequences)))`
  const wanted = allOf([sql`outcome = 'success'`, cause === undefined ? null : isCaused, isCausedBy(owner, filter)])
  return endedIn('attempts', owner, { filter, limit, wanted })
}

function deadOf(owner: Owner, filter: RecordFilter, limit: number | null): RawBuilder<unknown> {
  const { state, cause } = filter
  const wanted = allOf([
    state === undefined ? null : sql`state = ${state}`,
    statusIs(filter.statusClass, sql.ref('last_status')),
    cause === undefined ? null : tellsOf(cause.sequence),
    isCausedBy(owner, filter),
  ])
  return endedIn('dead_deliveries', owner, { filter, limit, wanted })
}

type WantedOf = { readonly filter: RecordFilter; readonly limit: number | null; readonly wanted: RawBuilder<SqlBool> }

/** The last of an alert group, where one is asked for, or else of each endpoint. */
function endedIn(table: 'attempts' | 'dead_deliveries', owner: Owner, { filter, limit, wanted }: WantedOf): RawBuilder<unknown> {
  const { organizationId } = owner
  const latest = (condition: RawBuilder<SqlBool>) => sql`(
    select * from ${sql.table(table)}
    where organization_id = ${organizationId} and ${condition} and ${isWithin(filter, sql.ref('at'))}
    order by at desc limit ${reachMax}::int)`
  if (filter.subjectId !== undefined)
    return sql`(
      select d.delivery_id as id, false as is_waiting, d.at from ${latest(sql`subject_id = ${filter.subjectId}`)} d
      join ${endpointsOf(owner)} on e.id = d.endpoint_id
      where ${wanted})`
  return sql`(
    select d.id, false as is_waiting, d.at from ${endpointsOf(owner)} cross join lateral (
      select delivery_id as id, at from ${latest(sql`endpoint_id = e.id`)} as latest
      where ${wanted} ${limit === null ? sql`` : sql`order by at desc, delivery_id desc limit ${limit}::int`}) d)`
}

type Condition = RawBuilder<unknown> | null

const allOf = (conditions: readonly Condition[]): RawBuilder<SqlBool> => {
  const given = conditions.filter((condition) => condition !== null)
  return given.length === 0 ? sql`true` : sql`${sql.join(given, sql` and `)}`
}

const tellsOf = (sequence: number) => sql`(event_sequence = ${sequence}::bigint or ${sequence}::bigint = any(grouped_sequences))`

/** A look at the event of each, and only of those that are looked at; joined, all events of such a type might be read instead. */
const isCausedBy = ({ organizationId }: Owner, { causeTypes }: RecordFilter): Condition =>
  causeTypes === undefined
    ? null
    : sql`(select type from events where organization_id = ${organizationId} and sequence = event_sequence and events.at = message_at)
        = any(${[...causeTypes]}::text[])`

/** The clocks of two nodes differ by less. */
const clocksApart = hours(1)

/** What an event caused has ended after it. */
function isWithin({ since, until, cause }: RecordFilter, at: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return allOf([
    since === undefined ? null : sql`${at} >= ${toDate(since)}::timestamptz`,
    until === undefined ? null : sql`${at} < ${toDate(until)}::timestamptz`,
    cause === undefined ? null : sql`${at} >= ${toDate(before(cause.at, clocksApart))}::timestamptz`,
  ])
}

function statusIs(statusClass: StatusClass | undefined, status: RawBuilder<unknown>): Condition {
  if (statusClass === undefined) return null
  if (statusClass === 'none') return sql`${status} is null`
  const first = Number(statusClass[0]) * 100
  return sql`${status} between ${first}::int and ${first + 99}::int`
}
