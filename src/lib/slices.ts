import type { Clock } from '../ports.ts'
import { ms, type Ms } from './time.ts'

/** Long work that only computes; at each `yield` it may be interrupted. */
export type Sliced<Value> = Generator<void, Value, void>

/** Short, since several such works may go on at the same time, each with a slice before anything else has its turn. */
const sliceMax: Ms = ms(5)

/** Long enough for whatever else is due to go first. */
const pause: Ms = ms(1)

/** Does long work in slices, so that pages and answers that become due meanwhile do not wait for the end of it. */
export async function inSlices<Value>(clock: Pick<Clock, 'monotonic' | 'wait'>, work: Sliced<Value>): Promise<Value> {
  const { signal } = new AbortController()
  let begunAt = clock.monotonic()
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value
    if (clock.monotonic() - begunAt < sliceMax) continue
    await clock.wait(pause, signal)
    begunAt = clock.monotonic()
  }
}
