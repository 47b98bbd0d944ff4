import { publish } from '../events/commands.ts'
import { actorOf } from '../integrations/integration.ts'
import type { Tx } from '../ports.ts'
import type { Arrival } from './intake.ts'

/**
 * Publishes that alerts were not searched for all expressions of their integration's routes, since that took too long: they may
 * page others than they should. Those of an integration that took the same route at once are one event.
 */
export function tellUnsearched(tx: Tx, arrivals: readonly Arrival[]): void {
  for (const [first, ...more] of Map.groupBy(arrivals, ({ source, route }) => `${source.id} ${route.id}`).values()) {
    if (first === undefined) continue
    const { source, route } = first
    publish(tx, {
      type: 'alert.routing_cut_short',
      actor: actorOf(source),
      alertGroup: null,
      data: {
        reason: 'Searching for the expressions of the routes took too long. Make them simpler, or fewer.',
        alerts_count: more.length + 1,
        integration: { id: source.id, type: source.type, name: source.name },
        route: { id: route.id, is_the_last_route: route.id === source.defaultRoute.id },
      },
      webhookId: null,
    })
  }
}
