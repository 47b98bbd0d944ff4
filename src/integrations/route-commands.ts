import type { Actor } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { newPublicId, type RouteId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { freeEnd, type Placement, rearranged } from '../lib/placement.ts'
import { invalid, invalidField, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { changeTarget, requireChain } from './commands.ts'
import type { Route } from './integration.ts'
import { type Expression, parseDefaultRouteChange, parseNewRoute, parseRouteChange } from './route-input.ts'
import * as store from './route-store.ts'
import { programSizesMax, routesMax } from './routing.ts'
import { countRoutesVersion, lockIntegration } from './store.ts'

/** A route of the actor's organization. */
export async function findRoute(sql: Sql, actor: Actor, id: RouteId): Promise<Route> {
  const route = await store.findRoute(sql, actor.organizationId, id)
  if (route === null) throw notFound()
  return route
}

/** The routes of the actor's organization, or of one integration, by integration and position, the default one last. */
export function listRoutes(sql: Sql, { organizationId }: Actor, filter: store.RouteFilter): Listing<Route> {
  return {
    count: () => store.countRoutes(sql, organizationId, filter),
    items: (window) => store.listRoutes(sql, organizationId, { ...window, filter }),
  }
}

/** Adds a route after the others of its integration, then moves it to where it shall be. */
export async function createRoute(tx: Tx, actor: Actor, body: Body): Promise<Route> {
  const { organizationId } = actor
  const { integrationId, expression, target, placement } = accepted(parseNewRoute(body))
  if (!(await lockIntegration(tx, organizationId, integrationId))) throw invalidField('integration_id', 'Object does not exist')
  const escalationChainId = await requireChain(tx, organizationId, target.escalationChainId ?? null)
  const others = await store.placesOf(tx, { organizationId, id: integrationId })
  if (others.length >= routesMax) throw invalid(`An integration has at most ${routesMax} routes beside its default one`)
  requireRoom(others, expression)
  const { position, moves } = freeEnd(others)
  await store.moveRoutes(tx, organizationId, moves)
  const id = newPublicId('R', tx.random.bytes)
  await store.insertRoute(tx, {
    organizationId,
    id,
    integrationId,
    position,
    routingType: expression.type,
    routingRegex: expression.text,
    programSize: expression.programSize,
    isDefault: false,
    escalationChainId,
    messengers: target.messengers,
    createdAt: tx.now,
  })
  const route = await findRoute(tx.sql, actor, id)
  if (placement !== null) await place(tx, actor, { route, placement })
  await countRoutesVersion(tx, organizationId, integrationId)
  const details = { integration_id: integrationId, escalation_chain_id: escalationChainId, routing_regex: expression.text }
  await audit(tx, actor, { action: 'route created', subjectId: id, details })
  return findRoute(tx.sql, actor, id)
}

type Update = { readonly id: RouteId; readonly body: Body }

/** Changes what is given. Of the default route only where it leads can be changed. */
export async function updateRoute(tx: Tx, actor: Actor, { id, body }: Update): Promise<Route> {
  const { organizationId } = actor
  const before = await lockRoute(tx, actor, id)
  if (before.isDefault) {
    await changeTarget(tx, { organizationId, id }, accepted(parseDefaultRouteChange(body)))
  } else {
    const { target, expression, placement } = accepted(parseRouteChange(body, before))
    await changeTarget(tx, { organizationId, id }, target)
    if (expression !== undefined) await express(tx, { actor, route: before, expression })
    if (placement !== null) await place(tx, actor, { route: before, placement })
    await countRoutesVersion(tx, organizationId, before.integrationId)
  }
  const after = await findRoute(tx.sql, actor, id)
  const { integrationId, escalationChainId, routingRegex, messengers } = after
  const details = {
    integration_id: integrationId,
    escalation_chain_id: escalationChainId,
    routing_regex: routingRegex,
    messengers,
  }
  await audit(tx, actor, { action: 'route updated', subjectId: id, details })
  return after
}

/** Takes a route out of use; the others keep their positions. Its alert groups stay, and name no route any more. */
export async function deleteRoute(tx: Tx, actor: Actor, id: RouteId): Promise<void> {
  const { organizationId } = actor
  const route = await lockRoute(tx, actor, id)
  if (route.isDefault) throw invalid('Unable to delete default filter')
  await store.markRouteDeleted(tx, { organizationId, id })
  await countRoutesVersion(tx, organizationId, route.integrationId)
  await audit(tx, actor, { action: 'route deleted', subjectId: id, details: { integration_id: route.integrationId } })
}

/** The integration is what is locked, since moving one route moves others. Read again, because it may have changed until then. */
async function lockRoute(tx: Tx, actor: Actor, id: RouteId): Promise<Route> {
  const { integrationId } = await findRoute(tx.sql, actor, id)
  await lockIntegration(tx, actor.organizationId, integrationId)
  return findRoute(tx.sql, actor, id)
}

type Expressing = { readonly actor: Actor; readonly route: Route; readonly expression: Expression }

async function express(tx: Tx, { actor: { organizationId }, route, expression }: Expressing): Promise<void> {
  const places = await store.placesOf(tx, { organizationId, id: route.integrationId })
  requireRoom(
    places.filter(({ id }) => id !== route.id),
    expression,
  )
  await store.updateExpression(tx, { organizationId, id: route.id }, expression)
}

/** Rejects an expression that would make looking for all of them too slow. */
function requireRoom(others: readonly store.PlacedRoute[], { programSize }: Expression): void {
  const size = others.reduce((sum, other) => sum + other.programSize, programSize)
  if (size > programSizesMax) throw invalid('The expressions of the routes of an integration are too large together')
}

type Placing = { readonly route: Route; readonly placement: Placement }

async function place(tx: Tx, { organizationId }: Actor, { route, placement }: Placing): Promise<void> {
  const places = await store.placesOf(tx, { organizationId, id: route.integrationId })
  await store.moveRoutes(tx, organizationId, rearranged(places, route.id, placement))
}
