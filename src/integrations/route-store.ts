import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { asId, type EscalationChainId, type IntegrationId, type OrganizationId, type RouteId } from '../lib/ids.ts'
import { jsonbText } from '../lib/json.ts'
import type { Window } from '../lib/listing.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { MessengerSwitches, Route } from './integration.ts'

export type NewRoute = Route & { readonly organizationId: OrganizationId; readonly createdAt: Instant }

export async function insertRoute(tx: Tx, route: NewRoute): Promise<void> {
  await tx.sql
    .insertInto('routes')
    .values({
      organization_id: route.organizationId,
      id: route.id,
      integration_id: route.integrationId,
      position: route.position,
      routing_type: route.routingType,
      routing_regex: route.routingRegex,
      is_default: route.isDefault,
      escalation_chain_id: route.escalationChainId,
      messengers: jsonbText(route.messengers),
      created_at: toDate(route.createdAt),
    })
    .execute()
}

type Key = { readonly organizationId: OrganizationId; readonly id: RouteId }

type Change = {
  /** Undefined keeps what is. */
  readonly escalationChainId: EscalationChainId | null | undefined
  /** Messengers that are missing stay as they are. */
  readonly messengers: MessengerSwitches
}

export async function updateRoute(tx: Tx, { organizationId, id }: Key, { escalationChainId, messengers }: Change): Promise<void> {
  await tx.sql
    .updateTable('routes')
    .set({
      ...(escalationChainId === undefined ? {} : { escalation_chain_id: escalationChainId }),
      messengers: sql`messengers || ${jsonbText(messengers)}::jsonb`,
    })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

export type RouteFilter = { readonly integrationId?: IntegrationId | undefined; readonly routingRegex?: string | undefined }

export function countRoutes(db: Sql, organizationId: OrganizationId, filter: RouteFilter): Promise<number> {
  return countRows(routesOf(db, organizationId, filter))
}

/** By integration, then by position, the default route last. */
export async function listRoutes(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: Window & { readonly filter: RouteFilter },
): Promise<readonly Route[]> {
  const rows = await routesOf(db, organizationId, filter)
    .selectAll('routes')
    .orderBy('integrations.created_at')
    .orderBy('integrations.id')
    .orderBy('routes.is_default')
    .orderBy('routes.position')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(routeOf)
}

export async function findRoute(db: Sql, organizationId: OrganizationId, id: RouteId): Promise<Route | null> {
  const row = await routesOf(db, organizationId, {}).selectAll('routes').where('routes.id', '=', id).executeTakeFirst()
  return row === undefined ? null : routeOf(row)
}

function routesOf(db: Sql, organizationId: OrganizationId, { integrationId, routingRegex }: RouteFilter) {
  let query = db
    .selectFrom('routes')
    .innerJoin('integrations', (join) =>
      join
        .onRef('integrations.organization_id', '=', 'routes.organization_id')
        .onRef('integrations.id', '=', 'routes.integration_id'),
    )
    .where('routes.organization_id', '=', organizationId)
    .where('integrations.deleted_at', 'is', null)
  if (integrationId !== undefined) query = query.where('routes.integration_id', '=', integrationId)
  if (routingRegex !== undefined) query = query.where('routes.routing_regex', '=', routingRegex)
  return query
}

type RouteRow = {
  readonly id: string
  readonly integration_id: string
  readonly position: number
  readonly routing_type: string
  readonly routing_regex: string | null
  readonly is_default: boolean
  readonly escalation_chain_id: string | null
  readonly messengers: unknown
}

export function routeOf(row: RouteRow): Route {
  return {
    id: asId<RouteId>(row.id),
    integrationId: asId<IntegrationId>(row.integration_id),
    position: row.position,
    routingType: row.routing_type === 'jinja2' ? 'jinja2' : 'regex',
    routingRegex: row.routing_regex,
    isDefault: row.is_default,
    escalationChainId: row.escalation_chain_id === null ? null : asId<EscalationChainId>(row.escalation_chain_id),
    messengers: row.messengers as MessengerSwitches,
  }
}
