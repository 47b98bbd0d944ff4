import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom, type GroupState } from '../../test/support/boiler-room.ts'
import { type StillWorld, stillStart, stillWorld } from '../../test/support/still-world.ts'
import { allShards, shardOf } from '../lib/shard.ts'
import { before, days, toDate } from '../lib/time.ts'
import type { Database } from '../ports.ts'
import { removeAllOldAlertGroups } from './retention-loop.ts'

let world: StillWorld
let room: BoilerRoom
const never = new AbortController().signal

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})

afterAll(() => world.close())

beforeEach(async () => {
  await removeAll()
})

const removeAll = (shards: readonly number[] = allShards) => removeAllOldAlertGroups(world.ports, () => shards, never)

/** A group that paged somebody, opened 900 days ago and, where it is over, resolved so many days ago. */
async function oldGroup(state: GroupState, resolvedDaysAgo: number, from: BoilerRoom = room): Promise<string> {
  const id = await from.newGroup()
  await world.runEscalations()
  if (state !== 'firing')
    await from.act(id, { acknowledged: 'acknowledge', silenced: 'silence', resolved: 'resolve' }[state], { delay: -1 })
  const resolvedAt = state === 'resolved' ? toDate(before(stillStart, days(resolvedDaysAgo))) : null
  await world.db.sql
    .updateTable('alert_groups')
    .set({ started_at: toDate(before(stillStart, days(900))), resolved_at: resolvedAt })
    .where('id', '=', id)
    .execute()
  return id
}

/** The tables that still know of the group, of those that do not lose it with their days. */
async function tablesAbout(id: string): Promise<readonly string[]> {
  const answer = await sql<{ readonly name: string }>`
    select 'alert_groups' as name from alert_groups where id = ${id}
    union select 'latest_alerts' from latest_alerts where alert_group_id = ${id}
    union select 'escalation_runs' from escalation_runs where subject_id = ${id}
    union select 'notification_runs' from notification_runs where subject_id = ${id}
    order by 1`.execute(world.db.sql)
  return answer.rows.map(({ name }) => name)
}

const all = ['alert_groups', 'escalation_runs', 'latest_alerts', 'notification_runs']

describe('an alert group', () => {
  test('that was resolved more than 400 days ago goes, with its newest payload and its runs', async () => {
    const [old, young] = [await oldGroup('resolved', 401), await oldGroup('resolved', 399)]
    expect(await tablesAbout(old)).toEqual(all)
    await removeAll()
    expect(await tablesAbout(old)).toEqual([])
    expect(await tablesAbout(young)).toEqual(all)
    expect((await room.crew.api('GET', `alert_groups/${old}/`)).status).toBe(404)
    expect((await room.show(young)).state).toBe('resolved')
  })

  test.each(['firing', 'acknowledged', 'silenced'] as const)('that is %s stays, however old it is', async (state) => {
    const id = await oldGroup(state, 0)
    await removeAll()
    expect(await tablesAbout(id)).toEqual(all)
  })

  test('goes in every organization, and only from the shards that are owned', async () => {
    const elsewhere = await boilerRoom(world, 'lighthouse')
    const [own, foreign] = [await oldGroup('resolved', 401), await oldGroup('resolved', 401, elsewhere)]
    await removeAll(allShards.filter((shard) => shard !== shardOf(foreign)))
    expect(await tablesAbout(foreign)).toEqual(all)
    expect(await tablesAbout(own)).toEqual(shardOf(own) === shardOf(foreign) ? all : [])
    await removeAll()
    expect([...(await tablesAbout(own)), ...(await tablesAbout(foreign))]).toEqual([])
  })

  test('that somebody works on is left to the next time, and holds up no other', async () => {
    const [held, free] = [await oldGroup('resolved', 402), await oldGroup('resolved', 401)]
    await world.db.tx('hold', async (tx) => {
      await tx.sql.selectFrom('alert_groups').select('id').where('id', '=', held).forUpdate().execute()
      await removeAll()
    })
    expect([await tablesAbout(held), await tablesAbout(free)]).toEqual([all, []])
    await removeAll()
    expect(await tablesAbout(held)).toEqual([])
  })
})

describe('thousands of old alert groups', () => {
  const insertOld = (count: number) =>
    sql`
      insert into alert_groups (organization_id, id, integration_id, route_id, shard, title, message, urgency, state, alerts_count,
        started_at, resolved_at)
      select ${room.crew.organizationId}, 'IOLD' || n, ${room.source.id}, ${room.source.default_route.id}, n % 64, 'Old', '', 'low',
        'resolved', 1, ${toDate(before(stillStart, days(500)))}::timestamptz, ${toDate(before(stillStart, days(450)))}::timestamptz
      from generate_series(1, ${count}::int) n`.execute(world.db.sql)

  const countOld = async () =>
    (await sql<{ count: number }>`select count(*)::int as count from alert_groups where id like 'IOLD%'`.execute(world.db.sql))
      .rows[0]?.count

  test('go a hundred per transaction, and a stop ends it between two', async () => {
    await insertOld(1_050)
    const stop = new AbortController()
    let transactions = 0
    const tx: Database['tx'] = (name, work) => {
      transactions += 1
      if (transactions === 3) stop.abort()
      return world.db.tx(name, work)
    }
    const ports = { ...world.ports, db: { ...world.db, tx } }
    await removeAllOldAlertGroups(ports, () => allShards, stop.signal)
    expect([transactions, await countOld()]).toEqual([3, 750])
    transactions = 10
    await removeAllOldAlertGroups(ports, () => allShards, never)
    expect([transactions, await countOld()]).toEqual([18, 0])
  })

  test('are found by an index, among many more that are young', async () => {
    // With connections of its own: PostgreSQL keeps the plans that it has made for a table when that was small.
    const fresh = await stillWorld()
    const { source, crew } = await boilerRoom(fresh, 'archive')
    await sql`
      insert into alert_groups (organization_id, id, integration_id, shard, title, message, urgency, state, alerts_count, started_at, resolved_at)
      select ${crew.organizationId}, 'IOLD' || n, ${source.id}, n % 64, '', '', 'low', 'resolved', 1, ${toDate(stillStart)}::timestamptz,
        ${toDate(stillStart)}::timestamptz - case when n <= 300 then interval '450 days' else interval '1 day' end
      from generate_series(1, 50000) n`.execute(fresh.db.sql)
    const reads = async () => {
      await sql`select pg_stat_force_next_flush()`.execute(fresh.db.sql)
      const answer = await sql<{ whole: number; rows: number }>`
        select seq_scan as whole, idx_tup_fetch as rows from pg_stat_user_tables where relname = 'alert_groups'`.execute(
        fresh.db.sql,
      )
      return answer.rows[0] ?? { whole: 0, rows: 0 }
    }
    await reads()
    const then = await reads()
    await removeAllOldAlertGroups(fresh.ports, () => allShards, never)
    const now = await reads()
    const left = await fresh.db.sql
      .selectFrom('alert_groups')
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirst()
    expect(left?.count).toBe(49_700)
    expect(now.whole - then.whole).toBe(0)
    expect(now.rows - then.rows).toBeLessThan(3_000)
    await fresh.close()
  })
})
