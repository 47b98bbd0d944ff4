import type { Sending } from '../sending.ts'
import type { Webhook } from '../webhook.ts'
import { subscribes, type WebhookCause } from '../trigger.ts'

/** What decides whether a webhook hears of something. */
export type Subscription = Pick<
  Webhook,
  'organizationId' | 'id' | 'triggerTypes' | 'integrationFilter' | 'scheduleFilter' | 'filter' | 'urls' | 'preset'
> &
  Sending

/**
 * Whether an enabled webhook hears of a cause (contract grafana-oncall 3.1, 3.2), if its filter of conditions passes too. The
 * filters of integrations and schedules are about what they name only.
 */
export function hears(subscription: Subscription, cause: WebhookCause): boolean {
  if (subscription.organizationId !== cause.organizationId) return false
  return isWanted(subscription, cause) && passesIntegrations(subscription, cause) && passesSchedules(subscription, cause)
}

/**
 * A cause that names a webhook reaches that one, whatever its trigger type; `escalation` and pages reach nobody else. No
 * webhook hears what happens to itself.
 */
export function isWanted({ id, triggerTypes }: Pick<Subscription, 'id' | 'triggerTypes'>, cause: WebhookCause): boolean {
  if (cause.about === 'alert group' && cause.webhookId !== null) return cause.webhookId === id
  if (cause.trigger === 'escalation' || cause.trigger === 'personal notification') return false
  if (!subscribes(triggerTypes, cause.trigger)) return false
  return cause.about !== 'webhook' || cause.webhookId !== id
}

export const passesIntegrations = (
  { integrationFilter }: Pick<Subscription, 'integrationFilter'>,
  cause: WebhookCause,
): boolean => cause.about !== 'alert group' || isPage(cause) || passes(integrationFilter, cause.integrationId)

export const passesSchedules = ({ scheduleFilter }: Pick<Subscription, 'scheduleFilter'>, cause: WebhookCause): boolean =>
  cause.about !== 'schedule' || passes(scheduleFilter, cause.scheduleId)

/** No filter holds a page back: nobody would be paged in its place. */
export const isPage = (cause: WebhookCause): boolean => cause.about === 'alert group' && cause.pageOf !== null

/** No filter lets everything pass. */
const passes = <Id>(filter: readonly Id[] | null, id: Id): boolean => filter === null || filter.includes(id)
