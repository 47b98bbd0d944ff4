import type { Urgency } from '../notifications/urgency.ts'

/** What an inbound contract made of one alert. */
export type Signal = Meaning & {
  /** Alerts with one key belong together while their group is open; null: this one stands alone. */
  readonly groupingKey: string | null
  readonly payload: Payload
}

type Meaning =
  /** Joins the open group of its key, or opens one. */
  | { readonly action: 'open'; readonly opening: Opening }
  /**
   * The source says that somebody has taken it over, or that it is over. When no group of the key is open, a group is
   * opened that is in that state at once; without an `opening` the signal is ignored then.
   */
  | { readonly action: SourceAction; readonly opening: Opening | null }
  /** Nothing to act on; a person is told why. */
  | { readonly action: 'ignore'; readonly opening: null; readonly reason: string }

/** What a source can do to an alert group that is there. */
export type SourceAction = 'acknowledge' | 'resolve'

/** What an alert group says that begins with this signal. */
export type Opening = {
  readonly title: string
  /** What a page says beside the title: plain text. */
  readonly message: string
  /** Where the alert can be looked at in its own tool. */
  readonly sourceLink: string | null
  /** Null: as its source says of all its alerts. */
  readonly urgency: Urgency | null
  readonly labels: Labels
}

/** What a source says of an alert in short words, such as `severity: critical`; lists are filtered by it. */
export type Labels = Readonly<Record<string, string>>

/** The body as received, as JSON text; numbers and key order are the sender's. */
export type Payload = {
  readonly json: Buffer
  /** Only the first `payloadBytesMax` were kept. */
  readonly truncated: boolean
}

/** How much of a payload is kept. Longer ones are accepted, since a monitoring tool would drop the alert for good. */
export const payloadBytesMax = 1024 * 1024

export const titleLengthMax = 500
export const messageLengthMax = 4000

/** How many labels a group has at most, and how long their keys and values are. */
export const labelsMax = 64
export const labelLengthMax = 200

export function keepPayload(json: Buffer): Payload {
  return json.length <= payloadBytesMax
    ? { json, truncated: false }
    : { json: json.subarray(0, payloadBytesMax), truncated: true }
}
