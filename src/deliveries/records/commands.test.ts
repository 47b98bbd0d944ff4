import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { testVault } from '../../../test/support/delivery-world.ts'
import { endpointOf, organizationId, owingWorlds, send, waiting } from '../../../test/support/owed-deliveries.ts'
import { instant } from '../../lib/time.ts'
import { lanes } from '../delivery.ts'
import { countRecordsOf, recordsOf } from './commands.ts'

const owing = owingWorlds()
const url = 'https://desk.example/'
const owner = { organizationId, ownerId: `WH ${url}` }

it('what waits is in the list whatever lane it is in', async () => {
  const world = await owing()
  const endpoint = await endpointOf(world, url)
  for (const lane of Object.values(lanes)) await send(world, endpoint, [{ lane }])
  const listed = await recordsOf(
    world.db.sql,
    { ...owner, vault: testVault },
    { limit: 100, offset: 0, filter: { state: 'waiting' } },
  )
  expect(listed.map(({ lane }) => lane).toSorted()).toEqual([lanes.page, lanes.ordered, lanes.live, lanes.replay])
  expect(await countRecordsOf(world.db.sql, owner, {})).toBe(4)
})

it('what waits for a URL that is left alone comes when that is over, but for pages', async () => {
  const world = await owing()
  const endpoint = await endpointOf(world, url)
  for (const lane of [lanes.page, lanes.live]) await send(world, endpoint, [{ lane }])
  const nextAttempts = async (pausedUntil: Date) => {
    await sql`update endpoints set paused_until = ${pausedUntil}`.execute(world.db.sql)
    const listed = await recordsOf(world.db.sql, { ...owner, vault: testVault }, { limit: 9, offset: 0, filter: {} })
    return Object.fromEntries(listed.map(({ lane, at }) => [lane, at]))
  }
  const dueAt = Number((await waiting(world))[0]?.due_at)
  expect(await nextAttempts(new Date(dueAt + 60_000))).toEqual({ [lanes.page]: dueAt, [lanes.live]: dueAt + 60_000 })
  expect(await nextAttempts(new Date(dueAt - 60_000))).toEqual({ [lanes.page]: dueAt, [lanes.live]: dueAt })
})

it('an attempt of which the delivery says nothing yet is not told of', async () => {
  const world = await owing({ behave: () => ({ afterMs: 10, status: 500 }) })
  await send(world, await endpointOf(world, url), [{}])
  await world.pass(1_000)
  const listed = async () => {
    const [record] = await recordsOf(world.db.sql, { ...owner, vault: testVault }, { limit: 1, offset: 0, filter: {} })
    return { status: record?.lastStatus, attempts: record?.attempts.map(({ number, status }) => [number, status]) }
  }
  expect(await listed()).toEqual({ status: 500, attempts: [[1, 500]] })
  // As a reader sees it that has read the delivery right before the attempt was written.
  await sql`update deliveries set attempt = 1, last_status = null`.execute(world.db.sql)
  expect(await listed()).toEqual({ status: null, attempts: [] })
})

describe('a long list of deliveries', () => {
  it('ends after 10,000, what is due first being first, and goes on from another instant', async () => {
    const world = await owing()
    await send(world, await endpointOf(world, url), [{}])
    await sql`insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at)
      select organization_id, endpoint_id, shard, lane, 1, due_at + n * interval '1 second', md5(n::text)::uuid, message_at
      from deliveries, generate_series(1, 10050) n`.execute(world.db.sql)
    const [first] = await waiting(world)
    const listed = (offset: number, since?: number) => {
      const filter = since === undefined ? {} : { since: instant(since) }
      return recordsOf(world.db.sql, { ...owner, vault: testVault }, { limit: 100, offset, filter })
    }
    expect(await countRecordsOf(world.db.sql, owner, {})).toBe(10_000)
    expect((await listed(0))[0]?.id).toBe(first?.id)
    const last = await listed(9_950)
    expect(last).toHaveLength(50)
    const dueAt = Number(first?.due_at)
    expect(last.at(-1)?.at).toBe(dueAt + 9_999_000)
    const rest = { since: instant(dueAt + 10_000_000) }
    expect(await countRecordsOf(world.db.sql, owner, rest)).toBe(51)
    expect((await listed(0, rest.since)).map(({ at }) => at)).toEqual(
      Array.from({ length: 51 }, (_, place) => dueAt + 10_000_000 + place * 1_000),
    )
  })
})
