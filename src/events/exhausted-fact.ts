import { type Instant, isoZ } from '../lib/time.ts'
import type { Fact } from './event.ts'
import { isOperational } from '../webhooks/trigger.ts'
import { shownReceiver } from './receiver.ts'
import type { WebhookEntry } from './webhook-entry.ts'

type Exhausted = WebhookEntry & { readonly webhook: { readonly enabled: boolean }; readonly now: Instant }

/**
 * What the log of events says of a message that was given up: nothing more is tried. Null where it arrived, where a person wanted
 * nothing more of it, and where it told of webhooks itself: two webhooks that tell of each other and fail would go on for ever.
 */
export function exhaustedFact({ result, webhook, cause, now }: Exhausted): Fact | null {
  const { organizationId, ending, subjectId } = result
  if (ending.kind !== 'dead' || cause === null || isOperational(cause.trigger)) return null
  const isWanted = webhook.enabled && cause.isKept
  if (ending.attemptId === null && !isWanted) return null
  return {
    type: 'message.exhausted',
    actor: { kind: 'system', organizationId },
    webhook: { id: webhook.id },
    data: {
      event: { type: 'message.exhausted', time: isoZ(now) },
      webhook_id: webhook.id,
      webhook_name: webhook.name,
      url: shownReceiver(result.endpoint.url),
      message_id: result.messageId,
      trigger: cause.trigger,
      event_sequence: result.eventSequence,
      alert_group_id: subjectId,
      status_code: ending.status,
      attempts_count: ending.attemptsCount,
      reason: ending.reason,
      text: `outgoing webhook \`${webhook.name}\` has given up a message about ${cause.trigger}: ${ending.reason}`,
    },
  }
}
