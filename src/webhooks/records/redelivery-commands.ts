import { disabledEndpoints, endpointsFor, urlsFirstMadeAt } from '../../deliveries/commands.ts'
import type { EndedDelivery, ReplayOutcome } from '../../deliveries/replays/replay.ts'
import { replayDeliveries } from '../../deliveries/replays/commands.ts'
import { known } from '../../lib/check.ts'
import { type EndpointId, type MessageId, namedUuid } from '../../lib/ids.ts'
import { after, type Instant } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import { endpointsOf } from '../endpoints.ts'
import { usualAgeMax } from '../sending.ts'
import type { SealedWebhook } from '../webhook.ts'

/** What became of the wish to send a delivery again. */
export type Replayed =
  | ReplayOutcome
  /** The webhook does not have its URL any more, and no single one has come in its place. */
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
  const owner = { organizationId: webhook.organizationId, ownerId: webhook.id }
  const disabled = await disabledEndpoints(tx, owner)
  const open = new Map<Url, EndpointId>(
    wanted.map(({ url }, index) => [url, known(endpointIds[index], 'each URL has an endpoint')]),
  )
  const madeAt = await urlsFirstMadeAt(tx, owner)
  const places = new Map(ended.map((delivery) => [delivery.id, placeOf(delivery, open, madeAt)]))
  const expiresAt = after(tx.now, webhook.maxAgeMs ?? usualAgeMax)
  const replays = ended.flatMap((delivery) => {
    const place = places.get(delivery.id) ?? null
    return place === null || disabled.has(place.endpointId) ? [] : [{ ...place, ended: delivery, expiresAt, cancelKey }]
  })
  const outcomes = await replayDeliveries(tx, replays)
  const found = new Map(replays.map(({ ended: { id } }, index) => [id, known(outcomes[index], 'each replay has an outcome')]))
  return ended.map(({ id }) => found.get(id) ?? { kind: places.get(id) === null ? ('moved' as const) : ('disabled' as const) })
}

type Url = EndedDelivery['endpoint']['url']
type Place = { readonly endpointId: EndpointId; readonly messageId: MessageId }

/**
 * Where a delivery goes now: to its URL, or where the webhook has that no more, to the one that has come in its place. That is one that the
 * webhook did not have yet when the event came, so that it was not told by itself, and there must be no other such. What goes there is
 * made anew, by the webhook as it is now: the old bytes hold what the old receiver was to know, such as its credentials. So it is
 * another message, and the same one however often it is asked for. A test has no event of which it could be made anew.
 */
function placeOf(
  { endpoint, messageId, messageAt, eventSequence }: EndedDelivery,
  open: ReadonlyMap<Url, EndpointId>,
  madeAt: ReadonlyMap<Url, Instant>,
): Place | null {
  const same = open.get(endpoint.url)
  if (same !== undefined) return { endpointId: same, messageId }
  const [newer, ...others] = [...open].filter(([url]) => (madeAt.get(url) ?? messageAt) > messageAt)
  if (newer === undefined || others.length > 0 || eventSequence === null) return null
  const [url, endpointId] = newer
  return { endpointId, messageId: namedUuid<MessageId>(JSON.stringify([messageId, url])) }
}
