import { sql } from 'kysely'
import { asId, type IntegrationId, type OrganizationId, type RouteId } from '../lib/ids.ts'
import type { Tx } from '../ports.ts'
import type { AlertGroup } from './alert-group.ts'
import type { GroupKey } from './intake.ts'
import { groupOf, type GroupRow } from './row-store.ts'

/** A group that was found by a key, with what of the key its own columns do not say. */
export type FoundGroup = AlertGroup & { readonly hash: Buffer; readonly keyRouteId: RouteId | null }

/** The open groups of these keys, their rows locked in one order for everybody. */
export async function lockOpenGroups(tx: Tx, keys: readonly GroupKey[]): Promise<readonly FoundGroup[]> {
  const answer = await sql<FoundRow>`
    select g.*, k.route_id as key_route_id
    from ${keyTable(keys)} as k (organization_id, integration_id, route_id, grouping_hash)
    join alert_groups g on g.organization_id = k.organization_id and g.integration_id = k.integration_id
      and g.grouping_hash = k.grouping_hash and (k.route_id is null or g.route_id = k.route_id)
    where g.state <> 'resolved' and g.grouping_hash is not null
    order by g.organization_id, g.id
    for update of g`.execute(tx.sql)
  return answer.rows.map(foundOf)
}

/** The latest resolved group of each key, locked. */
export async function lockLatestResolvedGroups(tx: Tx, keys: readonly GroupKey[]): Promise<readonly FoundGroup[]> {
  const answer = await sql<FoundRow>`
    select g.*, k.route_id as key_route_id
    from ${keyTable(keys)} as k (organization_id, integration_id, route_id, grouping_hash)
    cross join lateral (
      select * from alert_groups
      where organization_id = k.organization_id and integration_id = k.integration_id and grouping_hash = k.grouping_hash
        and state = 'resolved' and (k.route_id is null or route_id = k.route_id)
      order by started_at desc limit 1
      for update) g
    order by g.organization_id, g.id`.execute(tx.sql)
  return answer.rows.map(foundOf)
}

type FoundRow = GroupRow & { readonly grouping_hash: Buffer; readonly key_route_id: string | null }

const foundOf = (row: FoundRow): FoundGroup => ({
  ...groupOf(row),
  hash: row.grouping_hash,
  keyRouteId: row.key_route_id === null ? null : asId<RouteId>(row.key_route_id),
})

/** The routes of the groups that are known by these keys on any route: of an open one before a resolved one, on the own route before others. */
export async function findRoutesOfGroups(
  tx: Tx,
  keys: readonly GroupKey[],
): Promise<readonly (GroupKey & { readonly routeId: RouteId })[]> {
  const answer = await sql<{ organization_id: string; integration_id: string; route_id: string; grouping_hash: Buffer }>`
    select k.organization_id, k.integration_id, k.grouping_hash, g.route_id
    from ${keyTable(keys)} as k (organization_id, integration_id, route_id, grouping_hash)
    cross join lateral (
      (select o.route_id from alert_groups o
        where o.organization_id = k.organization_id and o.integration_id = k.integration_id
          and o.grouping_hash = k.grouping_hash and o.state <> 'resolved'
        order by o.route_id = k.route_id desc, o.started_at desc limit 1)
      union all
      (select r.route_id from alert_groups r
        where r.organization_id = k.organization_id and r.integration_id = k.integration_id
          and r.grouping_hash = k.grouping_hash and r.state = 'resolved'
        order by r.started_at desc limit 1)
      limit 1) g`.execute(tx.sql)
  return answer.rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    integrationId: asId<IntegrationId>(row.integration_id),
    routeId: asId<RouteId>(row.route_id),
    hash: row.grouping_hash,
  }))
}

function keyTable(keys: readonly GroupKey[]) {
  return sql`unnest(
    ${keys.map((key) => key.organizationId)}::text[],
    ${keys.map((key) => key.integrationId)}::text[],
    ${keys.map((key) => key.routeId)}::text[],
    ${keys.map((key) => key.hash)}::bytea[])`
}

/**
 * Makes a group stand alone when another one with its key is open: then it takes no further alerts. A key that is an id is
 * taken by a group of any route.
 */
export async function standAloneIfKeyIsTaken(
  tx: Tx,
  group: AlertGroup,
  { keyIsId }: { readonly keyIsId: boolean },
): Promise<void> {
  await sql`
    update alert_groups g set grouping_hash = null
    where g.organization_id = ${group.organizationId} and g.id = ${group.id}
      and exists (select 1 from alert_groups o
        where o.organization_id = g.organization_id and o.integration_id = g.integration_id
          and (${keyIsId}::boolean or o.route_id is not distinct from g.route_id)
          and o.grouping_hash = g.grouping_hash and o.state <> 'resolved')`.execute(tx.sql)
}
