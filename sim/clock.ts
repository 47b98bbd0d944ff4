import { after, instant, type Ms, ms } from '../src/lib/time.ts'
import type { Clock } from '../src/ports.ts'
import type { Life, World } from './world.ts'

/** The clock of one process: virtual, and off by a constant. A wait ends with the life that waits, without an answer. */
export function virtualClock(world: World, life: Life, skewMs: Ms): Clock {
  return {
    now: () => instant(Math.floor(world.now() + skewMs)),
    monotonic: () => ms(world.now()),
    wait: (duration, signal) => {
      if (signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const done = (): void => {
          cancel()
          signal.removeEventListener('abort', done)
          resolve()
        }
        const at = after(world.now(), ms(Math.max(0, Math.ceil(duration))))
        const cancel = world.plan({ at, life, what: 'wait over', run: done })
        signal.addEventListener('abort', done)
      })
    },
  }
}
