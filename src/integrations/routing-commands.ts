import { known } from '../lib/check.ts'
import type { IntegrationId, RouteId } from '../lib/ids.ts'
import { pythonJson } from '../lib/python-json.ts'
import type { Sql, Tx } from '../ports.ts'
import type { AlertRoute, AlertSource } from './integration.ts'
import * as store from './route-store.ts'
import { type Chooser, chooserOf } from './routing.ts'

/** A payload, as JSON text, and the source that sent it, as it is in the transaction. */
type Routable = { readonly source: AlertSource; readonly payload: Buffer }

/** Chooses the routes that alerts take, with expressions that are prepared once and kept. */
export type Routing = {
  /** The routes of these alerts, in their order, with the chains that they lead to now. */
  routesOf(tx: Tx, alerts: readonly Routable[]): Promise<readonly AlertRoute[]>
}

/** How many integrations' expressions are kept prepared; each takes some megabytes at most. */
const preparedMax = 500

export function openRouting(): Routing {
  const prepared = new Map<IntegrationId, Prepared>()
  return {
    routesOf: async (tx, alerts) => {
      const sources = new Map(alerts.map(({ source }) => [source.id, source]))
      const routed = [...sources.values()].filter(({ routesVersion }) => routesVersion > 0)
      if (routed.length === 0) return alerts.map(({ source }) => source.defaultRoute)
      const choosers = await choosersOf(tx, prepared, routed)
      const chosen = alerts.map(({ source, payload }) => choosers.get(source.id)?.(pythonJson(payload.toString())) ?? null)
      return withChains(tx, alerts, chosen)
    },
  }
}

/** The route of an alert group with the chain that it leads to now: the default one where its own was deleted. */
export async function routeOfGroup(sql: Sql, source: AlertSource, id: RouteId | null): Promise<AlertRoute> {
  if (id === null || id === source.defaultRoute.id) return source.defaultRoute
  const found = await store.findAlertRoutes(sql, [{ organizationId: source.organizationId, id }])
  return found.get(id) ?? source.defaultRoute
}

type Prepared = { readonly version: number; readonly choose: Chooser }

/** Versions are compared in the transaction that relies on them, so that a change holds for the next alert. */
async function choosersOf(
  tx: Tx,
  prepared: Map<IntegrationId, Prepared>,
  sources: readonly AlertSource[],
): Promise<ReadonlyMap<IntegrationId, Chooser>> {
  const kept = new Map(sources.map(({ id }) => [id, prepared.get(id)]))
  const stale = sources.filter(({ id, routesVersion }) => kept.get(id)?.version !== routesVersion)
  if (stale.length > 0) {
    const rules = await store.rulesOf(tx, stale)
    if (prepared.size + stale.length > preparedMax) prepared.clear()
    for (const { id, routesVersion: version } of stale) {
      const fresh = { version, choose: chooserOf(rules.get(id) ?? []) }
      prepared.set(id, fresh)
      kept.set(id, fresh)
    }
  }
  return new Map([...kept].map(([id, one]) => [id, known(one, 'the expressions of a source are prepared').choose]))
}

async function withChains(
  tx: Tx,
  alerts: readonly Routable[],
  chosen: readonly (RouteId | null)[],
): Promise<readonly AlertRoute[]> {
  const keys = alerts.flatMap(({ source: { organizationId } }, index) => {
    const id = chosen[index] ?? null
    return id === null ? [] : [[id, { organizationId, id }] as const]
  })
  if (keys.length === 0) return alerts.map(({ source }) => source.defaultRoute)
  const found = await store.findAlertRoutes(tx.sql, [...new Map(keys).values()])
  return alerts.map(({ source }, index) => found.get(chosen[index] ?? source.defaultRoute.id) ?? source.defaultRoute)
}
