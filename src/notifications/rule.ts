import { check, known } from '../lib/check.ts'
import { isObject } from '../lib/json.ts'
import { type Ms, ms, seconds } from '../lib/time.ts'

/** One step of a notification run: a way to reach the person, or a pause before the next step. */
export type Step = { readonly type: 'email' } | { readonly type: 'wait'; readonly durationMs: Ms }

/** One notification rule of a person, as it is stored. */
export type Rule = { readonly type: string; readonly durationSeconds: number | null }

/** What happens for a person who has set up nothing (contract grafana-oncall 5.4). */
const withoutRules: readonly Step[] = [{ type: 'email' }]

/**
 * The steps of a run, from the person's rules in their order. A rule of a type that only a newer version knows is passed
 * over; when no rule is left, one e-mail goes out at once.
 */
export function stepsOf(rules: readonly Rule[]): readonly Step[] {
  const steps = rules.flatMap(stepOf)
  return steps.length === 0 ? withoutRules : steps
}

/** Whether any step can reach somebody; waiting alone reaches nobody. */
export const reaches = (steps: readonly Step[]): boolean => steps.some((step) => step.type !== 'wait')

/** The steps of a run's row. Anything else than what was written there is a defect. */
export function parseSteps(value: unknown): readonly Step[] {
  check(Array.isArray(value), 'the steps of a run are a list')
  return value.map(parseStep)
}

function stepOf({ type, durationSeconds }: Rule): readonly Step[] {
  switch (type) {
    case 'email':
      return [{ type }]
    case 'wait':
      return [{ type, durationMs: seconds(known(durationSeconds, 'a rule that waits says how long')) }]
    default:
      return []
  }
}

function parseStep(value: unknown): Step {
  check(isObject(value), 'a step is an object')
  const { type, durationMs } = value
  if (type === 'email') return { type }
  check(type === 'wait' && typeof durationMs === 'number', 'a step is an e-mail or a wait with its duration')
  return { type, durationMs: ms(durationMs) }
}
