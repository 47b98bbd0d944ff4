import type { AlertGroupId, IntegrationId, OrganizationId, ScheduleId, WebhookId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { AlertReport } from './alert-report.ts'
import type { ReceivedPayload } from './filter/event-record.ts'
import type { ShiftChange } from './shift-change.ts'

/** The trigger types of the contract (grafana-oncall 2.2) that something can cause, in the contract's order. */
export const contractTriggers = [
  'escalation',
  'alert group created',
  'acknowledge',
  'resolve',
  'silence',
  'unsilence',
  'unresolve',
  'unacknowledge',
  'personal notification',
] as const

/** What else alert groups cause. */
const ownTriggers = ['alert added', 'reassigned', 'escalated', 'notification failed'] as const

export const alertTriggers = [...contractTriggers, ...ownTriggers] as const

/** What schedules cause; the contract has nothing like it. */
export const scheduleTriggers = ['shift change', 'schedule gap'] as const

/** What webhooks themselves cause, as the log of events calls it. */
export const operationalTriggers = ['webhook.failing', 'webhook.disabled', 'webhook.recovered', 'message.exhausted'] as const

/** What happened, in the words of the contract where it has any. */
export type AlertTrigger = (typeof alertTriggers)[number]
export type ScheduleTrigger = (typeof scheduleTriggers)[number]
export type OperationalTrigger = (typeof operationalTriggers)[number]
export type Trigger = AlertTrigger | ScheduleTrigger | OperationalTrigger

export const triggers = [...alertTriggers, ...scheduleTriggers, ...operationalTriggers] as const

/** What a webhook may subscribe to: one trigger, or `status change` for any of the contract's last six. */
export const triggerTypes = [
  ...contractTriggers,
  'status change',
  ...ownTriggers,
  ...scheduleTriggers,
  ...operationalTriggers,
] as const
export type TriggerType = (typeof triggerTypes)[number]

/** An event that webhooks may be waiting for. */
export type WebhookCause = AlertCause | ScheduleCause | OperationalCause

type Cause = {
  readonly organizationId: OrganizationId
  readonly eventSequence: number
  readonly eventAt: Instant
}

type AlertCause = Cause & {
  readonly about: 'alert group'
  readonly trigger: AlertTrigger
  readonly alertGroupId: AlertGroupId
  readonly integrationId: IntegrationId
  /** An escalation step and a page name one webhook; null: all that subscribe. */
  readonly webhookId: WebhookId | null
  /** The run of a page: it leaves before everything else, and is taken back with that run. Null: it is none. */
  readonly pageOf: string | null
  /** By which filters judge it, beside the payload of the newest alert. */
  readonly report: AlertReport | null
  readonly payload: ReceivedPayload | null
}

export type ScheduleCause = Cause & {
  readonly about: 'schedule'
  readonly trigger: ScheduleTrigger
  readonly scheduleId: ScheduleId
  /** When it was to happen; what happens to several schedules then can be told together. */
  readonly scheduledAt: Instant
  readonly change: ShiftChange
}

type OperationalCause = Cause & {
  readonly about: 'webhook'
  readonly trigger: OperationalTrigger
  /** Which it is about, and which therefore hears nothing of it: its news would be about its news. */
  readonly webhookId: WebhookId
}

/** Whether a webhook that subscribes to these types wants to hear of `trigger`. */
export function subscribes(types: readonly TriggerType[], trigger: Trigger): boolean {
  return typesThatHear(trigger).some((type) => types.includes(type))
}

/** A webhook that subscribes to one of these types wants to hear of `trigger`. */
export const typesThatHear = (trigger: Trigger): readonly TriggerType[] =>
  isStatusChange(trigger) ? [trigger, 'status change'] : [trigger]

/** As which of its types a webhook hears of `trigger`; a step that names it calls it whatever these are. */
export function heardAs(types: readonly TriggerType[], trigger: Trigger): TriggerType {
  const isHeardAsChange = !types.includes(trigger) && types.includes('status change') && isStatusChange(trigger)
  return isHeardAsChange ? 'status change' : trigger
}

/** Whether what `trigger` is names one webhook, and may name this one: a step calls any, a page only one that is for pages. */
export const namesWebhook = (
  { triggerTypes: types }: { readonly triggerTypes: readonly TriggerType[] },
  trigger: Trigger,
): boolean => trigger === 'escalation' || (trigger === 'personal notification' && types.includes(trigger))

/** Of what an example of a trigger type is: of the first of the six where any of them is meant. */
export const exampleTriggerOf = (type: TriggerType): Trigger => (type === 'status change' ? 'acknowledge' : type)

export const isAboutSchedule = (trigger: Trigger): trigger is ScheduleTrigger => scheduleTriggers.some((own) => own === trigger)

export const isOperational = (trigger: Trigger): trigger is OperationalTrigger =>
  operationalTriggers.some((own) => own === trigger)

const statusChanges = ['acknowledge', 'resolve', 'silence', 'unsilence', 'unresolve', 'unacknowledge'] as const

const isStatusChange = (trigger: Trigger): boolean => statusChanges.some((own) => own === trigger)
