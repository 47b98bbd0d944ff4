import type { LoggedAttempt } from '../../deliveries/attempt.ts'
import { type Excerpt, excerptLimits } from '../../lib/excerpt.ts'
import { isJson } from '../../lib/json.ts'
import { pythonJson } from '../../lib/python-json.ts'
import { isoZ } from '../../lib/time.ts'
import { secretMask } from '../../lib/credential.ts'
import { parseHeaders } from '../headers.ts'
import { isPersonal, shownPersonal, shownTarget } from './page-context.ts'
import type { Trigger } from '../trigger.ts'

/** What is known of the event that an attempt told of; null: it is not stored any more, or there was none. */
type Said = { readonly eventData: Excerpt | null; readonly trigger: Trigger | null }

/** An attempt as the contract's response log shows it (grafana-oncall 2.9, 3.7): all texts but the status, JSON as Python writes it. */
export function shownResponse(attempt: LoggedAttempt, { eventData, trigger }: Said) {
  const { message } = attempt
  const { target = '', headersShown = '{}', body = null } = message ?? {}
  const isHidden = isPersonal(trigger)
  return {
    timestamp: isoZ(attempt.at),
    url: isHidden ? shownTarget(target) : target,
    request_trigger: message?.requestTrigger ?? '',
    request_headers: pythonText(isHidden && isJson(headersShown) ? hiddenHeaders(headersShown) : headersShown),
    request_data: body === null ? null : isHidden ? secretMask : shownExcerpt(body),
    status_code: attempt.status,
    content: contentOf(attempt),
    event_data: eventData === null ? '' : shownExcerpt(eventData),
    id: attempt.id,
    webhook_message_id: attempt.messageId,
    attempt: attempt.number,
    outcome: attempt.outcome,
    duration_ms: attempt.durationMs,
    content_truncated: attempt.responseTruncated,
  }
}

const hiddenHeaders = (json: string): string => JSON.stringify(shownPersonal(parseHeaders(json)))

/** The text, as Python would write it where it is JSON; of one that is not whole a JSON text that says so. */
export function shownExcerpt({ text, bytes, isWhole }: Excerpt): string {
  if (isWhole) return pythonText(text)
  // A half of a surrogate pair at the end is no character.
  const beginning = text.slice(0, excerptLimits.beginningMax).replace(/[\ud800-\udbff]$/, '')
  return pythonJson(JSON.stringify({ truncated: true, bytes, beginning }))
}

/** What the receiver answered, or what went wrong. */
function contentOf({ responseBody, detail }: LoggedAttempt): string | null {
  return responseBody === null ? detail : pythonText(textOf(responseBody))
}

/** Other texts stay as they are. */
const pythonText = (text: string): string => (isJson(text) ? pythonJson(text) : text)

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
