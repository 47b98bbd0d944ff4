/** What an inbound contract made of one alert. */
export type Signal = {
  readonly title: string
  /** What a page says beside the title: plain text. */
  readonly message: string
  /** Alerts with one key belong together while their group is open; null: this one stands alone. */
  readonly groupingKey: string | null
  /** The source says that it is over. */
  readonly resolves: boolean
  /** Where the alert can be looked at in its own tool. */
  readonly sourceLink: string | null
  readonly payload: Payload
}

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

export function keepPayload(json: Buffer): Payload {
  return json.length <= payloadBytesMax
    ? { json, truncated: false }
    : { json: json.subarray(0, payloadBytesMax), truncated: true }
}
