import type { EndpointId, MessageId, OrganizationId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import type { Lane } from '../delivery.ts'

/** A delivery that has ended and may be sent again. */
export type EndedDelivery = {
  readonly organizationId: OrganizationId
  readonly id: number
  readonly state: 'delivered' | 'dead'
  readonly lane: Lane
  readonly endpoint: {
    readonly id: EndpointId
    /** The webhook's id. */
    readonly ownerId: string
    readonly url: string | null
  }
  readonly messageId: MessageId
  readonly messageAt: Instant
  readonly eventSequence: number | null
  readonly groupedSequences: readonly number[] | null
  readonly subjectId: string | null
}

/** What became of the wish to send it again. */
export type ReplayOutcome =
  /** By a new delivery. */
  | { readonly kind: 'owed'; readonly deliveryId: number }
  /** It is being sent again already. */
  | { readonly kind: 'waiting' }
  /** What was sent is past its time; other bytes under the same `webhook-id` would be another message. */
  | { readonly kind: 'forgotten' }
