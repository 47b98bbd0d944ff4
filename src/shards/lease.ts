import { type Instant, type Ms, after, ms, seconds } from '../lib/time.ts'

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

/** Until when, by its own monotonic clock, a node may trust a lease that it asked for at `askedAt`. */
export const trustedUntil = (askedAt: Ms): Ms => ms(askedAt + leaseMs - leaseMarginMs)
