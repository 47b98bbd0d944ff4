import { type Instant, after } from '../lib/time.ts'
import { repeatsMax, type Step } from '../escalation-chains/step.ts'

/** Where a run stands. */
export type Progress = {
  readonly steps: readonly Step[]
  readonly nextStep: number
  readonly repeatCount: number
}

/** A step that does something now. */
export type Action = Exclude<Step, { type: 'wait' | 'repeat_escalation' }>

export type Plan = {
  readonly actions: readonly Action[]
  /** Null: the chain has come to its end. */
  readonly next: { readonly nextStep: number; readonly repeatCount: number; readonly dueAt: Instant } | null
}

/**
 * What a due run does now. Steps without a wait between them are taken together; only `wait` waits, and it counts from
 * `now`, so that a step found late is not followed at once by all that would have come meanwhile. `resolve` ends the
 * chain; `repeat_escalation` begins it anew, in a step of its own, at most `repeatsMax` times.
 */
export function plan({ steps, nextStep, repeatCount }: Progress, now: Instant): Plan {
  const actions: Action[] = []
  for (let index = nextStep; index < steps.length; index += 1) {
    const step = steps[index]
    if (step === undefined) break
    switch (step.type) {
      case 'wait':
        return { actions, next: { nextStep: index + 1, repeatCount, dueAt: after(now, step.durationMs) } }
      case 'repeat_escalation':
        if (repeatCount < repeatsMax) return { actions, next: { nextStep: 0, repeatCount: repeatCount + 1, dueAt: now } }
        break
      case 'resolve':
        return { actions: [...actions, step], next: null }
      case 'notify_persons':
      case 'notify_on_call_from_schedule':
      case 'trigger_webhook':
        actions.push(step)
    }
  }
  return { actions, next: null }
}

/**
 * Which level of its chain a due run has come to: steps that page without a wait between them are one level, the first is 1, and
 * every repetition counts on.
 */
export function levelOf({ steps, nextStep, repeatCount }: Progress): number {
  const repeats = steps.findIndex(({ type }) => type === 'repeat_escalation')
  const repeated = repeats === -1 ? steps : steps.slice(0, repeats)
  return levelsIn(steps.slice(0, nextStep)) + repeatCount * levelsIn(repeated) + 1
}

function levelsIn(steps: readonly Step[]): number {
  let count = 0
  let isCounted = false
  for (const { type } of steps) {
    if (type === 'wait') isCounted = false
    else if (!isCounted && isPaging(type)) {
      isCounted = true
      count += 1
    }
  }
  return count
}

const isPaging = (type: Step['type']): boolean => type === 'notify_persons' || type === 'notify_on_call_from_schedule'
