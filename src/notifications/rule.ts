import { check } from '../lib/check.ts'
import type { NotificationRuleId, OrganizationId, UserId } from '../lib/ids.ts'
import { isObject } from '../lib/json.ts'
import { type Ms, ms } from '../lib/time.ts'

/** One step of a notification run: a way to reach the person, or a pause before the next step. */
export type Step = { readonly type: 'email' | 'webhook' } | { readonly type: 'wait'; readonly durationMs: Ms }

export type StepType = Step['type']

export const stepTypes = ['wait', 'email', 'webhook'] as const satisfies readonly StepType[]

/** Whose rules, and which of the two lists: an important page follows another one than the rest. */
export type RuleList = { readonly organizationId: OrganizationId; readonly userId: UserId; readonly important: boolean }

/** One step of how a person wants to be paged. */
export type NotificationRule = RuleList & {
  readonly id: NotificationRuleId
  /** The order of the list; there may be gaps. */
  readonly position: number
  readonly step: Step
}

/** How many rules a list may have. */
export const rulesMax = 100

/** Both lists of a person, in their order. */
export type PersonalSteps = { readonly usual: readonly Step[]; readonly important: readonly Step[] }

/** What happens for a person who has set up nothing (contract grafana-oncall 5.4). */
const withoutRules: readonly Step[] = [{ type: 'email' }]

/**
 * The steps of a run. A list without a channel would reach nobody, so it counts as empty. Without important rules, an
 * important page follows the usual ones from their first channel on, and is not kept waiting by what stands before it; a
 * person without either list gets one e-mail at once.
 */
export function stepsOf({ usual, important }: PersonalSteps, isImportant: boolean): readonly Step[] {
  if (isImportant && important.some(reaches)) return important
  if (!usual.some(reaches)) return withoutRules
  return isImportant ? usual.slice(usual.findIndex(reaches)) : usual
}

const reaches = ({ type }: Step): boolean => type !== 'wait'

/** The steps of a run's row. Anything else than what was written there is a defect. */
export function parseSteps(value: unknown): readonly Step[] {
  check(Array.isArray(value), 'the steps of a run are a list')
  return value.map(parseStep)
}

function parseStep(value: unknown): Step {
  check(isObject(value), 'a step is an object')
  const { type, durationMs } = value
  if (type === 'email' || type === 'webhook') return { type }
  check(type === 'wait' && typeof durationMs === 'number', 'a step is a channel or a wait with its duration')
  return { type, durationMs: ms(durationMs) }
}
