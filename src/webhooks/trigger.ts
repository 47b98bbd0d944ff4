import type { AlertGroupId, IntegrationId, OrganizationId, WebhookId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'

/** The trigger types of the contract (grafana-oncall 2.2) that something can cause, in the contract's order. */
export const triggers = [
  'escalation',
  'alert group created',
  'acknowledge',
  'resolve',
  'silence',
  'unsilence',
  'unresolve',
  'unacknowledge',
] as const

/** What happened, in the words of the contract. */
export type Trigger = (typeof triggers)[number]

/** What a webhook may subscribe to: one trigger, or `status change` for any of the last six. */
export const triggerTypes = [...triggers, 'status change'] as const
export type TriggerType = (typeof triggerTypes)[number]

/** An event that webhooks may be waiting for. */
export type WebhookCause = {
  readonly organizationId: OrganizationId
  readonly trigger: Trigger
  readonly eventSequence: number
  readonly eventAt: Instant
  readonly alertGroupId: AlertGroupId
  readonly integrationId: IntegrationId
  /** An escalation step names one webhook; null: all that subscribe. */
  readonly webhookId: WebhookId | null
}

/** Whether a webhook that subscribes to `type` wants to hear of `trigger`. */
export function subscribes(type: TriggerType, trigger: Trigger): boolean {
  if (type === trigger) return true
  return type === 'status change' && trigger !== 'escalation' && trigger !== 'alert group created'
}
