import type { RetryPlan } from '../deliveries/retry-plan.ts'
import { type Ms, seconds } from '../lib/time.ts'

/** How a webhook's requests leave: each of it holds for each of its URLs by itself. */
export type Sending = {
  /** Who is told by mail when its receivers fail. */
  readonly failureEmail: string | null
  readonly retry: RetryPlan
  /** After this it is not tried any more, not even once; null: until the retries are used up. */
  readonly maxAgeMs: Ms | null
  /** For a whole attempt. */
  readonly timeoutMs: Ms
  /** Requests under way at once. */
  readonly inFlightMax: number
  /** Requests a second, may be a fraction; null: as many as come. */
  readonly rateMax: number | null
  /** One at a time, in the order of the events. */
  readonly isOrdered: boolean
}

/** What a webhook does that says nothing of it. */
export const usualSending: Sending = {
  failureEmail: null,
  retry: 'standard',
  maxAgeMs: null,
  timeoutMs: seconds(15),
  inFlightMax: 8,
  rateMax: null,
  isOrdered: false,
}

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
