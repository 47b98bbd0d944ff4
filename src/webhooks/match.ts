import type { Webhook } from './webhook.ts'
import { subscribes, type WebhookCause } from './trigger.ts'

/** What decides whether a webhook hears of something. */
export type Subscription = Pick<Webhook, 'organizationId' | 'id' | 'triggerType' | 'integrationFilter' | 'url'>

/**
 * Whether an enabled webhook hears of a cause (contract grafana-oncall 3.1, 3.2). A cause that names a webhook reaches
 * that one, whatever its trigger type; `escalation` reaches nobody else.
 */
export function hears(subscription: Subscription, cause: WebhookCause): boolean {
  if (subscription.organizationId !== cause.organizationId) return false
  if (cause.webhookId !== null && cause.webhookId !== subscription.id) return false
  if (cause.webhookId === null && (cause.trigger === 'escalation' || !subscribes(subscription.triggerType, cause.trigger)))
    return false
  return subscription.integrationFilter === null || subscription.integrationFilter.includes(cause.integrationId)
}
