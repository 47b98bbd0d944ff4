import type { Rendered } from '../../deliveries/delivery.ts'
import type { WebhookId } from '../../lib/ids.ts'
import { after, hours, type Instant, minutes, type Ms, ms, seconds } from '../../lib/time.ts'
import type { Clock } from '../../ports.ts'

/** Watches how long requests take to be made, so that webhooks whose templates are slow hold up each other and nobody else. */
export type Pace = {
  /** Whether the request that is being made takes too long; its templates ask now and then. */
  isLate(): boolean
  isSlow(webhookId: WebhookId): boolean
  /**
   * Begins a batch, whose requests are made one after the other. `patient`: what is late by the clock is made later, since that may be
   * the machine's fault, and nothing may be lost over it; else what it came to is the answer, for somebody who waits for that.
   */
  batch(lateness: Lateness): MakeInTurn
}

type Lateness = 'patient' | 'final'

/** Makes a request, unless it is to be made later: when slow ones have their turn, or since the batch has taken enough. */
type MakeInTurn = (webhookId: WebhookId, make: () => Rendered) => Promise<Rendered>

/** All templates of one request have so long; then its webhook is a slow one. */
const quickMax: Ms = ms(50)

/** So long has a request of a slow one. What templates may take is counted in steps; this is for what a step cannot say. */
const slowMax: Ms = ms(250)

/** All slow ones together have a fifth of the time of the thread. */
const restFactor = 4

/** Pages wait for no more than a batch, whatever is in it. */
const batchMax: Ms = ms(100)

/**
 * What is late twice in a row is made later, since the machine may have no time for it; the clock cannot tell. Only where that
 * goes on for an hour, with pauses that grow so that it costs the others little, is it the template's own fault.
 */
const lateMax = 12
const latePauseMin: Ms = seconds(5)
const latePauseMax: Ms = minutes(10)

/** One that is not heard of for so long may begin anew. */
const forgottenAfter: Ms = hours(1)

export function newPace(clock: Clock): Pace {
  const slow = new Map<WebhookId, Slow>()
  let turnAt: Instant = clock.now()
  let lateAt = 0
  let wasLate = false
  const isLate = (): boolean => {
    wasLate ||= clock.monotonic() > lateAt
    return wasLate
  }
  const timed = (make: () => Rendered, maxMs: Ms) => {
    const begunAt = clock.monotonic()
    lateAt = begunAt + maxMs
    wasLate = false
    return { made: make(), wasLate, tookMs: clock.monotonic() - begunAt }
  }
  const makeSlow = async (webhookId: WebhookId, make: () => Rendered, lateness: Lateness): Promise<Rendered> => {
    const first = timed(make, slowMax)
    await breathe(clock)
    // A process that stood still meanwhile makes the best template late, but not twice.
    const last = first.wasLate ? timed(make, slowMax) : first
    const tookMs = last === first ? first.tookMs : first.tookMs + last.tookMs
    const now = clock.now()
    turnAt = after(now, ms(Math.ceil(tookMs * restFactor)))
    const lateCount = last.wasLate && lateness === 'patient' ? (slow.get(webhookId)?.lateCount ?? 0) + 1 : 0
    const isToWait = lateCount > 0 && lateCount <= lateMax
    // Those that had no turn yet come before.
    const turnMs = ms((turnAt - now) * slow.size)
    const restsUntil = after(now, isToWait ? ms(Math.max(turnMs, latePauseAfter(lateCount))) : turnMs)
    if (tookMs > quickMax) slow.set(webhookId, { restsUntil, heardAt: now, lateCount })
    else slow.delete(webhookId)
    return isToWait ? { kind: 'later', until: restsUntil } : last.made
  }
  return {
    isLate,
    isSlow: (webhookId) => slow.has(webhookId),
    batch: (lateness) => {
      let spentMs = 0
      const begunAt = clock.now()
      for (const [id, { heardAt }] of slow) if (after(heardAt, forgottenAfter) < begunAt) slow.delete(id)
      return async (webhookId, make) => {
        const now = clock.now()
        const until = laterOf(slow.get(webhookId)?.restsUntil ?? now, turnAt)
        if (slow.has(webhookId)) return until > now ? { kind: 'later', until } : makeSlow(webhookId, make, lateness)
        if (spentMs > batchMax) return { kind: 'later', until: null }
        const quick = timed(make, quickMax)
        spentMs += quick.tookMs
        if (quick.tookMs > quickMax) {
          slow.set(webhookId, { restsUntil: now, heardAt: now, lateCount: 0 })
          await breathe(clock)
        }
        // What takes long in one piece never asks.
        if (!quick.wasLate) return quick.made
        return { kind: 'later', until: laterOf(turnAt, after(clock.now(), ms(1))) }
      }
    },
  }
}

type Slow = {
  readonly restsUntil: Instant
  readonly heardAt: Instant
  /** How many of its requests were late, each twice, since one was not. */
  readonly lateCount: number
}

const latePauseAfter = (count: number): Ms => ms(Math.min(latePauseMin * 2 ** (count - 1), latePauseMax))

const laterOf = (one: Instant, other: Instant): Instant => (one > other ? one : other)

/** Lets everything else that is there to do have its turn. */
const breathe = (clock: Clock): Promise<void> => clock.wait(ms(1), new AbortController().signal)
