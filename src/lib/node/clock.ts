import type { Clock } from '../../ports.ts'
import { instant, ms } from '../time.ts'

/** Longer timers fire at once. */
const timerMsMax = 2 ** 31 - 1

/** The machine's clock. */
export const nodeClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => ms(performance.now()),
  async wait(duration, signal) {
    for (let left: number = duration; left > 0 && !signal.aborted; left -= timerMsMax)
      await timer(Math.min(left, timerMsMax), signal)
  },
}

function timer(duration: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(handle)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const handle = setTimeout(done, duration)
    signal.addEventListener('abort', done)
  })
}
