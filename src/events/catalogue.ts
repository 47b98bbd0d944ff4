import type { OperationalTrigger, Trigger } from '../webhooks/trigger.ts'

/** Every kind of event, with the webhook trigger that it is, if any. */
export const catalogue = {
  'alert_group.created': 'alert group created',
  /** Further alerts joined it. Only recorded where a webhook waits for it. */
  'alert_group.alert_added': 'alert added',
  'alert_group.acknowledged': 'acknowledge',
  'alert_group.unacknowledged': 'unacknowledge',
  'alert_group.resolved': 'resolve',
  'alert_group.unresolved': 'unresolve',
  'alert_group.silenced': 'silence',
  'alert_group.unsilenced': 'unsilence',
  'alert_group.escalated': 'escalation',
  /** Handed over to a user, a team or an escalation chain. */
  'alert_group.reassigned': 'reassigned',
  /** A person is paged about it by the webhook of their choice. */
  'alert_group.page_sent': 'personal notification',
  /** Nobody took it over, and its escalation pages the next people. Only recorded where a webhook waits for it. */
  'alert_group.level_reached': 'escalated',
  /** A page about it did not reach a person in one way. Only recorded where a webhook waits for it. */
  'alert_group.page_failed': 'notification failed',
  /** What it said was taken away, by a person. */
  'alert_group.wiped': null,
  /** Nobody will be paged: neither the route nor the team has an escalation chain, or the chain has no steps. */
  'alert_group.pages_nobody': null,
  /** A source sent something that is no alert, or acts on a group that is not there. */
  'alert.ignored': null,
  /** Not all expressions of the routes were searched for: that took too long. */
  'alert.routing_cut_short': null,
  'resolution_note.added': null,
  'resolution_note.changed': null,
  'resolution_note.removed': null,
  /** The set of people on call of a schedule changed. */
  'schedule.shift_changed': 'shift change',
  /** Nobody is on call any more, or somebody is again. */
  'schedule.gap_started': 'schedule gap',
  'schedule.gap_ended': 'schedule gap',
  /** A person was told of a shift to come. */
  'schedule.upcoming': null,
  /** An edit moved a shift to come of somebody. */
  'schedule.shift_moved': null,
  /** A calendar could not be fetched or read for an hour, or could be again after that. */
  'schedule.calendar_failed': null,
  'schedule.calendar_recovered': null,
  'escalation.started': null,
  'escalation.step_taken': null,
  /** A step that reached nobody or could not be done; the chain goes on. */
  'escalation.step_failed': null,
  /** What a step asked for was not done after all: somebody took the alert group over first, or its webhook was gone. */
  'escalation.step_withdrawn': null,
  'escalation.finished': null,
  'notification.sent': null,
  /** One way to reach the person failed for good. */
  'notification.failed': null,
  'webhook.delivered': null,
  'webhook.failed': null,
  /** Nothing has arrived at one of its URLs for an hour, or a day, although there were attempts. */
  'webhook.failing': 'webhook.failing',
  /** One of its URLs gets nothing any more: it failed for too long, or wanted that. */
  'webhook.disabled': 'webhook.disabled',
  /** It works again after people were warned. */
  'webhook.recovered': 'webhook.recovered',
  /** Nothing more is tried to deliver a message of a webhook. */
  'message.exhausted': 'message.exhausted',
} as const satisfies Record<string, Trigger | null>

export type EventType = keyof typeof catalogue

/** The kinds of events that are this trigger. */
export const eventTypesOf = (trigger: Trigger): readonly string[] =>
  Object.entries(catalogue).flatMap(([type, caused]) => (caused === trigger ? [type] : []))

export type AlertGroupEventType = Extract<EventType, `alert_group.${string}`>
export type ScheduleEventType = Extract<EventType, `schedule.${string}`>
/** Events about webhooks themselves that other webhooks hear of. */
export type OperationalEventType = {
  readonly [Type in EventType]: (typeof catalogue)[Type] extends OperationalTrigger ? Type : never
}[EventType]
/** Events about schedules that webhooks do not hear of. */
export type QuietScheduleEventType = {
  readonly [Type in ScheduleEventType]: (typeof catalogue)[Type] extends null ? Type : never
}[ScheduleEventType]
