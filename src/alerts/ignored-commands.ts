import { publish } from '../events/commands.ts'
import { actorOf } from '../integrations/integration.ts'
import type { Tx } from '../ports.ts'
import { payloadJson } from './alert-group.ts'
import type { Ignored } from './intake.ts'

/** How much of an ignored payload its event keeps; enough to see what was sent. */
const shownBytesMax = 16 * 1024

/**
 * Publishes what was ignored, so that a person sees it: in the organization's log, and in the timeline of the group that it
 * could have been about. What was ignored for the same reason at once is one event with the newest payload.
 */
export function tellIgnored(tx: Tx, ignored: readonly Ignored[]): void {
  for (const [first, ...more] of Map.groupBy(ignored, sameness).values()) {
    if (first === undefined) continue
    const { arrival, alertGroupId, reason } = more.at(-1) ?? first
    const { source, signal } = arrival
    const { json, truncated } = signal.payload
    const payload = { json: json.subarray(0, shownBytesMax), truncated: truncated || json.length > shownBytesMax }
    publish(tx, {
      type: 'alert.ignored',
      actor: actorOf(source),
      alertGroup: alertGroupId === null ? null : { id: alertGroupId, integrationId: source.id },
      data: {
        reason,
        alerts_count: more.length + 1,
        integration: { id: source.id, type: source.type, name: source.name },
        payload: payloadJson(payload),
      },
      webhookId: null,
    })
  }
}

const sameness = ({ arrival, alertGroupId, reason }: Ignored): string =>
  `${arrival.source.organizationId} ${arrival.source.id} ${alertGroupId} ${reason}`
