import type { EndpointId, MessageId, OrganizationId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { KeptBreaker } from './health/breaker.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

/**
 * Pages go first and replays last, but for one after every ten others; in between, what is ordered and what is not take turns. What is `ordered` leaves one after the
 * other for each endpoint, in the order in which it was owed: the next when the one before has arrived or is given up.
 */
export const lanes = { page: 0, ordered: 1, live: 2, replay: 3 } as const
export type Lane = (typeof lanes)[keyof typeof lanes]

/** One URL of a webhook, or a channel. `ownerId` is the webhook's id; for a channel its kind. */
export type EndpointKind = 'webhook' | 'mail'
export type EndpointKey = {
  readonly organizationId: OrganizationId
  readonly kind: EndpointKind
  readonly ownerId: string
  /** Null for a channel. */
  readonly url: string | null
}

export type NewEndpoint = EndpointKey & {
  /** Null for a channel, which the engine knows by itself. */
  readonly settings: EndpointSettings | null
}

/** An endpoint that is closed, for which something may still wait. `reason`, a sentence for people, says why that ends. */
export type ClosingEndpoint = {
  readonly organizationId: OrganizationId
  readonly id: EndpointId
  readonly ownerId: string
  readonly reason: string
}

/** A page as it goes out; who sends it is configured and no part of it. */
export type MailMessage = {
  readonly kind: 'mail'
  readonly target: string
  /** The whole mail (RFC 5322). */
  readonly body: Uint8Array
}

/** A request as it goes out, but for what differs between attempts (`webhook-timestamp`). */
export type HttpMessage = {
  readonly kind: 'http'
  readonly method: string
  readonly target: string
  /** Sealed at rest, because they may carry credentials. */
  readonly headers: Readonly<Record<string, string>>
  /** The headers as the response log shows them: JSON, Authorization masked. Sealed at rest, since others may be secrets, too. */
  readonly headersShown: string
  readonly body: Uint8Array | null
  /** As the response log shows it (contract grafana-oncall 3.7). */
  readonly requestTrigger: string
}

export type Message = MailMessage | HttpMessage

/** A page as it is stored: its links let whoever reads them act for a person. Made by `sealedMail`. */
export type SealedMail = { readonly kind: 'mail'; readonly target: string; readonly bodySealed: Uint8Array }

/** A request as it is stored. */
export type SealedHttp = Omit<HttpMessage, 'headers' | 'headersShown'> & {
  readonly headersSealed: Uint8Array | null
  readonly headersShownSealed: Uint8Array | null
}

/** What the log shows of a request that could not be made. It is never sent. */
export type FaultyRequest = Omit<SealedHttp, 'kind'> & { readonly kind: 'faulty' }

export type StoredMessage = SealedMail | SealedHttp

/** Something that is to be sent, as the slice that asks for it says it. Due at once. */
export type NewDelivery = {
  readonly organizationId: OrganizationId
  readonly endpointId: EndpointId
  readonly lane: Lane
  /** Every attempt carries it (`webhook-id`). Made by the caller: `newUuid<MessageId>(tx.now, tx.random.bytes)`. */
  readonly messageId: MessageId
  /** When its cause happened: the event's instant, or now for a page. The message and the event are found under this day. */
  readonly messageAt: Instant
  /** Null: rendered from the event right before the first attempt. */
  readonly message: StoredMessage | null
  /** The event that caused it; null for a page, and for an example. */
  readonly eventSequence: number | null
  /** All events that it tells of, where these are several; the first is the one that caused it. */
  readonly groupedSequences: readonly number[] | null
  /** What it is about (an alert group's id), for looking up what was answered before. */
  readonly subjectId: string | null
  /** A page's run (a UUID), so that an acknowledgement takes the page back. */
  readonly cancelKey: string | null
  /** Not tried after this, but for a page, which is tried once; null: until the schedule is used up. */
  readonly expiresAt: Instant | null
}

/** A delivery that is waiting, as the loop reads it. */
export type Delivery = {
  readonly id: number
  readonly organizationId: OrganizationId
  readonly endpointId: EndpointId
  readonly shard: number
  readonly lane: Lane
  /** The number of the attempt that is due; the first is 1. */
  readonly attempt: number
  /** Since when that attempt is due. */
  readonly dueAt: Instant
  readonly messageId: MessageId
  readonly messageAt: Instant
  readonly eventSequence: number | null
  readonly groupedSequences: readonly number[] | null
  readonly subjectId: string | null
  readonly cancelKey: string | null
  readonly expiresAt: Instant | null
  /** What the last attempt was answered; null: no answer, or there was none yet. */
  readonly lastStatus: number | null
  readonly endpoint: {
    readonly kind: EndpointKind
    readonly ownerId: string
    readonly url: string | null
    readonly closed: boolean
    /** It gets nothing any more, because it failed for too long or wanted that; what is owed to it is kept for a replay. */
    readonly isDisabled: boolean
    /** As it was kept last. */
    readonly breaker: KeptBreaker
    readonly settings: EndpointSettings | null
  }
}

export const isPage = ({ lane }: Delivery): boolean => lane === lanes.page
export const isOrdered = ({ lane }: Delivery): boolean => lane === lanes.ordered
export const isReplay = ({ lane }: Delivery): boolean => lane === lanes.replay

/** What a slice makes of a delivery that has no bytes yet. */
export type Rendered =
  | { readonly kind: 'message'; readonly message: HttpMessage }
  /** It can never be sent; the reason is a sentence for people. */
  | { readonly kind: 'dead'; readonly reason: string }
  /** The same, where the log is to show what there was of the request, with the fault in place of the part that has it. */
  | { readonly kind: 'faulty'; readonly reason: string; readonly request: HttpMessage }
  /** It is not wanted after all: kept in the log of dead deliveries, but nobody is told. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Not this time: tried again like a failed attempt. The detail is for the log. */
  | { readonly kind: 'failed'; readonly detail: string }
  /**
   * Not together with the others, which are enough: asked for again. Nothing leaves for its endpoint before `until`, but for pages, which
   * are asked for each second; null: at once.
   */
  | { readonly kind: 'later'; readonly until: Instant | null }

/** What an attempt means for its delivery. */
export type Verdict =
  | { readonly kind: 'success' }
  | { readonly kind: 'retry'; readonly dueAt: Instant }
  /** Not tried again; the reason is a sentence for people. */
  | { readonly kind: 'dead'; readonly reason: string }

/** How a delivery ended. */
export type Ending =
  | {
      readonly kind: 'delivered'
      /** The HTTP status; null for a mail. */
      readonly status: number | null
      readonly attemptId: string
      readonly attemptsCount: number
    }
  | {
      readonly kind: 'dead'
      readonly reason: string
      readonly status: number | null
      /** The last attempt; null when there was none. */
      readonly attemptId: string | null
      readonly attemptsCount: number
    }

/** How a delivery ended, for the slice that asked for it. */
export type DeliveryResult = {
  readonly organizationId: OrganizationId
  readonly lane: Lane
  readonly endpoint: {
    readonly id: EndpointId
    readonly kind: EndpointKind
    readonly ownerId: string
    readonly url: string | null
  }
  readonly messageId: MessageId
  readonly messageAt: Instant
  readonly eventSequence: number | null
  readonly subjectId: string | null
  readonly cancelKey: string | null
  readonly at: Instant
  readonly ending: Ending
}
