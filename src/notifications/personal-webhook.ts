import type { OrganizationId, UserId, WebhookId } from '../lib/ids.ts'
import type { TriggerType } from '../webhooks/trigger.ts'

/** The trigger of the webhooks by which people are paged. */
export const pageTrigger = 'personal notification' satisfies TriggerType

/** By which webhook a person is paged. */
export type PersonalWebhook = {
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly webhookId: WebhookId
  /** What it is told of the person: the text of any JSON. */
  readonly context: string
}
