import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseWithEndpoints, endpointId } from '../../../test/support/endpoint-rows.ts'
import { testNow } from '../../../test/support/server.ts'
import type { OpenDatabase } from '../../db/open.ts'
import { allShards } from '../../lib/shard.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { type Delivery, type Lane, lanes } from '../delivery.ts'
import { dueDeliveries, nextDueAt, oldestDue } from './due-store.ts'

let db: OpenDatabase
beforeAll(async () => {
  // One connection, so that what it has counted is what these tests have done.
  db = await databaseWithEndpoints({ count: 30, poolSize: 1 })
})
afterAll(() => db.close())

const endpoints = (deliveries: readonly Delivery[]): readonly number[] =>
  deliveries.map(({ endpointId: id }) => Number(id.slice(-2)))

type Backlog = { readonly endpoint: number; readonly count: number; readonly lane: Lane; readonly dueInMs: number }

const fill = ({ endpoint, count, lane, dueInMs }: Backlog) =>
  sql`insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at)
    select 'O1', ${endpointId(endpoint)}::uuid, ${endpoint}::int % 64, ${lane}::smallint, 1, ${new Date(testNow + dueInMs)},
      gen_random_uuid(), ${new Date(testNow)}
    from generate_series(1, ${count}::int)`.execute(db.sql)

const query = {
  shards: allShards,
  now: testNow,
  positions: [],
  held: [],
  free: [2, 1].map((endpoint) => ({ endpointId: endpointId(endpoint), pages: 8, others: 8, replays: 8, isReplaysTurn: false })),
  pagesOnly: false,
  perEndpointMax: { webhook: 8, mail: 32 },
  limit: 64,
}

const comesNext = (shards: readonly number[], now: Instant) => nextDueAt(db.sql, { shards, positions: [], now })

/** What the server says that it has read of the table since the last time. */
async function reads(): Promise<{ readonly whole: number; readonly byIndex: number }> {
  await sql`select pg_stat_force_next_flush()`.execute(db.sql)
  const answer = await sql<{ whole: number; by_index: number }>`
    select t.seq_scan as whole, (select sum(idx_tup_read)::int8 from pg_stat_user_indexes i where i.relid = t.relid) as by_index
    from pg_stat_user_tables t where t.relname = 'deliveries'`.execute(db.sql)
  return { whole: answer.rows[0]?.whole ?? 0, byIndex: answer.rows[0]?.by_index ?? 0 }
}

describe('what is due', () => {
  it('is found in an empty table', async () => {
    expect(await dueDeliveries(db.sql, query)).toEqual({ deliveries: [], surplus: [], heads: [] })
    expect(await comesNext(allShards, testNow)).toBeNull()
    expect(await oldestDue(db.sql, allShards, testNow)).toEqual(new Map())
  })

  it('is a few per endpoint, the page first, then whose turn was longest ago, however long others have waited', async () => {
    await fill({ endpoint: 1, count: 50_000, lane: lanes.live, dueInMs: -60_000 })
    await fill({ endpoint: 2, count: 3, lane: lanes.live, dueInMs: -90_000 })
    await fill({ endpoint: 3, count: 1, lane: lanes.page, dueInMs: -1 })
    await fill({ endpoint: 4, count: 1, lane: lanes.page, dueInMs: 1 })
    const due = await dueDeliveries(db.sql, query)
    expect(endpoints(due.deliveries)).toEqual([3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1])
    expect(endpoints(due.surplus)).toEqual([1])
    const others = await dueDeliveries(db.sql, { ...query, free: query.free.toReversed() })
    expect(endpoints(others.deliveries)).toEqual([3, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2])
    const [known] = query.free.slice(-1)
    const unknownFirst = await dueDeliveries(db.sql, { ...query, free: known === undefined ? [] : [known] })
    expect(endpoints(unknownFirst.deliveries)).toEqual([3, 2, 1, 1, 1, 1, 1, 1, 1, 1])
  })

  it('is the first replay of an endpoint before what is fresh, but after pages, where it is its turn', async () => {
    await fill({ endpoint: 28, count: 3, lane: lanes.replay, dueInMs: -1 })
    await fill({ endpoint: 28, count: 2, lane: lanes.live, dueInMs: -1 })
    await fill({ endpoint: 28, count: 1, lane: lanes.page, dueInMs: -1 })
    const free = { endpointId: endpointId(28), pages: 8, others: 8, replays: 2 }
    const lanesOf = async (isReplaysTurn: boolean) => {
      const due = await dueDeliveries(db.sql, { ...query, shards: [28], free: [{ ...free, isReplaysTurn }] })
      return [due.deliveries, due.surplus].map((some) => some.map(({ lane }) => lane))
    }
    const { page, live, replay } = lanes
    expect(await lanesOf(false)).toEqual([[page, live, live, replay, replay], [replay]])
    expect(await lanesOf(true)).toEqual([[page, replay, live, live, replay], [replay]])
    await sql`delete from deliveries where endpoint_id = ${endpointId(28)}::uuid`.execute(db.sql)
  })

  it('leaves out what is held, and says where more waits than there are slots', async () => {
    const held = (await dueDeliveries(db.sql, query)).deliveries.map(({ id }) => id).slice(0, 2)
    const free = [
      { endpointId: endpointId(1), pages: 0, others: 0, replays: 0, isReplaysTurn: false },
      { endpointId: endpointId(2), pages: 8, others: 8, replays: 8, isReplaysTurn: false },
    ]
    const due = await dueDeliveries(db.sql, { ...query, held, free })
    expect(endpoints(due.deliveries)).toEqual([2, 2])
    expect(endpoints(due.surplus)).toEqual([1])
  })

  it('is one for a webhook of which nothing is known', async () => {
    const due = await dueDeliveries(db.sql, { ...query, free: [] })
    expect(endpoints(due.deliveries)).toEqual([3, 2, 1])
    expect(endpoints(due.surplus)).toEqual([2, 1])
  })

  it('is only pages of an endpoint that is paused, which comes due again when the pause is over', async () => {
    const pause = (endpoint: number, inMs: number | null) =>
      sql`update endpoints set paused_until = ${inMs === null ? null : new Date(testNow + inMs)} where id = ${endpointId(endpoint)}`.execute(
        db.sql,
      )
    for (const endpoint of [1, 2, 3]) await pause(endpoint, 500 * endpoint)
    const due = await dueDeliveries(db.sql, query)
    expect([endpoints(due.deliveries), endpoints(due.surplus)]).toEqual([[3], []])
    expect(await comesNext([1, 2], testNow)).toBe(testNow + 500)
    for (const endpoint of [1, 2, 3]) await pause(endpoint, 0)
    expect(endpoints((await dueDeliveries(db.sql, query)).deliveries).length).toBe(12)
    expect(await comesNext([1, 2], testNow)).toBeNull()
    for (const endpoint of [1, 2, 3]) await pause(endpoint, null)
  })

  it('is nothing but pages of an endpoint whose pause this process knows', async () => {
    const due = await dueDeliveries(db.sql, {
      ...query,
      free: [{ endpointId: endpointId(1), pages: 8, others: -1, replays: -1, isReplaysTurn: false }],
    })
    expect([endpoints(due.deliveries), endpoints(due.surplus)]).toEqual([[3, 2], [2]])
  })

  it('is pages alone where there is room for nothing else', async () => {
    const due = await dueDeliveries(db.sql, { ...query, pagesOnly: true })
    expect([endpoints(due.deliveries), endpoints(due.surplus)]).toEqual([[3], []])
  })

  it('costs a few rows per endpoint, however long the backlog, although the table was never analysed', async () => {
    await reads()
    const before = await reads()
    for (let round = 0; round < 10; round += 1) await dueDeliveries(db.sql, query)
    for (let round = 0; round < 10; round += 1) await comesNext(allShards, testNow)
    for (let round = 0; round < 10; round += 1) await oldestDue(db.sql, allShards, testNow)
    const now = await reads()
    expect(now.whole - before.whole).toBe(0)
    expect(now.byIndex - before.byIndex).toBeLessThan(500)
  })

  it('comes next at the first instant after now', async () => {
    expect(await comesNext(allShards, testNow)).toBe(testNow + 1)
    expect(await comesNext(allShards, instant(testNow + 1))).toBeNull()
    expect(await comesNext([5, 6], testNow)).toBeNull()
  })

  it('is of what is ordered the first of its endpoint only, and what has had its time', async () => {
    await fill({ endpoint: 21, count: 10_000, lane: lanes.ordered, dueInMs: -1_000 })
    await fill({ endpoint: 22, count: 3, lane: lanes.ordered, dueInMs: -1_000 })
    const own = { ...query, shards: [21, 22] }
    const due = await dueDeliveries(db.sql, own)
    expect(endpoints(due.deliveries)).toEqual([21, 22])
    expect(due.heads).toEqual(due.deliveries)
    const held = due.deliveries.map(({ id }) => id)
    expect(await dueDeliveries(db.sql, { ...own, held })).toEqual({ deliveries: [], surplus: [], heads: [] })
    expect(await comesNext(own.shards, testNow)).toBeNull()
    const first = held[1] ?? 0
    await sql`update deliveries set due_at = ${new Date(testNow + 5_000)} where id = ${first}`.execute(db.sql)
    expect(endpoints((await dueDeliveries(db.sql, own)).deliveries)).toEqual([21])
    expect(await comesNext(own.shards, testNow)).toBe(testNow + 5_000)
    await sql`update deliveries set expires_at = ${new Date(testNow)} where id = ${first + 2}`.execute(db.sql)
    const late = await dueDeliveries(db.sql, own)
    expect(late.deliveries.map(({ id }) => id - first)).toEqual([expect.any(Number), 2])
    // What has had its time says nothing of what comes before it.
    expect(endpoints(late.heads)).toEqual([21])
  })

  it('costs a few rows per endpoint where thousands are ordered', async () => {
    await reads()
    const before = await reads()
    for (let round = 0; round < 10; round += 1) await dueDeliveries(db.sql, { ...query, shards: [21, 22] })
    for (let round = 0; round < 10; round += 1) await comesNext([21, 22], testNow)
    const now = await reads()
    expect(now.whole - before.whole).toBe(0)
    expect(now.byIndex - before.byIndex).toBeLessThan(400)
  })

  it('has been due for so long, in each lane, but not while its endpoint is paused', async () => {
    const pause = (until: number) =>
      sql`update endpoints set paused_until = ${new Date(until)} where id = ${endpointId(2)}`.execute(db.sql)
    const oldest = async () => [...(await oldestDue(db.sql, allShards, testNow))].toSorted(([a], [b]) => a - b)
    const others = [
      [lanes.page, testNow - 1],
      [lanes.ordered, testNow - 1_000],
    ]
    expect(await oldest()).toEqual([...others, [lanes.live, testNow - 90_000]])
    await pause(testNow + 1_000)
    expect(await oldest()).toEqual([...others, [lanes.live, testNow - 60_000]])
    await pause(testNow - 70_000)
    expect(await oldest()).toEqual([...others, [lanes.live, testNow - 70_000]])
  })
})
