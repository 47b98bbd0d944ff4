import { disabledEndpoints, endpointsFor } from '../deliveries/commands.ts'
import type { EndedDelivery, ReplayOutcome } from '../deliveries/replay.ts'
import { replayDeliveries } from '../deliveries/replay-commands.ts'
import { known } from '../lib/check.ts'
import { after } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { endpointsOf } from './endpoints.ts'
import { usualAgeMax } from './sending.ts'
import type { SealedWebhook } from './webhook.ts'

/** What became of the wish to send a delivery again. */
export type Replayed =
  | ReplayOutcome
  /** The webhook does not have its URL any more: what was meant for one receiver is not sent to another. */
  | { readonly kind: 'moved' }
  /** Nothing is sent to its URL, because that failed for too long or wanted nothing any more. */
  | { readonly kind: 'disabled' }

/** Who wants deliveries again. */
type Wish = {
  readonly webhook: SealedWebhook
  /** A UUID by which what waits can be taken back; null: it cannot. */
  readonly cancelKey: string | null
}

/**
 * Sends deliveries of a webhook that is switched on again, and returns the outcomes in their order. `max_age` counts from
 * now on: a person wants them in spite of their age.
 */
export async function replayEnded(
  tx: Tx,
  { webhook, cancelKey }: Wish,
  ended: readonly EndedDelivery[],
): Promise<readonly Replayed[]> {
  const wanted = endpointsOf(webhook)
  const endpointIds = await endpointsFor(tx, wanted)
  const disabled = await disabledEndpoints(tx, { organizationId: webhook.organizationId, ownerId: webhook.id })
  const open = new Map(wanted.map(({ url }, index) => [url, known(endpointIds[index], 'each URL has an endpoint')]))
  const expiresAt = after(tx.now, webhook.maxAgeMs ?? usualAgeMax)
  const replays = ended.flatMap((delivery) => {
    const endpointId = open.get(delivery.endpoint.url)
    return endpointId === undefined || disabled.has(endpointId) ? [] : [{ ended: delivery, endpointId, expiresAt, cancelKey }]
  })
  const outcomes = await replayDeliveries(tx, replays)
  const found = new Map(replays.map(({ ended: { id } }, index) => [id, known(outcomes[index], 'each replay has an outcome')]))
  return ended.map(
    ({ id, endpoint: { url } }) => found.get(id) ?? { kind: open.has(url) ? ('disabled' as const) : ('moved' as const) },
  )
}
