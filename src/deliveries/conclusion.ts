import { storable } from '../lib/json.ts'
import type { Instant } from '../lib/time.ts'
import { type Ms, ms } from '../lib/time.ts'
import type { HttpOutcome, MailOutcome, Phases } from '../ports.ts'
import type { Attempt } from './attempt.ts'
import { type Delivery, type Ending, type FaultyRequest, isPage, type Verdict } from './delivery.ts'
import { noPhases } from './sending/phases.ts'
import type { Sign } from './sending/sign.ts'
import type { Pause } from './queue/standing.ts'

/** What became of a delivery in this process, ready to be written. */
export type Conclusion = {
  readonly delivery: Delivery
  readonly verdict:
    | Verdict
    | { readonly kind: 'skipped'; readonly reason: string }
    /** Dead, but nobody is told of it by itself: its endpoint gets nothing any more, and that is told. */
    | { readonly kind: 'missed'; readonly reason: string }
    | { readonly kind: 'faulty'; readonly reason: string; readonly request: FaultyRequest }
  /** Null when nothing was sent and nothing is to be seen. */
  readonly attempt: Attempt | null
  /** What it says about the endpoint; null when nothing was sent. */
  readonly sign: Sign | null
}

/** The same with what is to be written of the endpoint; null: nothing. */
export type Concluded = Conclusion & { readonly pause: Pause | null }

/** The log's record of an attempt that ended at `at`. */
export function attemptOf(
  delivery: Delivery,
  ended: When & { readonly isSigned: boolean | null; readonly outcome: HttpOutcome | MailOutcome; readonly verdict: Verdict },
): Attempt {
  const { isSigned, outcome, verdict, ...when } = ended
  return {
    ...beginningOf(delivery, when),
    isSigned,
    outcome: verdict.kind,
    ...answerOf(outcome),
    durationMs: rounded(outcome.durationMs, durationMax),
  }
}

/** The log's record of a request that could not be made: of what there was of it, and of no answer. */
export const faultyAttempt = (delivery: Delivery, when: When): Attempt => ({
  ...beginningOf(delivery, when),
  isSigned: null,
  outcome: 'dead',
  ...noAnswer,
  durationMs: ms(0),
})

/** The log's record of a request of which nothing could be made this time, by a fault of this server and not of its receiver. */
export const unmadeAttempt = (delivery: Delivery, when: When & { readonly verdict: Verdict }): Attempt => ({
  ...faultyAttempt(delivery, when),
  outcome: when.verdict.kind,
  detail: unmadeDetail,
})

/** Why there is no request, for people; what was wrong is in the log of the server. */
export const unmadeReason = 'The request could not be made; the log of the server says why.'
export const unmadeDetail = `unmade: ${unmadeReason}`

type When = { readonly id: string; readonly at: Instant }

const beginningOf = (delivery: Delivery, { id, at }: When) => ({
  organizationId: delivery.organizationId,
  id,
  at,
  deliveryId: delivery.id,
  lane: delivery.lane,
  endpointId: delivery.endpointId,
  messageId: delivery.messageId,
  messageAt: delivery.messageAt,
  eventSequence: delivery.eventSequence,
  subjectId: delivery.subjectId,
  number: delivery.attempt,
})

/**
 * How the delivery ended, for the slice that asked for it; null while it goes on, and when nobody is to be told. How a page ends is
 * always told, also when it is not wanted after all or its endpoint gets nothing: somebody counts on it.
 */
export function endingOf(conclusion: Conclusion): Ending | null {
  const { delivery, verdict, attempt } = conclusion
  const attemptsCount = attemptsCountOf(conclusion)
  const status = attempt?.status ?? null
  const isQuiet = (verdict.kind === 'skipped' || verdict.kind === 'missed') && !isPage(delivery)
  if (verdict.kind === 'retry' || isQuiet) return null
  if (verdict.kind === 'success') return attempt && { kind: 'delivered', status, attemptId: attempt.id, attemptsCount }
  return { kind: 'dead', reason: verdict.reason, status, attemptId: attempt?.id ?? null, attemptsCount }
}

/** How many attempts there were. */
export const attemptsCountOf = ({ delivery, attempt }: Conclusion): number =>
  attempt === null ? delivery.attempt - 1 : delivery.attempt

/** What the delivery was answered last. An attempt that got no answer has no status; what was never sent keeps the one before. */
export const lastStatusOf = ({ delivery, attempt }: Conclusion): number | null =>
  attempt === null || attempt.detail === unmadeDetail ? delivery.lastStatus : attempt.status

/** What the columns hold. A phase is longer only where the process stood still. */
const durationMax = 2 ** 31 - 1
const phaseMax = 2 ** 15 - 1

const rounded = (duration: Ms, max: number): Ms => ms(Math.min(Math.max(Math.round(duration), 0), max))

const roundedPhases = ({ dnsMs, connectMs, tlsMs, firstByteMs }: Phases): Phases => ({
  dnsMs: dnsMs === null ? null : rounded(dnsMs, phaseMax),
  connectMs: connectMs === null ? null : rounded(connectMs, phaseMax),
  tlsMs: tlsMs === null ? null : rounded(tlsMs, phaseMax),
  firstByteMs: firstByteMs === null ? null : rounded(firstByteMs, phaseMax),
})

type Answer = Pick<Attempt, 'status' | 'detail' | 'responseHeaders' | 'responseBody' | 'responseTruncated' | 'address' | 'phases'>

const noAnswer: Answer = {
  status: null,
  detail: null,
  responseHeaders: null,
  responseBody: null,
  responseTruncated: false,
  address: null,
  phases: noPhases,
}

function answerOf(outcome: HttpOutcome | MailOutcome): Answer {
  switch (outcome.kind) {
    case 'answered':
      return {
        status: outcome.status,
        detail: null,
        responseHeaders: withoutSecrets(outcome.headers),
        responseBody: outcome.body,
        responseTruncated: outcome.truncated,
        address: outcome.address,
        phases: roundedPhases(outcome.phases),
      }
    case 'accepted':
      return { ...noAnswer, detail: shortened(outcome.response) }
    case 'no-answer':
      return {
        ...noAnswer,
        detail: shortened(`${outcome.fault}: ${outcome.detail}`),
        address: outcome.address,
        phases: roundedPhases(outcome.phases),
      }
    default:
      return { ...noAnswer, detail: shortened(outcome.detail) }
  }
}

/** Cookies are the receiver's secrets. */
function withoutSecrets(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'set-cookie')
  return Object.fromEntries(kept.map(([name, value]) => [name, storable(value)]))
}

/** What others said, as it is kept: its beginning, in letters that the database takes. */
export const shortened = (text: string): string => storable(text.slice(0, 1000))
