import { type NodeId, newUuid } from '../lib/ids.ts'
import { shardCount } from '../lib/shard.ts'
import { type Instant, type Ms, before, seconds } from '../lib/time.ts'
import type { Ports, Tx } from '../ports.ts'
import { clockWatch } from './clock-watch.ts'
import { fairShare, isTrusted, leaseMs, leasedUntil, type Moment, renewEveryMs } from './lease.ts'
import {
  countLivingNodes,
  forgetDeadNodes,
  forgetNode,
  type Lease,
  markSeen,
  releaseShards,
  renewLeases,
  takeAllShards,
  takeFreeShards,
} from './store.ts'

/** The shards that this node may work on right now. */
export type ShardKeeper = {
  readonly nodeId: NodeId
  /** Empty as soon as the node could not renew in time, by its own clocks: it stops before another one starts. */
  owned(): readonly number[]
  /** Whether the last renewal still counts. A node may own nothing all the same: another one has not given anything back yet. */
  isLeased(): boolean
  /** How far this machine's clock was ahead of the database's at the last renewal. */
  clockAheadMs(): Ms
  /** Takes shards before the loops start. With the embedded database: all of them, at once. */
  start(): Promise<void>
  /** Renews until the signal aborts. */
  run(stop: AbortSignal): Promise<void>
  /** Gives everything back at once, so that the others need not wait for the leases to end. */
  release(): Promise<void>
}

type KeeperOptions = {
  readonly ports: Ports
  /** True when nobody else can be on this database. */
  readonly alone: boolean
  /** Called when the shards have changed, so that the loops look at their new work. */
  readonly onChange: () => void
  /** Shards with requests still under way: given to another node only when those have ended. */
  readonly busy: () => ReadonlySet<number>
}

const retryAfterFailure: Ms = seconds(1)

export function shardKeeper({ ports, alone, onChange, busy }: KeeperOptions): ShardKeeper {
  const { clock, db, log, random } = ports
  const nodeId = newUuid<NodeId>(clock.now(), random.bytes)
  let owned: readonly number[] = []
  let draining: readonly number[] = []
  const clocks = clockWatch(log)
  /** When the last lease was asked for; null before the first one. */
  let asked: Moment | null = null
  const moment = (): Moment => ({ monotonic: clock.monotonic(), now: clock.now() })
  const isLeased = (): boolean => asked !== null && (alone || isTrusted(asked, moment()))

  const lease = async (): Promise<void> => {
    const askedAt = moment()
    const wasCutOff = asked !== null && !isLeased()
    const databaseNow = await db.now()
    clocks.note(databaseNow, { from: askedAt.now, to: clock.now() })
    const renewal = { nodeId, now: databaseNow, until: leasedUntil(databaseNow), wasCutOff }
    const held = await db.tx('lease shards', async (tx) => {
      await markSeen(tx, nodeId, databaseNow)
      if (alone) return { owned: await takeAllShards(tx, renewal), draining: [] }
      const releasable = draining.filter((shard) => !busy().has(shard))
      return leaseFairShare(tx, renewal, releasable)
    })
    // Loops that looked while the lease had lapsed found nothing to do, and sleep.
    const changed = !isLeased() || held.owned.join() !== owned.join()
    owned = held.owned
    draining = held.draining
    asked = askedAt
    if (changed) {
      log.info('shards leased', { node_id: nodeId, count: owned.length })
      onChange()
    }
  }

  return {
    nodeId,
    owned: () => (isLeased() ? owned : []),
    isLeased,
    clockAheadMs: clocks.aheadMs,
    start: lease,
    run: async (stop) => {
      // Nobody else can be there, so nothing has to be renewed.
      if (alone) return
      let pause = renewEveryMs
      while (!stop.aborted) {
        await clock.wait(pause, stop)
        if (stop.aborted) break
        try {
          await lease()
          pause = renewEveryMs
        } catch (fault) {
          log.warn('lease not renewed', { node_id: nodeId, error: String(fault) })
          pause = retryAfterFailure
        }
      }
    },
    release: async () => {
      const given = [...owned, ...draining]
      owned = []
      await db.tx('release shards', async (tx) => {
        await releaseShards(tx, nodeId, given)
        await forgetNode(tx, nodeId)
      })
    },
  }
}

type Renewal = Lease & {
  readonly now: Instant
  /**
   * This node could not renew in time, so perhaps nobody could. The others get one renewal to come back, since they know what they
   * have sent and could not write yet.
   */
  readonly wasCutOff: boolean
}

/** What is above the fair share is first only left alone, and released by a later renewal when nothing of it is under way. */
async function leaseFairShare(tx: Tx, renewal: Renewal, releasable: readonly number[]) {
  await releaseShards(tx, renewal.nodeId, releasable)
  const seenSince = before(renewal.now, leaseMs)
  await forgetDeadNodes(tx, seenSince)
  const share = fairShare(shardCount, await countLivingNodes(tx, seenSince))
  const renewed = (await renewLeases(tx, renewal)).toSorted((a, b) => a - b)
  const owned = renewed.slice(0, share)
  const endedBy = renewal.wasCutOff ? null : renewal.now
  const count = share - renewed.length
  const taken = count > 0 ? await takeFreeShards(tx, { ...renewal, count, endedBy }) : []
  return { owned: [...owned, ...taken].toSorted((a, b) => a - b), draining: renewed.slice(share) }
}
