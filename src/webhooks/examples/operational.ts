import { jsonText, type JsonWithRaw } from '../../lib/json.ts'
import { before, hours, isoZ, minutes } from '../../lib/time.ts'
import type { PastEvent } from '../rendering/past-event.ts'
import type { OperationalTrigger } from '../trigger.ts'
import type { Asked } from './asked.ts'
import { ids } from './cast.ts'

/** An example of what happens to what another webhook sends. */
export function operationalExample(trigger: OperationalTrigger, { webhook, now, isMarked }: Asked): PastEvent {
  const { organizationId } = webhook
  const data = jsonText({
    event: { type: trigger, time: isoZ(now), ...(isMarked ? { test: true } : {}) },
    webhook_id: ids.webhook,
    webhook_name: name,
    url: 'https://example.com',
    ...membersOf(trigger, now),
  })
  return {
    told: { id: ids.event, type: trigger, trigger, sequence: 0, at: now, data, report: null },
    cause: { about: 'webhook', organizationId, eventSequence: 0, eventAt: now, trigger, webhookId: ids.webhook },
  }
}

const name = 'Example'
const answer = 'The receiver answered 500'

function membersOf(trigger: OperationalTrigger, now: Asked['now']): Readonly<Record<string, JsonWithRaw>> {
  const failing = { failing_since: isoZ(before(now, hours(1))), failures_count: 12 }
  switch (trigger) {
    case 'webhook.failing':
      return {
        ...failing,
        last_failure_at: isoZ(before(now, minutes(1))),
        text: `outgoing webhook \`${name}\` is failing: nothing has arrived for an hour`,
      }
    case 'webhook.disabled':
      return {
        ...failing,
        reason: answer,
        webhook_is_off: true,
        text: `outgoing webhook \`${name}\` sends nothing more to https://example.com: ${answer}`,
      }
    case 'webhook.recovered':
      return { recovered_at: isoZ(now), text: `outgoing webhook \`${name}\` works again` }
    case 'message.exhausted':
      return {
        message_id: '00000000-0000-7000-8000-000000000001',
        trigger: 'acknowledge',
        event_sequence: 1,
        alert_group_id: ids.alertGroup,
        status_code: 500,
        attempts_count: 10,
        reason: `Given up after 10 attempts. ${answer}`,
        text: `outgoing webhook \`${name}\` has given up a message about acknowledge: Given up after 10 attempts. ${answer}`,
      }
  }
}
