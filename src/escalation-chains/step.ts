import type { EscalationPolicyId, ScheduleId, UserId, WebhookId } from '../lib/ids.ts'
import type { Ms } from '../lib/time.ts'

/** One step of an escalation chain, as a run keeps it; without an escalation policy where no chain is behind it. */
export type Step = { readonly policyId: EscalationPolicyId | null } & (
  | { readonly type: 'wait'; readonly durationMs: Ms }
  | { readonly type: 'notify_persons'; readonly userIds: readonly UserId[]; readonly important: boolean }
  | { readonly type: 'notify_on_call_from_schedule'; readonly scheduleId: ScheduleId | null; readonly important: boolean }
  | { readonly type: 'trigger_webhook'; readonly webhookId: WebhookId | null }
  | { readonly type: 'repeat_escalation' }
  | { readonly type: 'resolve' }
)

export type StepType = Step['type']

export const stepTypes = [
  'wait',
  'notify_persons',
  'notify_on_call_from_schedule',
  'trigger_webhook',
  'repeat_escalation',
  'resolve',
] as const satisfies readonly StepType[]

/** How often a chain starts over for one alert group (contract grafana-oncall 5.2). */
export const repeatsMax = 5
