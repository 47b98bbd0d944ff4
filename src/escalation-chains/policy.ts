import type { EscalationChainId, EscalationPolicyId, OrganizationId, ScheduleId, UserId, WebhookId } from '../lib/ids.ts'
import { type Ms, minutes } from '../lib/time.ts'
import type { Step, StepType } from './step.ts'

/** What a step of a chain does, as it is configured. */
export type PolicyDefinition =
  /** Null: not configured, so the default is waited. */
  | { readonly type: 'wait'; readonly durationMs: Ms | null }
  | { readonly type: 'notify_persons'; readonly userIds: readonly UserId[]; readonly important: boolean }
  /** Null: not configured, or the schedule was deleted. */
  | { readonly type: 'notify_on_call_from_schedule'; readonly scheduleId: ScheduleId | null; readonly important: boolean }
  /** Null: not configured. The webhook may be a deleted one, which is never called. */
  | { readonly type: 'trigger_webhook'; readonly webhookId: WebhookId | null }
  | { readonly type: 'repeat_escalation' }
  | { readonly type: 'resolve' }

/** One step of an escalation chain, as people edit it. */
export type EscalationPolicy = {
  readonly organizationId: OrganizationId
  readonly id: EscalationPolicyId
  readonly chainId: EscalationChainId
  /** The order of the steps; there may be gaps. */
  readonly position: number
  readonly definition: PolicyDefinition
}

/** How many steps a chain has at most. */
export const policiesMax = 200

/** How long a `wait` waits that does not say how long (contract grafana-oncall 5.2). */
const defaultWaitMs = minutes(5)

/** The step that a run takes for a policy. */
export function stepOf({ id, definition }: Pick<EscalationPolicy, 'id' | 'definition'>): Step {
  if (definition.type !== 'wait') return { policyId: id, ...definition }
  return { policyId: id, type: 'wait', durationMs: definition.durationMs ?? defaultWaitMs }
}

/** A step of a type about which nothing was said yet. */
export function blankDefinition(type: StepType): PolicyDefinition {
  switch (type) {
    case 'wait':
      return { type, durationMs: null }
    case 'notify_persons':
      return { type, userIds: [], important: false }
    case 'notify_on_call_from_schedule':
      return { type, scheduleId: null, important: false }
    case 'trigger_webhook':
      return { type, webhookId: null }
    case 'repeat_escalation':
    case 'resolve':
      return { type }
  }
}
