import { impossible } from '../../lib/check.ts'
import { type Instant, type Ms, ms } from '../../lib/time.ts'
import type { HttpOutcome, MailOutcome } from '../../ports.ts'
import type { Lane } from '../delivery.ts'
import { heeded, retryAfter } from './retry-after.ts'

/** What an attempt says about its receiver, whatever becomes of the delivery. */
export type Sign = {
  /** When the attempt ended. */
  readonly at: Instant
  readonly durationMs: Ms
  /** From 0 to 1, at random. */
  readonly jitter: number
  readonly says: Says
}

type Says =
  /** It took the message. */
  | { readonly kind: 'well' }
  | { readonly kind: 'failed' }
  /** It lives, and wants to be left alone for so long. */
  | { readonly kind: 'busy'; readonly pauseMs: Ms }
  /** It wants nothing any more; why is a sentence for people. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** The rules of this server let nothing go there: it gets nothing, and no pause would change that. */
  | { readonly kind: 'refused' }
  /** Nothing: no request came as far as the receiver, or what it said is about this one message. */
  | { readonly kind: 'nothing' }

/** What to make of an outcome, without its delivery. */
export function signOf(
  outcome: HttpOutcome | MailOutcome,
  seen: Omit<Sign, 'durationMs' | 'says'> & { readonly lane: Lane },
): Sign {
  const { at, jitter, lane } = seen
  return { at, jitter, durationMs: ms(Math.max(outcome.durationMs, 0)), says: saysOf(outcome, at, lane) }
}

function saysOf(outcome: HttpOutcome | MailOutcome, at: Instant, lane: Lane): Says {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'well' }
    case 'answered': {
      const gone = goneBecause(outcome)
      if (gone !== null) return { kind: 'gone', reason: gone }
      if (outcome.status >= 200 && outcome.status < 300) return { kind: 'well' }
      const pauseMs = outcome.status === 429 || outcome.status === 503 ? retryAfter(outcome.headers['retry-after'], at) : null
      return pauseMs === null ? { kind: 'failed' } : { kind: 'busy', pauseMs: heeded(pauseMs, lane) }
    }
    case 'no-answer':
      return { kind: outcome.fault === 'proxy' ? 'nothing' : 'failed' }
    case 'deferred':
      return { kind: 'failed' }
    case 'refused':
      return { kind: 'refused' }
    case 'rejected':
    case 'off':
      return { kind: 'nothing' }
    default:
      return impossible(outcome)
  }
}

type Answer = Extract<HttpOutcome, { kind: 'answered' }>

/** Why an answer means that its receiver wants nothing any more; null when it does not. */
function goneBecause({ status, headers }: Answer): string | null {
  if (controlOf(headers) === 'disable') return 'The receiver asked for that, with the header `webhook-delivery`.'
  return status === 410 ? 'The receiver answered 410: it is gone for good.' : null
}

/** What a receiver may ask for by the header `webhook-delivery` of its answer. */
export function controlOf(headers: Answer['headers']): 'disable' | 'abort-message' | null {
  const wish = headers['webhook-delivery']?.trim().toLowerCase()
  return wish === 'disable' || wish === 'abort-message' ? wish : null
}
