import type { Rendered } from '../deliveries/delivery.ts'
import type { WebhookId } from '../lib/ids.ts'
import { after, type Instant, type Ms, ms } from '../lib/time.ts'
import type { Clock } from '../ports.ts'

/** Watches how long requests take to be made, so that a template that is slow holds up its own webhook and nobody else. */
export type Pace = {
  /** Whether the request that is being made takes too long; its templates ask now and then. */
  isLate(): boolean
  /** Begins a batch, whose requests are made one after the other. */
  batch(): MakeInTurn
}

/** Makes a request, unless it is to be made later: since its webhook rests, or the batch has taken enough. */
type MakeInTurn = (webhookId: WebhookId, make: () => Rendered) => Promise<Rendered>

/** All templates of one request. What they may take is counted in steps; this is for what a step cannot say. */
const requestMax: Ms = ms(250)

/** Whose request took longer rests, so that slow templates of one webhook have a tenth of the time of a thread at most. */
const slowMs: Ms = ms(50)
const restFactor = 9

/** Pages wait for no more than a batch, whatever is in it. */
const batchMax: Ms = ms(100)

export function newPace(clock: Clock): Pace {
  const rests = new Map<WebhookId, Instant>()
  let begunAt = clock.monotonic()
  let wasLate = false
  const isLate = (): boolean => {
    wasLate ||= clock.monotonic() - begunAt > requestMax
    return wasLate
  }
  const timed = (make: () => Rendered) => {
    begunAt = clock.monotonic()
    wasLate = false
    const made = make()
    return { made, wasLate, tookMs: ms(clock.monotonic() - begunAt) }
  }
  return {
    isLate,
    batch: () => {
      let spentMs = 0
      const now = clock.now()
      for (const [webhookId, until] of rests) if (until <= now) rests.delete(webhookId)
      return async (webhookId, make) => {
        const until = rests.get(webhookId)
        if (until !== undefined) return { kind: 'later', until }
        if (spentMs > batchMax) return { kind: 'later', until: null }
        const first = timed(make)
        if (first.tookMs > slowMs) await breathe(clock)
        // A process that stood still meanwhile makes the best template late, but not twice.
        const last = first.wasLate ? timed(make) : first
        const tookMs = last === first ? first.tookMs : first.tookMs + last.tookMs
        spentMs += tookMs
        if (tookMs > slowMs) rests.set(webhookId, after(clock.now(), ms(Math.ceil(tookMs * restFactor))))
        return last.made
      }
    },
  }
}

/** Lets everything else that is there to do have its turn. */
const breathe = (clock: Clock): Promise<void> => clock.wait(ms(1), new AbortController().signal)
