import { endpointsFor, enqueue } from '../../deliveries/commands.ts'
import { lanes } from '../../deliveries/delivery.ts'
import { known } from '../../lib/check.ts'
import { type MessageId, newUuid } from '../../lib/ids.ts'
import { after, hours, ms } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import { endpointsOf } from '../endpoints.ts'
import { newFiltering } from './filtering.ts'
import { tellings } from './grouping.ts'
import type { Subscription } from './match.ts'
import { usualAgeMax } from '../sending.ts'
import * as store from '../store.ts'
import { typesThatHear, type WebhookCause } from '../trigger.ts'

/** Owes deliveries to the webhooks that hear of causes. The bodies are rendered later, from the events. */
export async function matchWebhooks(tx: Tx, causes: readonly WebhookCause[]): Promise<void> {
  const subscriptions = await store.enabledSubscriptions(tx, {
    organizationIds: [...new Set(causes.map((cause) => cause.organizationId))],
    triggerTypes: [...new Set(causes.flatMap(({ trigger }) => typesThatHear(trigger)))],
    ids: [
      ...new Set(causes.flatMap((cause) => (cause.about === 'alert group' && cause.webhookId !== null ? cause.webhookId : []))),
    ],
  })
  const filtering = newFiltering(() => tx.tally('webhook.filter_undecided'))
  const messages = tellings(subscriptions, causes, filtering).flatMap((telling) =>
    endpointsOf(telling.subscription).map((endpoint) => ({ ...telling, endpoint })),
  )
  const endpointIds = await endpointsFor(
    tx,
    messages.map(({ endpoint }) => endpoint),
  )
  await enqueue(
    tx,
    messages.map(({ subscription, causes: [cause, ...others] }, index) => ({
      organizationId: cause.organizationId,
      endpointId: known(endpointIds[index], 'each message has an endpoint'),
      ...leaving(subscription, cause),
      messageId: newUuid<MessageId>(tx.now, tx.random.bytes),
      messageAt: cause.eventAt,
      message: null,
      eventSequence: cause.eventSequence,
      groupedSequences: others.length === 0 ? null : [cause, ...others].map(({ eventSequence }) => eventSequence),
      subjectId: cause.about === 'alert group' ? cause.alertGroupId : null,
      cancelKey: cause.about === 'alert group' ? cause.pageOf : null,
    })),
  )
}

/** Who is on call is told in order, and for an hour at most: what is older only delays what is true now. */
function leaving({ isOrdered, maxAgeMs }: Subscription, cause: WebhookCause) {
  const isOnCall = cause.about === 'schedule'
  const lane = isOrdered || isOnCall ? lanes.ordered : lanes.live
  const ageMax = ms(Math.min(maxAgeMs ?? usualAgeMax, isOnCall ? hours(1) : usualAgeMax))
  return {
    lane: cause.about === 'alert group' && cause.pageOf !== null ? lanes.page : lane,
    expiresAt: after(cause.eventAt, ageMax),
  }
}
