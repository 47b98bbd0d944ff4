import type { EndpointId, MessageId, OrganizationId } from '../lib/ids.ts'
import type { Excerpt } from '../lib/excerpt.ts'
import type { Instant, Ms } from '../lib/time.ts'
import type { Phases } from '../ports.ts'
import type { Lane } from './delivery.ts'

/** One try, as the log keeps it. */
export type Attempt = {
  readonly organizationId: OrganizationId
  /** A UUID of version 7: it has the instant at which the attempt began. */
  readonly id: string
  /** When it ended. */
  readonly at: Instant
  readonly deliveryId: number
  readonly lane: Lane
  readonly endpointId: EndpointId
  readonly messageId: MessageId
  readonly messageAt: Instant
  readonly eventSequence: number | null
  readonly subjectId: string | null
  readonly number: number
  /** Null: no request has left. */
  readonly isSigned: boolean | null
  /** `superseded`: its delivery had ended or moved on by other means when the answer came. */
  readonly outcome: 'success' | 'retry' | 'dead' | 'superseded'
  /** The HTTP status, null without an answer and for a mail. */
  readonly status: number | null
  /** What went wrong, or what a mail server answered; null when the status says all. */
  readonly detail: string | null
  readonly responseHeaders: Readonly<Record<string, string>> | null
  readonly responseBody: Uint8Array | null
  readonly responseTruncated: boolean
  /** The IP address that was called, where known. */
  readonly address: string | null
  /** All null for a mail. */
  readonly phases: Phases
  readonly durationMs: Ms
}

/** An attempt with what was sent, for the response log. */
export type LoggedAttempt = Attempt & {
  /** All events that it told of, where these are several. */
  readonly groupedSequences: readonly number[] | null
  /** Null when the message is past its time or was never rendered. */
  readonly message: {
    readonly target: string
    readonly headersShown: string
    readonly body: Excerpt | null
    readonly requestTrigger: string | null
  } | null
}

/** The same as it is stored. */
export type SealedAttempt = Omit<LoggedAttempt, 'message'> & {
  readonly message:
    | (Omit<NonNullable<LoggedAttempt['message']>, 'headersShown'> & { readonly headersShownSealed: Uint8Array | null })
    | null
}

/** What an owner's endpoint answered about a subject. */
export type SubjectAnswer = {
  readonly organizationId: OrganizationId
  readonly subjectId: string
  readonly ownerId: string
  /** Null when there was no answer. */
  readonly body: Uint8Array | null
}

export type Page = { readonly limit: number; readonly offset: number }
