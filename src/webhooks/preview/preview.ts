import type { HttpMessage, Rendered } from '../../deliveries/delivery.ts'
import { type Excerpt, excerptLimits } from '../../lib/excerpt.ts'
import { causeEffort, recordOf } from '../matching/filtering.ts'
import { explain } from '../filter/explain.ts'
import { type Headers, parseHeaders, shownStaticHeaders } from '../headers.ts'
import { isPage, isWanted, passesIntegrations, passesSchedules } from '../matching/match.ts'
import type { WebhookCause } from '../trigger.ts'
import type { Webhook, WebhookUrl } from '../webhook.ts'

/** Whether one of the fields of a webhook lets an event pass, and where there is something to say, why; a sentence for people. */
export type Condition = { readonly passes: boolean; readonly reason: string | null }

/** What must hold so that a webhook sends, by the names of its fields, but for its trigger template. */
export type Conditions = Readonly<
  Record<'is_webhook_enabled' | 'trigger_type' | 'integration_filter' | 'schedule_filter' | 'filter', Condition>
>

/** Judges a webhook by an event as it is judged when one happens, and tells why. */
export function conditionsOf(webhook: Webhook, cause: WebhookCause): Conditions {
  return {
    is_webhook_enabled: condition(webhook.isEnabled, 'The webhook is switched off.'),
    trigger_type: condition(isWanted(webhook, cause), unwanted(webhook, cause)),
    integration_filter: condition(
      passesIntegrations(webhook, cause),
      cause.about === 'alert group' ? `The integration ${cause.integrationId} is not in the list.` : '',
    ),
    schedule_filter: condition(
      passesSchedules(webhook, cause),
      cause.about === 'schedule' ? `The schedule ${cause.scheduleId} is not in the list.` : '',
    ),
    filter: filterCondition(webhook, cause),
  }
}

const passing: Condition = { passes: true, reason: null }

const condition = (passes: boolean, reason: string): Condition => (passes ? passing : { passes, reason })

function unwanted({ id, triggerTypes }: Webhook, cause: WebhookCause): string {
  const { trigger } = cause
  if (cause.about === 'webhook' && cause.webhookId === id) return 'No webhook hears of what happens to itself.'
  if (trigger === 'escalation') return 'Only a step of an escalation chain that names the webhook calls it.'
  return `The webhook waits for ${triggerTypes.map((type) => `"${type}"`).join(', ')}, and this is "${trigger}".`
}

function filterCondition({ filter }: Webhook, cause: WebhookCause): Condition {
  if (filter === null || isPage(cause)) return passing
  const { verdict, reason } = explain(filter, recordOf(cause), { left: causeEffort })
  return { passes: verdict !== 'fails', reason }
}

/** What the trigger template says to sending, from the request that was made with it. */
export function templateCondition(made: Rendered): Condition {
  if (made.kind === 'skipped') return { passes: false, reason: made.reason }
  const isFaulty = made.kind === 'faulty' && made.request.requestTrigger === made.reason
  return isFaulty ? { passes: false, reason: made.reason } : passing
}

/** A request as it would leave; where there is a fault, it stands in place of the part that has it, and nothing would leave. */
export type PreviewedRequest = {
  readonly method: string
  readonly url: string
  /** Credentials are masked. */
  readonly headers: Headers
  readonly body: Excerpt | null
  readonly fault: string | null
}

/** What was made for a URL of a webhook, to be looked at. */
export function previewedRequest({ url, httpMethod: method }: WebhookUrl, made: Rendered): PreviewedRequest {
  switch (made.kind) {
    case 'message':
      return { ...shown(made.message), headers: shownStaticHeaders(made.message.headers), fault: null }
    case 'faulty':
      return { ...shown(made.request), headers: parseHeaders(made.request.headersShown), fault: made.reason }
    case 'dead':
    case 'skipped':
      return { method, url, headers: {}, body: null, fault: made.reason }
    case 'failed':
      return { method, url, headers: {}, body: null, fault: made.detail }
    case 'later':
      return { method, url, headers: {}, body: null, fault: 'Making it takes too long.' }
  }
}

function shown({ method, target: url, body }: HttpMessage) {
  return { method, url, body: body === null ? null : excerptOf(body) }
}

/** Many URLs with long bodies are one answer. */
function excerptOf(body: Uint8Array): Excerpt {
  const isWhole = body.length <= excerptLimits.wholeBytesMax
  const text = Buffer.from(isWhole ? body : body.subarray(0, 4 * excerptLimits.beginningMax)).toString('utf8')
  return { text, bytes: body.length, isWhole }
}
