import type { Excerpt } from '../../lib/excerpt.ts'
import type { EndpointId, MessageId, OrganizationId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import type { Attempt } from '../attempt.ts'
import type { Lane } from '../delivery.ts'
import type { Headers } from '../sending/request-headers.ts'

/** `skipped`: it was not wanted after all. */
export const deliveryStates = ['waiting', 'delivered', 'dead', 'skipped'] as const
type DeliveryState = (typeof deliveryStates)[number]

/** What a delivery was answered last, by the first digit; `none`: nothing, or nothing yet. */
export const statusClasses = ['2xx', '3xx', '4xx', '5xx', 'none'] as const
export type StatusClass = (typeof statusClasses)[number]

/** A delivery as people look at it, whatever became of it. */
export type DeliveryRecord = {
  readonly organizationId: OrganizationId
  readonly id: number
  readonly state: DeliveryState
  readonly lane: Lane
  readonly endpoint: { readonly id: EndpointId; readonly ownerId: string; readonly url: string | null }
  readonly messageId: MessageId
  readonly messageAt: Instant
  readonly eventSequence: number | null
  readonly groupedSequences: readonly number[] | null
  readonly subjectId: string | null
  /** The number of the attempt that it waits for; null: it has ended. */
  readonly dueNumber: number | null
  /** When the next attempt comes where it waits, also for the end of a pause of its URL, else when it ended. */
  readonly at: Instant
  readonly lastStatus: number | null
  /** Why it is dead or was skipped, a sentence for people. */
  readonly reason: string | null
  /** When what is dead was owed again; null: it was not. */
  readonly replayedAt: Instant | null
  /** What is sent, or was to be; null: it has no bytes yet, or they are past their time. */
  readonly request: RecordedRequest | null
  /** Oldest first; what was under way when its process was killed is missing. */
  readonly attempts: readonly RecordedAttempt[]
}

export type RecordedRequest = {
  readonly method: string
  readonly target: string
  /** All that its attempts have in common, as they arrive: with credentials. Of one that could not be made, what there was of them. */
  readonly headers: Headers
  readonly body: Excerpt | null
}

export type RecordedAttempt = Pick<Attempt, Exclude<keyof Attempt, Common | 'responseBody'>> & {
  readonly startedAt: Instant
  readonly responseBody: Excerpt | null
}

/** What attempts have of their delivery. */
type Common =
  | ('organizationId' | 'deliveryId' | 'lane' | 'endpointId')
  | ('messageId' | 'messageAt' | 'eventSequence' | 'subjectId')

/** Which deliveries of an owner are wanted; what is left out keeps all. */
export type RecordFilter = {
  readonly state?: DeliveryState | undefined
  readonly statusClass?: StatusClass | undefined
  /** Of `at`, the first instant that is wanted, and the first that is not. */
  readonly since?: Instant | undefined
  readonly until?: Instant | undefined
  readonly subjectId?: string | undefined
  readonly cause?: { readonly sequence: number; readonly at: Instant } | undefined
  /** Of the event that caused it, as the log of events calls them. */
  readonly causeTypes?: readonly string[] | undefined
}
