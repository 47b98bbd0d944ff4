import { lanes } from '../../deliveries/delivery.ts'
import type { DeliveryRecord, RecordedAttempt } from '../../deliveries/records/record.ts'
import { attemptHeaders } from '../../deliveries/sending/request-headers.ts'
import { type Excerpt, excerptLimits } from '../../lib/excerpt.ts'
import { deliveryIdOf } from '../../lib/ids.ts'
import { isoZ } from '../../lib/time.ts'
import type { Phases } from '../../ports.ts'
import { secretMask } from '../../lib/credential.ts'
import { type Headers, shownStaticHeaders } from '../headers.ts'
import { isPersonal, shownPersonal, shownTarget } from '../rendering/page-context.ts'
import type { Trigger } from '../trigger.ts'

/** A delivery as the API shows it. The trigger is null where its event is not stored any more. */
export function shownDelivery(record: DeliveryRecord, trigger: Trigger | null) {
  const { request, at } = record
  const isWaiting = record.state === 'waiting'
  return {
    id: deliveryIdOf(record.id),
    webhook_id: record.endpoint.ownerId,
    webhook_message_id: record.messageId,
    url: record.endpoint.url ?? '',
    state: record.state,
    reason: record.reason,
    next_attempt_at: isWaiting ? isoZ(at) : null,
    ended_at: isWaiting ? null : isoZ(at),
    is_replay: record.lane === lanes.replay,
    replayed_at: record.replayedAt === null ? null : isoZ(record.replayedAt),
    trigger,
    event_at: isoZ(record.messageAt),
    event_sequences: [...(record.groupedSequences ?? (record.eventSequence === null ? [] : [record.eventSequence]))],
    alert_group_id: record.subjectId,
    status: record.lastStatus,
    request: request === null ? null : isPersonal(trigger) ? personalRequest(request) : shownRequest(request),
    attempts: record.attempts.map(shownAttempt),
  }
}

type Request = NonNullable<DeliveryRecord['request']>

const shownRequest = ({ method, target: url, headers, body }: Request) => ({
  method,
  url,
  headers: masked(headers),
  ...bodyOf(body),
})

/** All of it may tell of the person who is paged. */
const personalRequest = ({ method, target, headers, body }: Request) => ({
  method,
  url: shownTarget(target),
  headers: { ...shownPersonal(headers) },
  body: body === null ? null : secretMask,
  body_truncated: false,
})

const shownAttempt = (attempt: RecordedAttempt) => ({
  id: attempt.id,
  number: attempt.number,
  started_at: isoZ(attempt.startedAt),
  at: isoZ(attempt.at),
  duration_ms: attempt.durationMs,
  phases: shownPhases(attempt.phases),
  outcome: attempt.outcome,
  status: attempt.status,
  detail: attempt.detail,
  address: attempt.address,
  request: attempt.isSigned === null ? null : { headers: masked(ownHeaders(attempt)) },
  response:
    attempt.status === null
      ? null
      : {
          headers: masked(attempt.responseHeaders ?? {}),
          ...bodyOf(attempt.responseBody),
          ...(attempt.responseTruncated ? { body_truncated: true } : {}),
        },
})

const shownPhases = ({ dnsMs, connectMs, tlsMs, firstByteMs }: Phases) => ({
  dns_ms: dnsMs,
  connect_ms: connectMs,
  tls_ms: tlsMs,
  first_byte_ms: firstByteMs,
})

/**
 * The signature is not kept: with it and what else is shown, whoever may look could send the message as if this server did, as long as
 * receivers take it.
 */
const ownHeaders = ({ startedAt, isSigned }: RecordedAttempt): Headers =>
  attemptHeaders({ startedAt, signature: isSigned === true ? secretMask : null })

/** Whoever names a header like a credential means one, in templates and in answers too. */
const masked = (headers: Headers): Record<string, string> => ({ ...shownStaticHeaders(headers) })

/** The beginning of what is long or was not read whole. */
function bodyOf(body: Excerpt | null) {
  if (body === null) return { body: null, body_truncated: false }
  // A half of a surrogate pair at the end is no character.
  const beginning = body.text.slice(0, excerptLimits.beginningMax).replace(/[\ud800-\udbff]$/, '')
  return { body: body.isWhole ? body.text : beginning, body_truncated: !body.isWhole }
}
