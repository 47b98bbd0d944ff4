import type { ClosingEndpoint, DeliveryResult } from '../deliveries/delivery.ts'
import { type AlertGroupId, asId, type WebhookId } from '../lib/ids.ts'
import { heardAs, type TriggerType } from '../webhooks/trigger.ts'
import type { Fact } from './event.ts'
import type { MessageCause } from './render-commands.ts'

/** What a delivery to a webhook came to, and what it was about. */
export type WebhookEntry = {
  readonly result: DeliveryResult
  readonly webhook: { readonly id: WebhookId; readonly name: string; readonly triggerTypes: readonly TriggerType[] }
  /** Null: the event is not stored any more. */
  readonly cause: MessageCause | null
}

/** Deliveries to a webhook that ended when it was closed. */
type ClosedEntry = Pick<WebhookEntry, 'webhook'> & { readonly closing: ClosingEndpoint; readonly count: number }

/** The line of the timeline about a delivery that has ended (contract grafana-oncall 3.10). */
export function webhookFact({ result, webhook, cause }: WebhookEntry): Fact {
  const { organizationId, ending } = result
  const trigger = cause === null ? null : heardAs(webhook.triggerTypes, cause.trigger)
  const common = {
    webhook_name: webhook.name,
    webhook_id: webhook.id,
    trigger,
    response_id: ending.attemptId,
    status_code: ending.status,
    attempts_count: ending.attemptsCount,
  }
  const about = {
    actor: { kind: 'system', organizationId } as const,
    // In no timeline when the alert group's events were wiped.
    alertGroup: cause?.isKept === true ? alertGroupOf(result) : null,
    webhookId: null,
  }
  if (ending.kind === 'delivered') {
    const text = `outgoing webhook \`${webhook.name}\` triggered${trigger === null ? '' : ` by ${trigger}`}`
    return {
      ...about,
      type: 'webhook.delivered',
      data: { ...common, reason: ending.status === null ? null : String(ending.status), text },
    }
  }
  const text = `skipped ${trigger === null ? '' : `${trigger} `}outgoing webhook \`${webhook.name}\`: ${ending.reason}`
  return { ...about, type: 'webhook.failed', data: { ...common, reason: ending.reason, text } }
}

/** What the log says of deliveries that ended together when their webhook was switched off or deleted: too many for a line each. */
export function closedFact({ closing, webhook, count }: ClosedEntry): Fact {
  const text = `skipped ${count} requests of outgoing webhook \`${webhook.name}\`: ${closing.reason}`
  return {
    type: 'webhook.failed',
    actor: { kind: 'system', organizationId: closing.organizationId },
    alertGroup: null,
    webhookId: null,
    data: {
      webhook_name: webhook.name,
      webhook_id: webhook.id,
      trigger: null,
      response_id: null,
      status_code: null,
      attempts_count: null,
      deliveries_count: count,
      reason: closing.reason,
      text,
    },
  }
}

/** Null for what is about a schedule. */
const alertGroupOf = ({ subjectId }: DeliveryResult) =>
  subjectId === null ? null : { id: asId<AlertGroupId>(subjectId), integrationId: null }
