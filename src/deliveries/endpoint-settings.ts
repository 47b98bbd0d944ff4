import { type Ms, seconds } from '../lib/time.ts'

/** How often, and after which pauses, what failed is tried again; `retry.ts` says which. */
export const retryPlans = ['standard', 'fast', 'squadcast', 'none'] as const

/** One of them, or the pauses themselves. */
export type RetryPlan = (typeof retryPlans)[number] | readonly Ms[]

/** What the owner of an endpoint decides about the requests to it. */
export type EndpointSettings = {
  readonly retry: RetryPlan
  /** For a whole attempt. */
  readonly timeoutMs: Ms
  /** Requests under way at once. */
  readonly inFlightMax: number
  /** One at a time of what is no page, also of what is sent again. */
  readonly isOrdered: boolean
  /** Requests a second, may be a fraction; null: as many as come. */
  readonly rateMax: number | null
}

/** Those of a webhook that says nothing about it. */
export const usualSettings: EndpointSettings = {
  retry: 'standard',
  timeoutMs: seconds(15),
  inFlightMax: 8,
  isOrdered: false,
  rateMax: null,
}
