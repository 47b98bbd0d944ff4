import type { Sending } from './sending.ts'
import type { Webhook } from './webhook.ts'
import { type AlertCause, subscribes, type WebhookCause } from './trigger.ts'

/** What decides whether a webhook hears of something. */
export type Subscription = Pick<
  Webhook,
  'organizationId' | 'id' | 'triggerTypes' | 'integrationFilter' | 'scheduleFilter' | 'filter' | 'urls' | 'preset'
> &
  Sending

/**
 * Whether an enabled webhook hears of a cause (contract grafana-oncall 3.1, 3.2), if its filter of conditions passes too. The
 * filters of integrations and schedules are about what they name only, and no webhook hears of itself.
 */
export function hears(subscription: Subscription, cause: WebhookCause): boolean {
  if (subscription.organizationId !== cause.organizationId) return false
  if (cause.about === 'alert group')
    return isWanted(subscription, cause) && passes(subscription.integrationFilter, cause.integrationId)
  if (!subscribes(subscription.triggerTypes, cause.trigger)) return false
  return cause.about === 'schedule' ? passes(subscription.scheduleFilter, cause.scheduleId) : cause.webhookId !== subscription.id
}

/** A cause that names a webhook reaches that one, whatever its trigger type; `escalation` reaches nobody else. */
function isWanted(subscription: Subscription, { trigger, webhookId }: AlertCause): boolean {
  if (webhookId !== null) return webhookId === subscription.id
  return trigger !== 'escalation' && subscribes(subscription.triggerTypes, trigger)
}

/** No filter lets everything pass. */
const passes = <Id>(filter: readonly Id[] | null, id: Id): boolean => filter === null || filter.includes(id)
