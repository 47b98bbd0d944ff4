import { after, between, type Instant, ms } from '../../lib/time.ts'

/** What an endpoint may still send, as it was at an instant: a request takes one token, and they come back by and by. */
export type Bucket = { readonly tokens: number; readonly at: Instant }

/** So many may leave at once after a rest: what a second brings, or one. */
const capacity = (perSecond: number): number => Math.max(1, perSecond)

export const fullBucket = (perSecond: number, now: Instant): Bucket => ({ tokens: capacity(perSecond), at: now })

/** The bucket after a request has left. */
export const afterRequest = (bucket: Bucket, perSecond: number, now: Instant): Bucket => ({
  tokens: tokensAt(bucket, perSecond, now) - 1,
  at: now,
})

/** How many requests may leave now. */
export const requestsFree = (bucket: Bucket, perSecond: number, now: Instant): number =>
  Math.floor(tokensAt(bucket, perSecond, now) + tolerance)

/** When the next one may leave; null: now. */
export function refillsAt(bucket: Bucket, perSecond: number, now: Instant): Instant | null {
  const missing = 1 - tokensAt(bucket, perSecond, now)
  return missing <= tolerance ? null : after(now, ms(Math.ceil((missing / perSecond) * 1000)))
}

/** Whether it holds all that it can, so that nothing is lost when it is forgotten. */
export const isFull = (bucket: Bucket, perSecond: number, now: Instant): boolean =>
  tokensAt(bucket, perSecond, now) >= capacity(perSecond)

/** Fractions do not add up to the last digit. */
const tolerance = 1e-9

/** A clock that was set back takes nothing away. */
function tokensAt({ tokens, at }: Bucket, perSecond: number, now: Instant): number {
  const gained = (Math.max(between(at, now), 0) / 1000) * perSecond
  return Math.min(tokens + gained, capacity(perSecond))
}
