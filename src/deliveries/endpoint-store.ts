import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { asId, type EndpointId, type OrganizationId } from '../lib/ids.ts'
import { jsonbText } from '../lib/json.ts'
import { shardOf } from '../lib/shard.ts'
import { earliest, fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { type ClosingEndpoint, type EndpointKey, lanes, type NewEndpoint } from './delivery.ts'
import type { EndpointSettings } from './endpoint-settings.ts'
import type { Pause } from './queue/standing.ts'

/** A table of the lanes, since what waits for an endpoint is found lane by lane: pages too, which wait for webhooks of people. */
export const allLanes = sql`(values ${sql.join(Object.values(lanes).map((lane) => sql`(${sql.lit(lane)}::smallint)`))}) lanes (lane)`

/**
 * The open endpoints of the keys that have one, in the order of the keys; null where there is none. Each key is a step of the index by
 * itself, because PostgreSQL takes the open endpoints for few before it has counted them, and would compare each key with all of them.
 */
export async function findEndpoints(db: Sql, keys: readonly EndpointKey[]): Promise<readonly (EndpointId | null)[]> {
  const answer = await sql<{ readonly position: number; readonly id: string }>`
    select wanted.position, e.id
    from unnest(${keys.map((key) => key.organizationId)}::text[], ${keys.map((key) => key.kind)}::text[],
      ${keys.map((key) => key.ownerId)}::text[], ${keys.map((key) => key.url ?? '')}::text[])
      with ordinality as wanted (organization_id, kind, owner_id, url, position)
    cross join lateral (
      select id from endpoints
      where organization_id = wanted.organization_id and kind = wanted.kind and owner_id = wanted.owner_id
        and md5(coalesce(url, '')) = md5(wanted.url) and deleted_at is null
      limit 1) e`.execute(db)
  const found = new Map(answer.rows.map((row) => [row.position, asId<EndpointId>(row.id)]))
  return keys.map((_, index) => found.get(index + 1) ?? null)
}

/** Makes endpoints; one that another transaction made meanwhile is left as it is. */
export async function insertEndpoints(tx: Tx, endpoints: readonly (NewEndpoint & { readonly id: EndpointId })[]): Promise<void> {
  await sql`
    insert into endpoints (organization_id, id, shard, kind, owner_id, url, settings, created_at)
    select *, ${toDate(tx.now)}::timestamptz from unnest(
      ${endpoints.map((endpoint) => endpoint.organizationId)}::text[],
      ${endpoints.map((endpoint) => endpoint.id)}::uuid[],
      ${endpoints.map((endpoint) => shardOf(endpoint.id))}::smallint[],
      ${endpoints.map((endpoint) => endpoint.kind)}::text[],
      ${endpoints.map((endpoint) => endpoint.ownerId)}::text[],
      ${endpoints.map((endpoint) => endpoint.url)}::text[],
      ${endpoints.map(({ settings }) => (settings === null ? null : jsonbText(settings)))}::jsonb[])
    on conflict (organization_id, kind, owner_id, md5(coalesce(url, ''))) where deleted_at is null do nothing`.execute(tx.sql)
}

/** Until when nothing but pages leaves for endpoints, and how long their breakers are open. */
export async function keepPauses(
  tx: Tx,
  kept: readonly (Pause & Pick<ClosingEndpoint, 'organizationId' | 'id'>)[],
): Promise<void> {
  const sorted = kept.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  await sql`
    update endpoints e set paused_until = kept.until, breaker_ms = kept.breaker_ms
    from unnest(
      ${sorted.map(({ organizationId }) => organizationId)}::text[],
      ${sorted.map(({ id }) => id)}::uuid[],
      ${sorted.map(({ until }) => (until === null ? null : toDate(until)))}::timestamptz[],
      ${sorted.map(({ breakerMs }) => breakerMs)}::int[]) as kept (organization_id, id, until, breaker_ms)
    where e.organization_id = kept.organization_id and e.id = kept.id`.execute(tx.sql)
}

/** Writes what an owner decides about its open endpoints, where that is new. */
export async function updateSettings(
  tx: Tx,
  { organizationId, ownerId }: Pick<ClosingEndpoint, 'organizationId' | 'ownerId'>,
  settings: EndpointSettings,
): Promise<void> {
  await sql`
    update endpoints set settings = ${jsonbText(settings)}::jsonb
    where organization_id = ${organizationId} and kind = 'webhook' and owner_id = ${ownerId} and deleted_at is null
      and settings is distinct from ${jsonbText(settings)}::jsonb`.execute(tx.sql)
}

/** Closes the open endpoints of an owner; what waits for them is to end with the reason. Returns how many there were. */
export async function closeOpenEndpoints(
  tx: Tx,
  { organizationId, ownerId, reason }: Omit<ClosingEndpoint, 'id'>,
): Promise<number> {
  const result = await tx.sql
    .updateTable('endpoints')
    .set({ deleted_at: toDate(tx.now), ending_reason: reason })
    .where('organization_id', '=', organizationId)
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return Number(result.numUpdatedRows)
}

/** The same for all webhooks of all organizations. */
export async function closeAllOfWebhooks(tx: Tx, reason: string): Promise<void> {
  await tx.sql
    .updateTable('endpoints')
    .set({ deleted_at: toDate(tx.now), ending_reason: reason })
    .where('kind', '=', 'webhook')
    .where('deleted_at', 'is', null)
    .execute()
}

/**
 * Closes the endpoints of an owner that are disabled, so that new ones can take their place. Returns since when they have got nothing;
 * null: none was disabled.
 */
export async function closeDisabled(
  tx: Tx,
  { organizationId, ownerId }: Pick<ClosingEndpoint, 'organizationId' | 'ownerId'>,
): Promise<Instant | null> {
  const rows = await tx.sql
    .updateTable('endpoints')
    .set({ deleted_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .where('disabled_at', 'is not', null)
    .returning(['failing_since', 'disabled_at'])
    .execute()
  return earliest(rows.map((row) => row.failing_since ?? row.disabled_at).map((date) => (date === null ? null : fromDate(date))))
}

/** Since when an owner has or had each URL, closed endpoints with it. */
export async function firstMadeAt(
  tx: Tx,
  { organizationId, ownerId }: Pick<ClosingEndpoint, 'organizationId' | 'ownerId'>,
): Promise<ReadonlyMap<string | null, Instant>> {
  const rows = await tx.sql
    .selectFrom('endpoints')
    .select(['url', (all) => all.fn.min('created_at').as('made_at')])
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'webhook')
    .where('owner_id', '=', ownerId)
    .groupBy('url')
    .execute()
  return new Map(rows.map(({ url, made_at: madeAt }) => [url, fromDate(madeAt)]))
}

/** Which of the endpoints of an owner get nothing any more, although they are open. */
export async function disabledOf(
  tx: Tx,
  { organizationId, ownerId }: Pick<ClosingEndpoint, 'organizationId' | 'ownerId'>,
): Promise<ReadonlySet<EndpointId>> {
  const rows = await tx.sql
    .selectFrom('endpoints')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'webhook')
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .where('disabled_at', 'is not', null)
    .execute()
  return new Set(rows.map((row) => asId<EndpointId>(row.id)))
}

/** How many open endpoints of an owner are not disabled, of those with these URLs. */
export function countEnabled(
  tx: Tx,
  { organizationId, ownerId, urls }: Pick<ClosingEndpoint, 'organizationId' | 'ownerId'> & { readonly urls: readonly string[] },
): Promise<number> {
  return countRows(
    tx.sql
      .selectFrom('endpoints')
      .where('organization_id', '=', organizationId)
      .where('owner_id', '=', ownerId)
      .where('url', 'in', urls)
      .where('deleted_at', 'is', null)
      .where('disabled_at', 'is', null),
  )
}

/** Closed and disabled endpoints of the shards for which something may still wait, in no order. */
export async function findClosing(db: Sql, shards: readonly number[], limit: number): Promise<readonly ClosingEndpoint[]> {
  const rows = await db
    .selectFrom('endpoints')
    .select(['organization_id', 'id', 'owner_id', 'ending_reason'])
    .where(sql<boolean>`shard = any(${[...shards]}::smallint[])`)
    .where('ending_reason', 'is not', null)
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<EndpointId>(row.id),
    ownerId: row.owner_id,
    reason: row.ending_reason ?? '',
  }))
}

/** All that waited for a closed endpoint has ended. */
export async function markEmptied(tx: Tx, { organizationId, id }: ClosingEndpoint): Promise<void> {
  await tx.sql
    .updateTable('endpoints')
    .set({ ending_reason: null })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}
