import { after, type Instant } from '../lib/time.ts'
import type { Step } from './rule.ts'

/** Where a run stands. */
export type Progress = { readonly steps: readonly Step[]; readonly nextStep: number }

/** A step that sends something. */
export type Sending = Exclude<Step, { readonly type: 'wait' }>

export type Plan = {
  /** What is to be sent now, in order. */
  readonly sendings: readonly Sending[]
  /** Null: the run has come to its end. */
  readonly next: { readonly nextStep: number; readonly dueAt: Instant } | null
}

/**
 * What a due run does now. Steps without a wait between them are taken together; a wait counts from `now`, so that a step
 * found late is not followed at once by all that would have come meanwhile. A wait with nothing after it ends the run.
 */
export function plan({ steps, nextStep }: Progress, now: Instant): Plan {
  const sendings: Sending[] = []
  for (const [index, step] of steps.entries()) {
    if (index < nextStep) continue
    if (step.type !== 'wait') sendings.push(step)
    else if (index + 1 < steps.length) return { sendings, next: { nextStep: index + 1, dueAt: after(now, step.durationMs) } }
  }
  return { sendings, next: null }
}
