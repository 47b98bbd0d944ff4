import { impossible } from '../lib/check.ts'
import { after, hours, type Instant, minutes, type Ms, ms, seconds } from '../lib/time.ts'
import type { HttpOutcome, MailOutcome } from '../ports.ts'
import { shortened } from './conclusion.ts'
import { type Delivery, type Lane, lanes, type Verdict } from './delivery.ts'
import type { RetryPlan } from './endpoint-settings.ts'
import { heeded, retryAfter } from './sending/retry-after.ts'
import { controlOf } from './sending/sign.ts'

/** The attempt that an outcome belongs to. */
export type Try = {
  readonly lane: Lane
  /** The first is 1. */
  readonly attempt: number
  readonly plan: RetryPlan
  /** When the outcome came. */
  readonly now: Instant
  readonly expiresAt: Instant | null
  /** From 0 to 1, at random. */
  readonly jitter: number
}

/** The pauses after the first, second, … attempt: ten attempts over about three days. */
const standardPauses: readonly Ms[] = [seconds(5), minutes(5), minutes(30), ...[2, 5, 10, 14, 20, 24].map(hours)]

/**
 * A page is worth most in its first minutes and little after an hour, when the escalation has long gone on: seventeen
 * attempts in about an hour, so that a mail server that restarts delays a page by seconds. What is ordered holds up what
 * comes after it, and has as long.
 */
const hourPauses: readonly Ms[] = [
  ...[5, 15, 30].map(seconds),
  ...[1, 2, 5].map(minutes),
  ...Array.from({ length: 10 }, () => minutes(5)),
]

/** For receivers to whom late news is no news, such as chat rooms. */
const fastPauses: readonly Ms[] = [5, 15, 45, 120].map(seconds)

/** As Squadcast tries its webhooks again. */
const squadcastPauses: readonly Ms[] = [10, 60, 300].map(seconds)

function pausesOf({ plan, lane }: Pick<Try, 'plan' | 'lane'>): readonly Ms[] {
  switch (plan) {
    case 'standard':
      return lastsAnHour(lane) ? hourPauses : standardPauses
    case 'fast':
      return fastPauses
    case 'squadcast':
      return squadcastPauses
    case 'none':
      return []
    default:
      return plan
  }
}

const lastsAnHour = (lane: Lane): boolean => lane === lanes.page || lane === lanes.ordered

/** How far a pause is off its value at most, so that what failed together does not come back together. */
const jitterShare = 0.2

/**
 * What an outcome means for its delivery. 410, a receiver that wants it no more, an address that is not called, and a mail server that says no for good
 * end it. Every other failure is tried again
 * until the schedule is used up or the delivery is past its time.
 */
export function judge(outcome: HttpOutcome | MailOutcome, tried: Try): Verdict {
  switch (outcome.kind) {
    case 'answered':
      if (outcome.status >= 200 && outcome.status < 300) return { kind: 'success' }
      if (outcome.status === 410) return dead('The receiver answered 410: it is gone for good.')
      if (controlOf(outcome.headers) !== null) return dead(`The receiver answered ${outcome.status} and wants this no more.`)
      return again(tried, `The receiver answered ${outcome.status}`, retryAfter(outcome.headers['retry-after'], tried.now))
    case 'accepted':
      return { kind: 'success' }
    case 'refused':
    case 'off':
      return dead(outcome.detail)
    case 'rejected':
      return dead(`The mail server refused the message: ${outcome.detail}`)
    case 'no-answer':
      return again(tried, `No answer (${outcome.fault}): ${outcome.detail}`, null)
    case 'deferred':
      return again(tried, `The mail server did not take the message: ${outcome.detail}`, null)
    default:
      return impossible(outcome)
  }
}

/** What it means when there was no attempt, although it was due. */
export const judgeFailure = (why: string, tried: Try): Verdict => again(tried, why, null)

/** Whether its time is over, so that it is not even tried. A page is tried once all the same. */
export const isPastTime = ({ lane, expiresAt }: Delivery, now: Instant): boolean =>
  lane !== lanes.page && expiresAt !== null && expiresAt <= now

/** What becomes of such a delivery. */
export const judgeLate = ({ attempt }: Delivery): Verdict =>
  dead(`Out of time ${attempt === 1 ? 'before the first attempt' : `after ${counted(attempt - 1)}`}. It had to wait too long.`)

function again({ lane, attempt, plan, now, expiresAt, jitter }: Try, why: string, hint: Ms | null): Verdict {
  const pause = pausesOf({ plan, lane })[attempt - 1]
  if (pause === undefined) return dead(`Given up after ${counted(attempt)}. ${why}`)
  const spread = pause * (1 - jitterShare + 2 * jitterShare * jitter)
  const wish = hint === null ? 0 : heeded(hint, lane)
  const dueAt = after(now, ms(Math.round(Math.max(spread, wish))))
  if (expiresAt !== null && dueAt > expiresAt) return dead(`Out of time after ${counted(attempt)}. ${why}`)
  return { kind: 'retry', dueAt }
}

/** The reason may carry what a mail server or a network said, which can be anything. */
const dead = (reason: string): Verdict => ({ kind: 'dead', reason: shortened(reason) })

const counted = (attempts: number): string => (attempts === 1 ? 'one attempt' : `${attempts} attempts`)
