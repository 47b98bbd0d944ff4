import type { Brand } from '../lib/brand.ts'
import { faultText } from '../lib/fault-text.ts'
import { newUuid } from '../lib/ids.ts'
import { randomShare } from '../lib/random-share.ts'
import { type Instant, type Ms, ms, seconds } from '../lib/time.ts'
import type { HttpOutcome, MailOutcome, Ports } from '../ports.ts'
import { attemptOf, type Conclusion, unmadeAttempt, unmadeReason } from './conclusion.ts'
import type { Credentials } from './credentials.ts'
import type { Delivery, HttpMessage } from './delivery.ts'
import { withoutEcho } from './echo.ts'
import { usualSettings } from './endpoint-settings.ts'
import { noPhases } from './sending/phases.ts'
import type { Ready } from './prepare-loop.ts'
import { attemptHeaders, epochSecondsOf, type Headers, messageHeaders } from './sending/request-headers.ts'
import { judge, judgeFailure, type Try } from './retry.ts'
import { signOf } from './sending/sign.ts'

const mailDeadline: Ms = seconds(30)

/** Ready, with what its endpoint's owner adds this time. */
export type Leaving = Ready & { readonly credentials: Credentials }

export type AttemptOptions = {
  readonly ports: Ports
  /** The sender's address on the envelope of mails. */
  readonly mailFrom: string
}

/** Makes one attempt, without any transaction, and says what it came to. */
export async function makeAttempt(
  { ports, mailFrom }: AttemptOptions,
  { delivery, message, credentials }: Leaving,
): Promise<Conclusion> {
  const { clock, random } = ports
  const startedAt = clock.now()
  const headers = message.kind === 'mail' ? {} : headersOf({ delivery, message, credentials }, startedAt)
  const answer = await answerOf(ports, () =>
    message.kind === 'mail'
      ? ports.send.mail({ from: mailFrom, to: message.target, raw: message.body, deadlineMs: mailDeadline })
      : ports.send.http({
          method: message.method,
          url: message.target,
          headers,
          body: message.body,
          tls: credentials.tls,
          deadlineMs: (delivery.endpoint.settings ?? usualSettings).timeoutMs,
        }),
  )
  const outcome = withoutEcho(answer, headers)
  const at = clock.now()
  const tried = tryOf(ports, delivery)
  const verdict = judge(outcome, tried)
  const sign = signOf(outcome, { at, lane: delivery.lane, jitter: tried.jitter })
  const id = newUuid<Brand<string, 'AttemptId'>>(startedAt, random.bytes)
  const isSigned = haveLeft(outcome) ? credentials.sign !== null : null
  logAttempt(ports, { delivery, outcome, attemptId: id, verdict: verdict.kind })
  return { delivery, verdict, attempt: attemptOf(delivery, { id, at, isSigned, outcome, verdict }), sign }
}

type LeavingRequest = Leaving & { readonly message: HttpMessage }

function headersOf({ delivery, message, credentials }: LeavingRequest, startedAt: Instant): Headers {
  const { messageId } = delivery
  const signed = { messageId, epochSeconds: epochSecondsOf(startedAt), body: message.body }
  const signature = credentials.sign === null ? null : credentials.sign(signed)
  return { ...messageHeaders(messageId, message.headers), ...attemptHeaders({ startedAt, signature }) }
}

/** Whether a request has, or some of it. */
const haveLeft = (outcome: HttpOutcome | MailOutcome): boolean =>
  outcome.kind === 'answered' || (outcome.kind === 'no-answer' && outcome.isSent)

/** What becomes of a delivery whose bytes or credentials could not be made this time: an attempt like any that failed, which people see. */
export function failedPreparation(ports: Ports, delivery: Delivery, detail: string): Conclusion {
  ports.log.error('delivery unprepared', { message_id: delivery.messageId, owner_id: delivery.endpoint.ownerId, error: detail })
  const tried = tryOf(ports, delivery)
  const verdict = judgeFailure(unmadeReason, tried)
  const id = newUuid<Brand<string, 'AttemptId'>>(tried.now, ports.random.bytes)
  return { delivery, verdict, attempt: unmadeAttempt(delivery, { id, at: tried.now, verdict }), sign: null }
}

/** What becomes of a delivery whose attempt was made and then hit a defect of ours: it is tried again later, like any that failed. */
export function failedAttempt({ clock, log }: Ports, delivery: Delivery, fault: unknown): Conclusion {
  const { messageId, endpoint } = delivery
  const error = faultText(fault)
  log.error('attempt failed', { message_id: messageId, owner_id: endpoint.ownerId, error })
  const why = 'The answer could not be read; the log of the server says why.'
  // No port but the clock is asked: another one may be what failed.
  const verdict = judgeFailure(why, tryAt(delivery, { now: clock.now(), jitter: 0.5 }))
  return { delivery, verdict, attempt: null, sign: null }
}

function tryOf({ clock, random }: Ports, delivery: Delivery): Try {
  return tryAt(delivery, { now: clock.now(), jitter: randomShare(random) })
}

const tryAt = ({ lane, attempt, expiresAt, endpoint }: Delivery, by: Pick<Try, 'now' | 'jitter'>): Try => ({
  lane,
  attempt,
  plan: (endpoint.settings ?? usualSettings).retry,
  expiresAt,
  ...by,
})

/** A port that throws is a defect, but the delivery must not be lost over it: it counts as no answer. */
async function answerOf({ log }: Ports, ask: () => Promise<HttpOutcome | MailOutcome>): Promise<HttpOutcome | MailOutcome> {
  try {
    return await ask()
  } catch (fault) {
    log.error('sender failed', { error: faultText(fault) })
    return {
      kind: 'no-answer',
      fault: 'broken',
      detail: 'the sender failed',
      isSent: true,
      address: null,
      phases: noPhases,
      durationMs: ms(0),
    }
  }
}

type AttemptLog = {
  readonly delivery: Delivery
  readonly outcome: HttpOutcome | MailOutcome
  readonly attemptId: string
  readonly verdict: string
}

function logAttempt({ log }: Ports, { delivery, outcome, attemptId, verdict }: AttemptLog): void {
  log.info('delivery attempted', {
    organization_id: delivery.organizationId,
    endpoint_id: delivery.endpointId,
    owner_id: delivery.endpoint.ownerId,
    message_id: delivery.messageId,
    attempt_id: attemptId,
    subject_id: delivery.subjectId,
    lane: delivery.lane,
    attempt: delivery.attempt,
    outcome: verdict,
    answer: outcome.kind,
    status: outcome.kind === 'answered' ? outcome.status : null,
    duration_ms: Math.round(outcome.durationMs),
  })
}
