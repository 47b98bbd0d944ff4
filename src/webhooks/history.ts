import type { MessageId, OrganizationId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { AlertReport, ReportedAssignee } from './alert-report.ts'

/** What can have happened to an alert group that forms tell of later. */
export const pastEventTypes = [
  'alert_group.created',
  'alert_group.acknowledged',
  'alert_group.unacknowledged',
  'alert_group.resolved',
  'alert_group.unresolved',
  'alert_group.silenced',
  'alert_group.unsilenced',
  'alert_group.reassigned',
] as const

/** Something that happened to an alert group, and how the group was from then on. */
export type PastEvent = Pick<AlertReport, 'person' | 'assigned_to' | 'acknowledged_by'> & {
  readonly id: string
  readonly type: (typeof pastEventTypes)[number]
  readonly sequence: number
  readonly at: Instant
  readonly state: AlertReport['alert_group']['state']
  readonly groupingKey: string | null
}

/**
 * What happened to an alert group until an event, with which it ends, oldest first: how it began, and then the latest
 * `historyMax`. Empty where a form asks for none.
 */
export type History = readonly PastEvent[]

export const historyMax = 50

/** The event of a message, whose history is wanted. */
export type HistoryKey = {
  readonly organizationId: OrganizationId
  readonly messageId: MessageId
  readonly alertGroupId: string
  /** When the group opened, ISO 8601. */
  readonly startedAt: string
  readonly at: Instant
  readonly sequence: number
}

/** Who has an alert group: who acknowledged it, else whom it is for; null: nobody. */
export function holderOf({
  acknowledged_by,
  assigned_to,
}: Pick<PastEvent, 'acknowledged_by' | 'assigned_to'>): ReportedAssignee | null {
  return acknowledged_by === null ? assigned_to : { type: 'user', user: acknowledged_by }
}
