import { sql } from 'kysely'
import { asId, type EndpointId, type OrganizationId } from '../../lib/ids.ts'
import { fromDate, hours, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { ClosingEndpoint } from '../delivery.ts'
import type { Health } from './health.ts'

type Key = Pick<ClosingEndpoint, 'organizationId' | 'id'>

/** Ends the failing of endpoints that have succeeded. True: there is something to be told. */
export async function recordSuccesses(tx: Tx, successes: readonly (Key & { readonly at: Instant })[]): Promise<boolean> {
  const answer = await sql<{ readonly is_news: boolean }>`
    update endpoints e set failing_since = null, last_failure_at = null, failures_count = 0,
      recovered_at = case when e.warned = 'not' then e.recovered_at else ended.at end,
      look_at = case when e.warned = 'not' then null else ended.at end
    from unnest(
      ${successes.map(({ organizationId }) => organizationId)}::text[],
      ${successes.map(({ id }) => id)}::uuid[],
      ${successes.map(({ at }) => toDate(at))}::timestamptz[]) as ended (organization_id, id, at)
    where e.organization_id = ended.organization_id and e.id = ended.id and e.failing_since is not null
      and e.disabled_at is null and e.deleted_at is null
    returning e.look_at is not null as is_news`.execute(tx.sql)
  return answer.rows.some((row) => row.is_news)
}

export type Failures = Key & { readonly firstAt: Instant; readonly lastAt: Instant; readonly count: number }

/** True: somebody is to look at it, now or at another time than before. */
export async function recordFailures(tx: Tx, failures: readonly Failures[]): Promise<boolean> {
  const answer = await sql<{ readonly is_news: boolean }>`
    update endpoints e set failing_since = coalesce(e.failing_since, failed.first_at), last_failure_at = failed.last_at,
      failures_count = e.failures_count + failed.count,
      look_at = coalesce(e.look_at, greatest(failed.last_at, coalesce(e.failing_since, failed.first_at) + ${hours(1)}::int * interval '1 ms'))
    from endpoints before, unnest(
      ${failures.map(({ organizationId }) => organizationId)}::text[],
      ${failures.map(({ id }) => id)}::uuid[],
      ${failures.map(({ firstAt }) => toDate(firstAt))}::timestamptz[],
      ${failures.map(({ lastAt }) => toDate(lastAt))}::timestamptz[],
      ${failures.map(({ count }) => count)}::int[]) as failed (organization_id, id, first_at, last_at, count)
    where e.organization_id = failed.organization_id and e.id = failed.id and e.disabled_at is null and e.deleted_at is null
      and before.organization_id = e.organization_id and before.id = e.id
    returning e.look_at is distinct from before.look_at as is_news`.execute(tx.sql)
  return answer.rows.some((row) => row.is_news)
}

/** Sends nothing more to endpoints: what waits for them is to end with the reason, a sentence for people. */
export async function disableEndpoints(
  tx: Tx,
  disabled: readonly (Key & { readonly at: Instant; readonly reason: string })[],
): Promise<void> {
  await sql`
    update endpoints e set disabled_at = gone.at, disabled_reason = gone.reason, ending_reason = gone.reason, look_at = gone.at,
      paused_until = null, breaker_ms = null
    from unnest(
      ${disabled.map(({ organizationId }) => organizationId)}::text[],
      ${disabled.map(({ id }) => id)}::uuid[],
      ${disabled.map(({ at }) => toDate(at))}::timestamptz[],
      ${disabled.map(({ reason }) => reason)}::text[]) as gone (organization_id, id, at, reason)
    where e.organization_id = gone.organization_id and e.id = gone.id and e.disabled_at is null and e.deleted_at is null`.execute(
    tx.sql,
  )
}

/** Open endpoints that it is time to look at, the longest overdue first. */
export async function dueLooks(
  db: Sql,
  { shards, now, limit }: { readonly shards: readonly number[]; readonly now: Instant; readonly limit: number },
): Promise<readonly Key[]> {
  const answer = await sql<{ readonly organization_id: string; readonly id: string }>`
    select organization_id, id from endpoints
    where shard = any(${[...shards]}::smallint[]) and look_at <= ${toDate(now)}::timestamptz and deleted_at is null
    order by look_at limit ${limit}::int`.execute(db)
  return answer.rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<EndpointId>(row.id),
  }))
}

/** When the next of them is; null: none is known. */
export async function nextLookAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly look_at: Date | null }>`
    select min(look_at) as look_at from endpoints
    where shard = any(${[...shards]}::smallint[]) and look_at is not null and deleted_at is null`.execute(db)
  const lookAt = answer.rows[0]?.look_at ?? null
  return lookAt === null ? null : fromDate(lookAt)
}

export async function postponeLook(tx: Tx, { organizationId, id }: Key, until: Instant): Promise<void> {
  await tx.sql
    .updateTable('endpoints')
    .set({ look_at: toDate(until) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

export type EndpointHealth = { readonly ownerId: string; readonly url: string | null; readonly health: Health }

/** For a transaction that judges it; null when it was closed meanwhile. */
export async function lockHealth(tx: Tx, { organizationId, id }: Key): Promise<EndpointHealth | null> {
  const row = await tx.sql
    .selectFrom('endpoints')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) return null
  const { disabled_at: disabledAt, disabled_reason: reason } = row
  return {
    ownerId: row.owner_id,
    url: row.url,
    health: {
      failingSince: instantOf(row.failing_since),
      lastFailureAt: instantOf(row.last_failure_at),
      failuresCount: row.failures_count,
      warned: row.warned as Health['warned'],
      warnedAt: instantOf(row.warned_at),
      recoveredAt: instantOf(row.recovered_at),
      disabled: disabledAt === null || reason === null ? null : { at: fromDate(disabledAt), reason },
    },
  }
}

/** Keeps what people were told, and when to look again. */
export async function keepTold(
  tx: Tx,
  { organizationId, id }: Key,
  {
    warned,
    warnedAt,
    recoveredAt,
    lookAt,
  }: Pick<Health, 'warned' | 'warnedAt' | 'recoveredAt'> & { readonly lookAt: Instant | null },
): Promise<void> {
  await tx.sql
    .updateTable('endpoints')
    .set({ warned, warned_at: dateOf(warnedAt), recovered_at: dateOf(recoveredAt), look_at: dateOf(lookAt) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

/** The open endpoints of an owner count as if nothing had been sent yet, but for what is disabled. */
export async function resetHealth(
  tx: Tx,
  { organizationId, ownerId }: Pick<ClosingEndpoint, 'organizationId' | 'ownerId'>,
): Promise<void> {
  await tx.sql
    .updateTable('endpoints')
    .set({
      failing_since: null,
      last_failure_at: null,
      failures_count: 0,
      warned: 'not',
      warned_at: null,
      recovered_at: null,
      look_at: null,
    })
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'webhook')
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .where('disabled_at', 'is', null)
    .execute()
}

const instantOf = (date: Date | null): Instant | null => (date === null ? null : fromDate(date))
const dateOf = (at: Instant | null): Date | null => (at === null ? null : toDate(at))
