import { type Instant, type Ms, after, seconds } from '../lib/time.ts'

/** How long a node keeps a shard without renewing. The other nodes wait this long when it dies. */
export const leaseMs: Ms = seconds(12)
export const renewEveryMs: Ms = seconds(3)

/** Kept clear of the lease's end, for a step that is under way and for clocks that run a little differently. */
const leaseMarginMs: Ms = seconds(3)

/** What is written when a node renews or takes a shard: now by the database's clock. */
export const leasedUntil = (databaseNow: Instant): Instant => after(databaseNow, leaseMs)

/** How many shards a node may hold so that all living nodes have work. */
export function fairShare(shardCount: number, nodeCount: number): number {
  return Math.ceil(shardCount / Math.max(nodeCount, 1))
}

/** What both clocks of a node say at one moment. */
export type Moment = { readonly monotonic: Ms; readonly now: Instant }

/**
 * Whether a node may trust a lease that it asked for at a moment. Both of its clocks must say so: the monotonic one stands still
 * while the machine is suspended, and the other one can be set back. One that is set forward costs a rest until the next renewal.
 */
export function isTrusted(asked: Moment, at: Moment): boolean {
  const trustMs = leaseMs - leaseMarginMs
  return at.monotonic - asked.monotonic < trustMs && at.now - asked.now < trustMs
}
