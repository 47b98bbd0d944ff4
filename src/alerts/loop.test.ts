import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom, type Source } from '../../test/support/boiler-room.ts'
import { baseUrl, type Crew, type StillWorld, stillStart, stillWorld } from '../../test/support/still-world.ts'
import { allShards, shardOf } from '../lib/shard.ts'
import { after, days, minutes, seconds } from '../lib/time.ts'
import type { Database } from '../ports.ts'
import { alertsLoop } from './loop.ts'

let world: StillWorld
let room: BoilerRoom
let crew: Crew
let source: Source

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  crew = room.crew
})

afterAll(() => world.close())

beforeEach(async () => {
  world.setTime(stillStart)
  await world.db.sql.updateTable('escalation_runs').set({ state: 'stopped' }).execute()
  await world.db.sql.updateTable('alert_groups').set({ silenced_until: null }).execute()
  source = await room.newSource([
    { type: 'notify_persons', persons_to_notify: [crew.users.editor] },
    { type: 'wait', duration: 60 },
    { type: 'notify_persons', persons_to_notify: [crew.users.admin] },
  ])
})

async function silenced(delay: number): Promise<string> {
  const id = await room.newGroup('firing', source)
  await room.act(id, 'silence', { delay })
  return id
}

async function paged(id: string): Promise<readonly string[]> {
  const rows = await world.db.sql
    .selectFrom('notification_runs')
    .innerJoin('users', 'users.id', 'notification_runs.user_id')
    .select('users.role')
    .where('subject_id', '=', id)
    .orderBy('notification_runs.started_at')
    .orderBy('notification_runs.id')
    .execute()
  return rows.map(({ role }) => role)
}

describe('a silence', () => {
  test('ends at its instant and not before, by nobody', async () => {
    const id = await silenced(60)
    expect(await world.runAlerts()).toBe(after(stillStart, seconds(60)))
    world.pass(seconds(59))
    await world.runAlerts()
    expect((await room.show(id)).state).toBe('silenced')
    world.pass(seconds(1))
    expect(await world.runAlerts()).toBe(null)
    expect(await room.show(id)).toMatchObject({ state: 'firing', silenced_at: null })
    expect((await room.timeline(id)).at(-2)).toMatchObject({
      type: 'alert_group.unsilenced',
      actor: { kind: 'system' },
      data: { user: null, event: { type: 'unsilence' } },
    })
  })

  test('pages nobody while it lasts', async () => {
    const id = await silenced(3600)
    world.pass(seconds(3599))
    await world.runEscalations()
    await world.runAlerts()
    expect(await paged(id)).toEqual([])
  })

  test('lets the chain begin at its first step when it ends', async () => {
    const id = await room.newGroup('firing', source)
    await world.runEscalations()
    world.pass(seconds(60))
    await world.runEscalations()
    expect(await paged(id)).toEqual(['editor', 'admin'])
    await room.act(id, 'silence', { delay: 60 })
    world.pass(seconds(60))
    await world.runAlerts()
    await world.runEscalations()
    expect(await paged(id)).toEqual(['editor', 'admin', 'editor'])
  })

  test('lets the chain begin as it is then', async () => {
    const id = await silenced(60)
    const { json } = await crew.api('GET', `escalation_policies/?escalation_chain_id=${source.default_route.escalation_chain_id}`)
    const first = { type: 'notify_persons', persons_to_notify: [crew.users.admin] }
    expect((await crew.api('PUT', `escalation_policies/${json.results[0].id}/`, first)).status).toBe(200)
    world.pass(seconds(60))
    await world.runAlerts()
    await world.runEscalations()
    expect(await paged(id)).toEqual(['admin'])
  })

  test('takes the chain that the route leads to then', async () => {
    const id = await silenced(60)
    const other = await room.newSource([{ type: 'notify_persons', persons_to_notify: [crew.users.admin] }])
    const chain = { escalation_chain_id: other.default_route.escalation_chain_id }
    expect((await crew.api('PUT', `routes/${source.default_route.id}/`, chain)).status).toBe(200)
    world.pass(seconds(60))
    await world.runAlerts()
    await world.runEscalations()
    expect(await paged(id)).toEqual(['admin'])
  })

  test('that was over a day ago ends now', async () => {
    const id = await silenced(60)
    world.pass(days(1))
    await world.runAlerts()
    expect((await room.show(id)).state).toBe('firing')
  })

  test('that was made longer ends when the longer one does', async () => {
    const id = await silenced(60)
    await room.act(id, 'silence', { delay: 600 })
    world.pass(seconds(60))
    expect(await world.runAlerts()).toBe(after(stillStart, minutes(10)))
    expect((await room.show(id)).state).toBe('silenced')
  })

  test('for ever has no end', async () => {
    const id = await silenced(-1)
    world.pass(days(3650))
    expect(await world.runAlerts()).toBe(null)
    expect((await room.show(id)).state).toBe('silenced')
  })

  test.each(['acknowledge', 'resolve'])('of a group that somebody did %s is over with that', async (action) => {
    const id = await silenced(60)
    await room.act(id, action)
    const before = await room.typesOf(id)
    world.pass(seconds(60))
    await world.runAlerts()
    expect(await room.typesOf(id)).toEqual(before)
  })

  test('ends once, whoever looks', async () => {
    const id = await silenced(60)
    world.pass(seconds(60))
    await Promise.all([world.runAlerts(), world.runAlerts(), world.runAlerts()])
    expect((await room.typesOf(id)).filter((type) => type === 'alert_group.unsilenced').length).toBe(1)
  })

  test('is ended by who owns its shard', async () => {
    const id = await silenced(60)
    world.pass(seconds(60))
    const loop = alertsLoop(world.ports, { baseUrl })
    expect(await loop.run([])).toBe(null)
    await loop.run(allShards.filter((shard) => shard !== shardOf(id)))
    expect((await room.show(id)).state).toBe('silenced')
    await loop.run([shardOf(id)])
    expect((await room.show(id)).state).toBe('firing')
  })

  test('that cannot be ended holds up no other one', async () => {
    const [first, second] = [await silenced(60), await silenced(61)]
    world.pass(seconds(61))
    let isFirst = true
    const tx: Database['tx'] = (name, work) => {
      const fails = name === 'end silence' && isFirst
      if (fails) isFirst = false
      return fails ? Promise.reject(new Error('the disk is full')) : world.db.tx(name, work)
    }
    const loop = alertsLoop({ ...world.ports, db: { ...world.db, tx } }, { baseUrl })
    expect(await loop.run(allShards)).toBe(after(world.now(), minutes(1)))
    expect((await room.show(second)).state).toBe('firing')
    expect(await loop.run(allShards)).toBe(after(world.now(), minutes(1)))
    expect((await room.show(first)).state).toBe('silenced')
    world.pass(minutes(1))
    expect(await loop.run(allShards)).toBeNull()
    expect((await room.show(first)).state).toBe('firing')
  })
})

test('more silences than fit into a round all end', async () => {
  const id = await silenced(60)
  const row = await world.db.sql.selectFrom('alert_groups').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const copies = Array.from({ length: 205 }, (_, index) => ({
    ...row,
    id: `I${String(index).padStart(12, 'X')}`,
    grouping_hash: null,
  }))
  await world.db.sql.insertInto('alert_groups').values(copies).execute()
  world.pass(seconds(60))
  expect(await world.runAlerts()).toBe(world.now())
  expect(await world.runAlerts()).toBe(null)
  const left = await crew.api('GET', `alert_groups/?integration_id=${source.id}&state=silenced`)
  expect(left.json.count).toBe(0)
  const ended = await crew.api('GET', `alert_groups/?integration_id=${source.id}&state=new`)
  expect(ended.json.count).toBe(206)
})
