import { sql } from 'kysely'
import { known } from '../../lib/check.ts'
import { asId, type EndpointId, type OrganizationId } from '../../lib/ids.ts'
import { before, days, fromDate, hours, type Instant, ms, type Ms, toDate } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { wasMade } from '../attempt-store.ts'
import { allLanes } from '../endpoint-store.ts'
import type { Backlog, Figures, OpenEndpoint, Span } from './figures.ts'

type Owner = { readonly organizationId: OrganizationId; readonly ownerId: string }

export type KnownEndpoint = { readonly id: EndpointId; readonly url: string | null; readonly open: OpenEndpoint | null }

/** An owner has few URLs, but each time one is opened anew that is another endpoint. */
const endpointsMax = 200

/** The endpoints of an owner: those that are open, then those that are closed, the latest first. */
export async function knownEndpoints(db: Sql, { organizationId, ownerId }: Owner): Promise<readonly KnownEndpoint[]> {
  const rows = await db
    .selectFrom('endpoints')
    .select(['id', 'url', 'deleted_at', 'failing_since', 'failures_count', 'disabled_at', 'disabled_reason', 'paused_until'])
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'webhook')
    .where('owner_id', '=', ownerId)
    .orderBy(sql`deleted_at is not null`)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(endpointsMax)
    .execute()
  return rows.map((row) => ({
    id: asId<EndpointId>(row.id),
    url: row.url,
    open:
      row.deleted_at === null
        ? {
            failingSince: instantOf(row.failing_since),
            failuresCount: row.failures_count,
            disabled:
              row.disabled_at === null || row.disabled_reason === null
                ? null
                : { at: fromDate(row.disabled_at), reason: row.disabled_reason },
            pausedUntil: instantOf(row.paused_until),
          }
        : null,
  }))
}

/** Of each endpoint so many rows of a table are looked at, the latest; figures of a busy one are about a shorter time. */
const lookedAtMax = 5_000

type Asked = {
  readonly organizationId: OrganizationId
  /** The endpoints of one URL. */
  readonly ids: readonly EndpointId[]
  readonly now: Instant
}

/** The figures of one URL. An attempt that was not made, since its request could not be, is none of them. */
export async function figuresOf(db: Sql, { organizationId, ids, now }: Asked): Promise<Figures> {
  const [hourAgo, dayAgo] = [before(now, hours(1)), before(now, days(1))]
  const [hour, day] = [sql`${toDate(hourAgo)}::timestamptz`, sql`${toDate(dayAgo)}::timestamptz`]
  const answer = await sql<FiguresRow>`
    with looked as (
      select e.id, a.at, a.outcome = 'success' as is_success, a.duration_ms
      from unnest(${[...ids]}::uuid[]) as e (id) cross join lateral (
        select at, outcome, duration_ms from attempts
        where organization_id = ${organizationId} and endpoint_id = e.id and outcome <> 'superseded'
          and ${wasMade}
        order by at desc limit ${lookedAtMax}::int) a
    ), dead as (
      select d.at
      from unnest(${[...ids]}::uuid[]) as e (id) cross join lateral (
        select at from dead_deliveries
        where organization_id = ${organizationId} and endpoint_id = e.id and state = 'dead' and at >= ${day}
        order by at desc limit ${lookedAtMax}::int) d
    )
    select max(at) filter (where is_success) as last_success_at, max(at) filter (where not is_success) as last_failure_at,
      (select max(first) from (select min(at) as first from looked group by id having count(*) >= ${lookedAtMax}::int) full_ones) as reach,
      count(*) filter (where at >= ${hour})::int as hour_count,
      count(*) filter (where at >= ${hour} and is_success)::int as hour_successes,
      percentile_disc(array[0.5, 0.99]) within group (order by duration_ms) filter (where at >= ${hour}) as hour_durations,
      (select count(*)::int from dead where at >= ${hour}) as hour_dead,
      count(*) filter (where at >= ${day})::int as day_count,
      count(*) filter (where at >= ${day} and is_success)::int as day_successes,
      percentile_disc(array[0.5, 0.99]) within group (order by duration_ms) filter (where at >= ${day}) as day_durations,
      (select count(*)::int from dead) as day_dead
    from looked`.execute(db)
  return figuresOfRow(known(answer.rows[0], 'an aggregate is a row'), { hourAgo, dayAgo })
}

/** What waits for one URL. */
export async function backlogOf(db: Sql, { organizationId, ids }: Omit<Asked, 'now'>): Promise<Backlog> {
  const answer = await sql<{ readonly count: number; readonly first_due_at: Date | null; readonly oldest_at: Date | null }>`
    select count(*)::int as count, min(d.due_at) as first_due_at, min(d.message_at) as oldest_at
    from endpoints e
    cross join ${allLanes}
    cross join lateral (
      select due_at, message_at from deliveries
      where shard = e.shard and endpoint_id = e.id and lane = lanes.lane
      order by due_at, id limit ${lookedAtMax}::int) d
    where e.organization_id = ${organizationId} and e.id = any(${[...ids]}::uuid[])`.execute(db)
  const row = known(answer.rows[0], 'an aggregate is a row')
  return { count: row.count, firstDueAt: instantOf(row.first_due_at), oldestAt: instantOf(row.oldest_at) }
}

type FiguresRow = {
  readonly last_success_at: Date | null
  readonly last_failure_at: Date | null
  readonly reach: Date | null
  readonly hour_count: number
  readonly hour_successes: number
  readonly hour_durations: readonly number[] | null
  readonly hour_dead: number
  readonly day_count: number
  readonly day_successes: number
  readonly day_durations: readonly number[] | null
  readonly day_dead: number
}

type Starts = { readonly hourAgo: Instant; readonly dayAgo: Instant }

function figuresOfRow(row: FiguresRow, { hourAgo, dayAgo }: Starts): Figures {
  const reach = instantOf(row.reach)
  const spanOf = (start: Instant, counts: Omit<Span, 'since' | 'p50' | 'p99'>, durations: readonly number[] | null): Span => ({
    since: reach !== null && reach > start ? reach : start,
    ...counts,
    p50: msOf(durations?.[0]),
    p99: msOf(durations?.[1]),
  })
  const hour = { attemptsCount: row.hour_count, successesCount: row.hour_successes, deadCount: row.hour_dead }
  const day = { attemptsCount: row.day_count, successesCount: row.day_successes, deadCount: row.day_dead }
  return {
    lastSuccessAt: instantOf(row.last_success_at),
    lastFailureAt: instantOf(row.last_failure_at),
    hour: spanOf(hourAgo, hour, row.hour_durations),
    day: spanOf(dayAgo, day, row.day_durations),
  }
}

const msOf = (duration: number | null | undefined): Ms | null =>
  duration === null || duration === undefined ? null : ms(duration)
const instantOf = (date: Date | null): Instant | null => (date === null ? null : fromDate(date))
