import type { LoggedAttempt } from '../deliveries/attempt.ts'
import { isoZ } from '../lib/time.ts'

/** An attempt as the contract's response log shows it (grafana-oncall 2.9, 3.7): all texts but the status. */
export function shownResponse(attempt: LoggedAttempt, eventData: string | null) {
  const { message } = attempt
  const body = message?.body ?? null
  return {
    timestamp: isoZ(attempt.at),
    url: message?.target ?? '',
    request_trigger: message?.requestTrigger ?? '',
    request_headers: message?.headersShown ?? '{}',
    request_data: body === null ? null : boundedText(textOf(body)),
    status_code: attempt.status,
    content: contentOf(attempt),
    event_data: eventData === null ? '' : boundedText(eventData),
    id: attempt.id,
    webhook_message_id: attempt.messageId,
    attempt: attempt.number,
    outcome: attempt.outcome,
    duration_ms: attempt.durationMs,
    content_truncated: attempt.responseTruncated,
  }
}

/** The text as it is; of a longer one a JSON text that says so, since a page of the log has many. At most 64 KiB. */
export function boundedText(text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= 65_536) return text
  // A half of a surrogate pair at the end is no character.
  const beginning = text.slice(0, 4096).replace(/[\ud800-\udbff]$/, '')
  return JSON.stringify({ truncated: true, bytes, beginning })
}

/** What the receiver answered, or what went wrong. */
function contentOf({ responseBody, detail }: LoggedAttempt): string | null {
  return responseBody === null ? detail : textOf(responseBody)
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
