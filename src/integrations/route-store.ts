import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { moveRows } from '../db/order.ts'
import { asId, type EscalationChainId, type IntegrationId, type OrganizationId, type RouteId } from '../lib/ids.ts'
import { jsonbText } from '../lib/json.ts'
import type { Window } from '../lib/listing.ts'
import type { Placed } from '../lib/order.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { AlertRoute, MessengerSwitches, Route } from './integration.ts'
import type { Expression } from './route-input.ts'
import type { RouteRule } from './rule-chooser.ts'

export type NewRoute = Route & {
  readonly organizationId: OrganizationId
  readonly programSize: number
  readonly createdAt: Instant
}

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
      program_size: route.programSize,
      is_default: route.isDefault,
      escalation_chain_id: route.escalationChainId,
      messengers: jsonbText(route.messengers),
      created_at: toDate(route.createdAt),
    })
    .execute()
}

export type RouteKey = { readonly organizationId: OrganizationId; readonly id: RouteId }

export type TargetChange = {
  /** Undefined keeps what is. */
  readonly escalationChainId: EscalationChainId | null | undefined
  /** Messengers that are missing stay as they are. */
  readonly messengers: MessengerSwitches
}

export async function updateTarget(
  tx: Tx,
  { organizationId, id }: RouteKey,
  { escalationChainId, messengers }: TargetChange,
): Promise<void> {
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

export async function updateExpression(
  tx: Tx,
  { organizationId, id }: RouteKey,
  { type, text, programSize }: Expression,
): Promise<void> {
  await tx.sql
    .updateTable('routes')
    .set({ routing_type: type, routing_regex: text, program_size: programSize })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

export function moveRoutes(tx: Tx, organizationId: OrganizationId, moves: readonly Placed<RouteId>[]): Promise<void> {
  return moveRows(tx, 'routes', { organizationId, moves })
}

/** Takes a route out of use; the alert groups that took it are none of any route then. */
export async function markRouteDeleted(tx: Tx, { organizationId, id }: RouteKey): Promise<void> {
  await tx.sql
    .updateTable('routes')
    .set({ deleted_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

type IntegrationKey = { readonly organizationId: OrganizationId; readonly id: IntegrationId }

export type PlacedRoute = Placed<RouteId> & { readonly programSize: number }

/** Where the routes of an integration beside the default one stand, and what their expressions cost. */
export async function placesOf(tx: Tx, { organizationId, id }: IntegrationKey): Promise<readonly PlacedRoute[]> {
  const rows = await tx.sql
    .selectFrom('routes')
    .select(['id', 'position', 'program_size'])
    .where('organization_id', '=', organizationId)
    .where('integration_id', '=', id)
    .where('is_default', '=', false)
    .where('deleted_at', 'is', null)
    .orderBy('position')
    .execute()
  return rows.map((row) => ({ id: asId<RouteId>(row.id), position: row.position, programSize: row.program_size }))
}

/** The expressions of these integrations, each one's in their order. */
export async function rulesOf(
  db: Sql,
  keys: readonly IntegrationKey[],
): Promise<ReadonlyMap<IntegrationId, readonly RouteRule[]>> {
  const answer = await sql<{ id: string; integration_id: string; routing_type: string; routing_regex: string }>`
    select r.id, r.integration_id, r.routing_type, r.routing_regex from routes r
    where (r.organization_id, r.integration_id) in (select * from unnest(
        ${keys.map((key) => key.organizationId)}::text[], ${keys.map((key) => key.id)}::text[]))
      and not r.is_default and r.deleted_at is null
    order by r.integration_id, r.position`.execute(db)
  const rules = new Map<IntegrationId, RouteRule[]>(keys.map(({ id }) => [id, []]))
  for (const row of answer.rows) {
    const rule = { id: asId<RouteId>(row.id), type: typeOf(row), expression: row.routing_regex }
    rules.get(asId<IntegrationId>(row.integration_id))?.push(rule)
  }
  return rules
}

/** The routes among these that are in use, with the chains that they lead to now. */
export async function findAlertRoutes(db: Sql, keys: readonly RouteKey[]): Promise<ReadonlyMap<RouteId, AlertRoute>> {
  const answer = await sql<{ id: string; escalation_chain_id: string | null }>`
    select id, escalation_chain_id from routes
    where (organization_id, id) in (select * from unnest(
        ${keys.map((key) => key.organizationId)}::text[], ${keys.map((key) => key.id)}::text[]))
      and deleted_at is null`.execute(db)
  return new Map(
    answer.rows.map((row) => [asId<RouteId>(row.id), { id: asId<RouteId>(row.id), escalationChainId: chainIdOf(row) }]),
  )
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
    .where('routes.deleted_at', 'is', null)
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
    routingType: typeOf(row),
    routingRegex: row.routing_regex,
    isDefault: row.is_default,
    escalationChainId: chainIdOf(row),
    messengers: row.messengers as MessengerSwitches,
  }
}

const typeOf = ({ routing_type: type }: Pick<RouteRow, 'routing_type'>): Route['routingType'] =>
  type === 'jinja2' ? 'jinja2' : 'regex'

const chainIdOf = ({ escalation_chain_id: id }: Pick<RouteRow, 'escalation_chain_id'>): EscalationChainId | null =>
  id === null ? null : asId<EscalationChainId>(id)
