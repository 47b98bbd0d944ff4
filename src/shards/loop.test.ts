import { beforeEach, describe, expect, it } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { testRandom } from '../../test/support/server.ts'
import { openDatabase } from '../db/open.ts'
import type { NodeId } from '../lib/ids.ts'
import { type Instant, instant, ms } from '../lib/time.ts'
import type { Clock, Ports } from '../ports.ts'
import { type ShardKeeper, shardKeeper } from './loop.ts'

/** Nodes on one database, driven by one clock that the test moves. Renewals happen when the test says so. */
describe('shards', () => {
  let world: Awaited<ReturnType<typeof newWorld>>
  beforeEach(async () => {
    world = await newWorld()
  })

  it('the first node takes all shards, and a second one gets its half', async () => {
    const first = world.node()
    await first.start()
    expect(first.owned()).toHaveLength(64)
    const second = world.node()
    await second.start()
    expect(second.owned()).toHaveLength(0)
    await world.renew(first)
    await world.renew(first)
    await world.renew(second)
    expect(first.owned()).toHaveLength(32)
    expect(second.owned()).toHaveLength(32)
    expect(new Set([...first.owned(), ...second.owned()]).size).toBe(64)
  })

  it('a shard with a request under way is not given away', async () => {
    const busy = new Set([40, 63])
    const first = world.node({ busy })
    await first.start()
    const second = world.node()
    await second.start()
    for (let round = 0; round < 4; round += 1) {
      await world.renew(first)
      await world.renew(second)
    }
    expect(second.owned()).toHaveLength(30)
    expect(second.owned()).not.toContain(40)
    expect(first.owned()).not.toContain(40)
    busy.clear()
    await world.renew(first)
    await world.renew(second)
    expect(second.owned()).toHaveLength(32)
  })

  it('a node that cannot renew stops by its own clock before another one may take over', async () => {
    const first = world.node()
    await first.start()
    world.pass(8_999)
    expect(first.owned()).toHaveLength(64)
    world.pass(1)
    expect(first.owned()).toEqual([])
    const second = world.node()
    await second.start()
    expect(second.owned()).toEqual([])
    world.pass(3_001)
    await world.renew(second)
    expect(second.owned()).toHaveLength(64)
  })

  it('a node that stalls within its own renewal holds up no other one', async () => {
    const first = world.node()
    await first.start()
    world.pass(12_001)
    const second = world.node()
    await world.whileHeld(first.nodeId, () => second.start())
    expect(second.owned()).toHaveLength(64)
  })

  it('a node that was suspended trusts no lease until it has renewed, although its monotonic clock stood still', async () => {
    const first = world.node()
    await first.start()
    world.suspend(9_000)
    expect(first.owned()).toEqual([])
    expect(first.isLeased()).toBe(false)
    await world.renew(first)
    expect(first.owned()).toHaveLength(64)
  })

  it('a node whose clock is set back stops in time all the same', async () => {
    const first = world.node()
    await first.start()
    world.suspend(-3_600_000)
    expect(first.owned()).toHaveLength(64)
    world.pass(9_000)
    expect(first.owned()).toEqual([])
  })

  it('a node that has to wait for its share is leased, and one that cannot renew is not', async () => {
    const [first, second] = [world.node(), world.node()]
    expect(first.isLeased()).toBe(false)
    await first.start()
    await second.start()
    expect([second.owned().length, second.isLeased()]).toEqual([0, true])
    world.pass(9_000)
    expect([first.isLeased(), second.isLeased()]).toEqual([false, false])
  })

  it('after an outage of the database each node goes on with what it had, whoever is back first', async () => {
    const [first, second] = await world.twoNodes()
    const [ofFirst, ofSecond] = [first.owned(), second.owned()]
    world.pass(60_000)
    await world.renew(first)
    expect(first.owned()).toEqual(ofFirst)
    await world.renew(second)
    await world.renew(first)
    expect([first.owned(), second.owned()]).toEqual([ofFirst, ofSecond])
  })

  it('what a node does not come back for after an outage is taken by the next renewal', async () => {
    const [first] = await world.twoNodes()
    world.pass(60_000)
    await world.renew(first)
    expect(first.owned()).toHaveLength(32)
    await world.renew(first)
    expect(first.owned()).toHaveLength(64)
  })

  it('what a node gives back at its end is free at once', async () => {
    const first = world.node()
    await first.start()
    await first.release()
    expect(first.owned()).toEqual([])
    const second = world.node()
    await second.start()
    expect(second.owned()).toHaveLength(64)
  })

  it('with the embedded database a start takes all shards at once, whoever held them', async () => {
    await world.node().start()
    const restarted = world.node({ alone: true })
    await restarted.start()
    expect(restarted.owned()).toHaveLength(64)
  })
})

async function newWorld() {
  const connection = await freshDatabase()
  let now = 1_790_000_000_000
  let suspendedMs = 0
  const clock: Clock = { now: (): Instant => instant(now), monotonic: () => ms(now - suspendedMs), wait: async () => {} }
  const opened = openDatabase({ connection, poolSize: 2, clock, random: testRandom, log: silentLog, onWake: () => {} })
  const db = { ...opened, now: async () => instant(now) }
  const send: Ports['send'] = { http: unused, mail: unused }
  const ports: Ports = { clock, random: testRandom, db, log: silentLog, send }
  const node = ({ alone = false, busy = new Set<number>() } = {}): ShardKeeper =>
    shardKeeper({ ports, alone, busy: () => busy, onChange: () => {} })
  /** One renewal, a moment after the last. */
  const renew = async (keeper: ShardKeeper): Promise<void> => {
    now += 10
    await keeper.start()
  }
  return {
    pass: (milliseconds: number) => void (now += milliseconds),
    /** Time goes on and the monotonic clock does not. */
    suspend: (milliseconds: number) => {
      now += milliseconds
      suspendedMs += milliseconds
    },
    node,
    /** Does the work while somebody else has the node's row locked. */
    whileHeld: (id: NodeId, work: () => Promise<void>) =>
      db.tx('hold', async (tx) => {
        await tx.sql.selectFrom('nodes').select('id').where('id', '=', id).forUpdate().execute()
        await work()
      }),
    renew,
    /** Two that have come to their shares. */
    twoNodes: async (): Promise<readonly [ShardKeeper, ShardKeeper]> => {
      const [first, second] = [node(), node()]
      await first.start()
      await second.start()
      await renew(first)
      await renew(first)
      await renew(second)
      return [first, second]
    },
  }
}

async function unused(): Promise<never> {
  throw new Error('nothing is sent here')
}
