import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseWithEndpoints, endpointId } from '../../../test/support/endpoint-rows.ts'
import { testNow } from '../../../test/support/server.ts'
import type { OpenDatabase } from '../../db/open.ts'
import type { DB } from '../../db/schema.ts'
import { allShards } from '../../lib/shard.ts'
import { after, seconds } from '../../lib/time.ts'
import { type Lane, lanes } from '../delivery.ts'
import { dueDeliveries, nextDueAt } from './due-store.ts'
import { settleDeliveries } from '../finish-store.ts'
import { newPositions } from './positions.ts'
import { newResultLooks } from '../results/looks.ts'
import { deleteResults, dueResults, nextResultAt } from '../results/store.ts'

const endpointCount = 10
const now = after(testNow, seconds(60))

let db: OpenDatabase
beforeAll(async () => {
  db = await databaseWithEndpoints({ count: endpointCount, poolSize: 2 })
})
afterAll(() => db.close())

describe('a drain', () => {
  it.each([
    { of: 'what is in no order', lane: lanes.live, perEndpoint: 400 },
    // One at a time of each endpoint.
    { of: 'what is ordered', lane: lanes.ordered, perEndpoint: 80 },
  ])(
    'of $of reads no more of the index while somebody holds a snapshot from before it',
    async (waiting) => {
      const held = await holdSnapshot()
      const first = await drain(waiting)
      for (let round = 0; round < 3; round += 1) await drain(waiting)
      const last = await drain(waiting)
      await held.release()
      // Each of the five leaves entries in the index that the snapshot keeps, as many as it has taken.
      expect(last).toBeLessThan(first * 1.2)
    },
    60_000,
  )
})

describe('what deliveries came to', () => {
  it('is taken with no more looks into the index while somebody holds a snapshot from before it', async () => {
    const held = await holdSnapshot()
    // PostgreSQL 15 reads a table that it has seen empty without its indexes.
    await takeAllResults()
    const first = await takeAllResults()
    for (let round = 0; round < 3; round += 1) await takeAllResults()
    const last = await takeAllResults()
    await held.release()
    expect(last).toBeLessThan(first * 1.2)
  })
})

const looks = newResultLooks()

/** Takes 2,000 results, as the loops do, and returns how many entries of the index were read for that. */
async function takeAllResults(): Promise<number> {
  await sql`insert into delivery_results (organization_id, shard, lane, endpoint_id, message_id, message_at, result, at, due_at)
    select 'O1', e.shard, 2, e.id, gen_random_uuid(), ${new Date(testNow)}, '{}', ${new Date(testNow)}, ${new Date(testNow)}
    from endpoints e cross join generate_series(1, 200)`.execute(db.sql)
  const before = await entriesRead('delivery_results_%')
  for (let left = 2_000; left > 0; ) {
    const wanted = { lanes: [lanes.live], shards: allShards, afterId: looks.forLook({ shards: allShards, now }) }
    const ids = await dueResults(db.sql, { ...wanted, now, limit: 100 })
    // Results that a look does not find would be waited for without an end.
    expect(ids.length).toBeGreaterThan(0)
    await db.tx('test', (tx) => deleteResults(tx, ids))
    looks.note(ids)
    await nextResultAt(db.sql, wanted)
    left -= ids.length
  }
  return (await entriesRead('delivery_results_%')) - before
}

/** As a backup does, or somebody who forgot a transaction. */
async function holdSnapshot() {
  const release = Promise.withResolvers<void>()
  const isHeld = Promise.withResolvers<void>()
  const ended = db.sql.connection().execute(async (own: Kysely<DB>) => {
    await sql`set idle_in_transaction_session_timeout = 0`.execute(own)
    await sql`begin isolation level repeatable read`.execute(own)
    await sql`select from deliveries`.execute(own)
    isHeld.resolve()
    await release.promise
    await sql`commit`.execute(own)
  })
  await isHeld.promise
  return {
    release: () => {
      release.resolve()
      return ended
    },
  }
}

type Waiting = { readonly lane: Lane; readonly perEndpoint: number }

/** Takes and ends deliveries, as the loop does, and returns how many entries of the index were read for that. */
async function drain({ lane, perEndpoint }: Waiting): Promise<number> {
  await sql`insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at)
    select 'O1', e.id, e.shard, ${lane}::smallint, 1, ${new Date(testNow)}, gen_random_uuid(), ${new Date(testNow)}
    from endpoints e cross join generate_series(1, ${perEndpoint}::int)`.execute(db.sql)
  const before = await entriesRead()
  for (let left = endpointCount * perEndpoint; left > 0; ) {
    const count = await takeAndEnd()
    // Due rows that a look does not find would be waited for without an end.
    expect(count).toBeGreaterThan(0)
    left -= count
  }
  return (await entriesRead()) - before
}

const positions = newPositions()
const free = Array.from({ length: endpointCount }, (_, index) => ({
  endpointId: endpointId(index + 1),
  pages: 8,
  others: 8,
  replays: 8,
  isReplaysTurn: false,
}))

/** Returns how many deliveries that were. */
async function takeAndEnd(): Promise<number> {
  const { deliveries, surplus, heads } = await dueDeliveries(db.sql, {
    shards: allShards,
    now,
    positions: positions.forLook({ shards: allShards, now }),
    held: [],
    free,
    perEndpointMax: { webhook: 8, mail: 32 },
    pagesOnly: false,
    limit: 64,
  })
  positions.note([...deliveries, ...surplus], (delivery) => deliveries.includes(delivery))
  positions.noteHeads(heads)
  const conclusions = deliveries.map((delivery) => ({
    delivery,
    verdict: { kind: 'success' } as const,
    attempt: null,
    sign: null,
  }))
  await db.tx('test', (tx) => settleDeliveries(tx, conclusions))
  await nextDueAt(db.sql, { shards: allShards, positions: positions.of(allShards), now })
  return deliveries.length
}

async function entriesRead(index = 'deliveries_%'): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(db.sql)
  const answer = await sql<{ count: number }>`
    select sum(idx_tup_read)::int8 as count from pg_stat_user_indexes where indexrelname like ${index}`.execute(db.sql)
  return answer.rows[0]?.count ?? 0
}
