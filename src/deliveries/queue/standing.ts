import { after, type Instant, type Ms, seconds } from '../../lib/time.ts'
import { afterFailure, afterSuccess, type Breaker, breakerLeftOpen, closedBreaker, type KeptBreaker } from '../health/breaker.ts'
import type { Sign } from '../sending/sign.ts'

/** What a process has learnt of a receiver: how much it may have under way. */
export type Standing = {
  /** Requests at once: one more for each success, but few by those that came late, and one again after a failure. */
  readonly cap: number
  /** The last answer was long in coming, or did not come. */
  readonly isSlow: boolean
  readonly breaker: Breaker
}

/** Who answers later is suspected of hanging. */
export const soonMs: Ms = seconds(1)

/** So many requests at once may be under way to one that answers well but late. */
export const lateCapMax = 4

/** Of a receiver of which nothing is known but what is in the table. */
export const newStanding = (kept: KeptBreaker): Standing => ({
  cap: 1,
  isSlow: false,
  breaker: kept === null ? closedBreaker : breakerLeftOpen(kept),
})

/** What an attempt teaches. */
export function standingAfter(standing: Standing, { at, durationMs, jitter, says }: Sign, capMax: number): Standing {
  const { cap, breaker } = standing
  const isSlow = durationMs > soonMs
  switch (says.kind) {
    case 'well':
      return { cap: capAfterSuccess(standing, isSlow, capMax), isSlow, breaker: afterSuccess(breaker, at) }
    case 'failed':
      return { cap: 1, isSlow, breaker: afterFailure(breaker, { at, jitter }) }
    case 'busy':
      return { cap: 1, isSlow, breaker }
    case 'gone':
    case 'refused':
    case 'nothing':
      return { cap, isSlow: standing.isSlow, breaker }
  }
}

/** Whose breaker has just closed begins with one again. */
function capAfterSuccess({ cap, breaker }: Standing, isSlow: boolean, capMax: number): number {
  if (breaker.open !== null) return 1
  const max = isSlow ? Math.min(lateCapMax, capMax) : capMax
  return Math.max(cap, Math.min(cap + 1, max))
}

/** What the table is to keep of an endpoint after an attempt. */
export type Pause = {
  /** Nothing but pages leaves until then; null: all may. */
  readonly until: Instant | null
  /** How long its breaker is open this time; null: it is closed. */
  readonly breakerMs: number | null
}

/** Until when nothing but pages may leave for it after an attempt; null: it may at once. */
export function pausedUntilAfter({ breaker }: Standing, { at, says }: Sign): Instant | null {
  const asked = says.kind === 'busy' ? after(at, says.pauseMs) : null
  const open = breaker.open !== null && breaker.open.until > at ? breaker.open.until : null
  return asked !== null && open !== null && asked < open ? open : (asked ?? open)
}
