import type { AlertGroupId, EventId, IntegrationId, OrganizationId, ScheduleId, WebhookId } from '../lib/ids.ts'
import type { JsonWithRaw } from '../lib/json.ts'
import type { Instant } from '../lib/time.ts'
import type { Actor } from '../accounts/actor.ts'
import type { AlertReport } from '../webhooks/alert-report.ts'
import type { ReceivedPayload } from '../webhooks/filter/event-record.ts'
import type { ShiftChange } from '../webhooks/shift-change.ts'
import type { EventType, OperationalEventType, QuietScheduleEventType, ScheduleEventType } from './catalogue.ts'

/** A fact that is about to be recorded. */
export type Fact = AlertFact | ScheduleFact | OperationalFact

type AlertFact = {
  readonly type: Exclude<EventType, ScheduleEventType | OperationalEventType>
  readonly actor: Actor
  /** The alert group whose timeline shows it. */
  readonly alertGroup: {
    readonly id: AlertGroupId
    /** By which webhooks choose; null where the type is no trigger of theirs. */
    readonly integrationId: IntegrationId | null
  } | null
  /** All that the event says, as it was at this moment; for alert group events the event data of contract grafana-oncall 3.3. */
  readonly data: JsonWithRaw
  /** What the forms of other products tell beside the data; events about what happens to alert groups have one. */
  readonly report?: AlertReport
  /** Of the newest alert; filters of webhooks look into it. */
  readonly payload?: ReceivedPayload | null
  /** Only this webhook hears of it; null: all that subscribe. */
  readonly webhookId: WebhookId | null
  /** The run of a page, which leaves before everything else and is taken back with that run. */
  readonly pageOf?: string
}

/** Something that happened to who is on call. */
export type ScheduleFact = {
  readonly actor: Actor
  readonly schedule: {
    readonly id: ScheduleId
    /** The instant at which it was to happen; what happens to several schedules then is told together. */
    readonly scheduledAt: Instant
  }
} & (
  | { readonly type: Exclude<ScheduleEventType, QuietScheduleEventType>; readonly data: ShiftChange }
  | { readonly type: QuietScheduleEventType; readonly data: JsonWithRaw }
)

/** Something that happened to what a webhook sends. */
type OperationalFact = {
  readonly type: OperationalEventType
  readonly actor: Actor
  /** Which it is about; it never hears of that itself. */
  readonly webhook: { readonly id: WebhookId }
  readonly data: JsonWithRaw
}

/** A recorded fact. Sequences grow by one per organization, in the order of the commits. */
export type Event = {
  readonly organizationId: OrganizationId
  readonly sequence: number
  readonly id: EventId
  readonly type: EventType
  readonly at: Instant
  readonly actor: unknown
  readonly alertGroupId: AlertGroupId | null
  /** JSON text. */
  readonly data: string
}

/** An event with what else is stored of it, for webhooks only. */
export type RecordedEvent = Event & { readonly report: AlertReport | null }

/** Finds an event; the instant lets PostgreSQL look into the right month only. */
export type EventKey = Pick<Event, 'organizationId' | 'sequence' | 'at'>

/** The data of an event whose alert group was wiped or deleted. */
export const wipedData = '{"wiped":true}'
