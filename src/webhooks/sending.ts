import { type EndpointSettings, usualSettings } from '../deliveries/endpoint-settings.ts'
import { hours, type Ms } from '../lib/time.ts'

/** How a webhook's requests leave: each of it holds for each of its URLs by itself. */
export type Sending = EndpointSettings & {
  /** Who is told by mail when its receivers fail. */
  readonly failureEmail: string | null
  /** After this it is not tried any more, not even once; null: `usualAgeMax`. */
  readonly maxAgeMs: Ms | null
}

/**
 * Longer than every schedule of retries, and shorter than any log of what was sent is kept (eight days): receivers that ask for a day's patience
 * with each answer, or are asked seldom since they fail, would keep a message until its bytes are gone.
 */
export const usualAgeMax: Ms = hours(7.5 * 24)

/** What a webhook does that says nothing of it. */
export const usualSending: Sending = { ...usualSettings, failureEmail: null, maxAgeMs: null }

/** What the engine minds of it; the rest belongs to each delivery. */
export const settingsOf = ({ retry, timeoutMs, inFlightMax, rateMax, isOrdered }: Sending): EndpointSettings => ({
  retry,
  timeoutMs,
  inFlightMax,
  isOrdered,
  rateMax,
})

/** As the API shows it; durations are in seconds. */
export function shownSending({ failureEmail, retry, maxAgeMs, timeoutMs, inFlightMax, rateMax, isOrdered }: Sending) {
  return {
    failure_email: failureEmail,
    retry: typeof retry === 'string' ? retry : retry.map(inSeconds),
    max_age: maxAgeMs === null ? null : inSeconds(maxAgeMs),
    timeout: inSeconds(timeoutMs),
    max_in_flight: inFlightMax,
    rate_limit: rateMax,
    ordered: isOrdered,
  }
}

const inSeconds = (duration: Ms): number => duration / 1000
