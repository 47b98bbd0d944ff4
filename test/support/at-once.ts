import type { Sliced } from '../../src/lib/slices.ts'

/** The value of sliced work, without pauses. */
export function atOnce<Value>(work: Sliced<Value>): Value {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
