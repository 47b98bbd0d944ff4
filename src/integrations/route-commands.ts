import type { Actor } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import type { RouteId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { invalid, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { changeTarget } from './commands.ts'
import type { Route } from './integration.ts'
import { parseRouteChange } from './route-input.ts'
import * as store from './route-store.ts'

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

/** Leads a route to another escalation chain, and switches its messengers on and off. */
export async function updateRoute(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: RouteId; readonly body: Body },
): Promise<Route> {
  const { organizationId } = actor
  const before = await findRoute(tx.sql, actor, id)
  await changeTarget(tx, { organizationId, id }, accepted(parseRouteChange(body)))
  const after = await findRoute(tx.sql, actor, id)
  const { escalationChainId, messengers } = after
  const details = { integration_id: before.integrationId, escalation_chain_id: escalationChainId, messengers }
  await audit(tx, actor, { action: 'route updated', subjectId: id, details })
  return after
}

/** Rejects: an integration has its default route only. */
export function createRoute(): never {
  throw invalid('Only the default route is available yet: set its escalation chain with a PUT to it, or in the integration')
}

/** Rejects: every integration has its default route, as long as it lives. */
export async function deleteRoute(sql: Sql, actor: Actor, id: RouteId): Promise<never> {
  await findRoute(sql, actor, id)
  throw invalid('Unable to delete default filter')
}
