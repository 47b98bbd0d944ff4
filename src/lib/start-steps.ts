import type { Clock, Log } from '../ports.ts'
import { type Ms, ms, seconds } from './time.ts'

/** A start that is watched, step by step. */
export type Start = {
  /** Does a step, and says from time to time that it is still at it. */
  step<Value>(name: string, work: () => Promise<Value>): Promise<Value>
  /** For how long it has been under way, in whole milliseconds. */
  elapsedMs(): number
}

const stillMs: Ms = seconds(5)

/** For whoever looks at a start that takes long: every five seconds there is a line with the step and for how long it lasts. */
export function watchedStart({ clock, log }: { readonly clock: Clock; readonly log: Log }): Start {
  const elapsedSince = (beganAt: Ms): number => Math.round(ms(clock.monotonic() - beganAt))
  const tellUntil = async (over: AbortSignal, step: string): Promise<void> => {
    const beganAt = clock.monotonic()
    for (;;) {
      await clock.wait(stillMs, over)
      if (over.aborted) return
      log.info('still starting', { step, durationMs: elapsedSince(beganAt) })
    }
  }
  const startedAt = clock.monotonic()
  return {
    async step(name, work) {
      const over = new AbortController()
      void tellUntil(over.signal, name)
      try {
        return await work()
      } finally {
        over.abort()
      }
    },
    elapsedMs: () => elapsedSince(startedAt),
  }
}
