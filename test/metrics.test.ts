import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from './support/boiler-room.ts'
import { type StillWorld, stillWorld } from './support/still-world.ts'
import { Again } from '../src/lib/again.ts'
import { measuredPorts } from '../src/metrics.ts'

let world: StillWorld
let room: BoilerRoom

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})

afterAll(() => world.close())

const countOf = async (type: string): Promise<string | undefined> =>
  (await world.app.inject('/metrics')).body.split('\n').find((line) => line.startsWith(`watchbell_events_total{type="${type}"}`))

test('an alert group about which nobody is paged is counted, and before there is one the count is zero', async () => {
  const type = 'alert_group.pages_nobody'
  expect(await countOf(type)).toBe(`watchbell_events_total{type="${type}"} 0`)
  await room.newGroup('firing')
  expect(await countOf(type)).toBe(`watchbell_events_total{type="${type}"} 0`)
  await room.newGroup('firing', await room.newSource([], { default_route: { escalation_chain_id: null } }))
  await room.newGroup('firing', await room.newSource([]))
  expect(await countOf(type)).toBe(`watchbell_events_total{type="${type}"} 2`)
  expect(await countOf('alert_group.created')).toBe('watchbell_events_total{type="alert_group.created"} 3')
})

test('events count once when their transaction is done again, and not at all when it fails', async () => {
  const registry = new Registry()
  const { db } = measuredPorts({ ...world.ports, apiDb: world.db }, registry)
  let attempts = 0
  await db.tx('twice', async (tx) => {
    tx.tally('webhook.failed')
    attempts += 1
    if (attempts === 1) throw new Again()
  })
  const failing = db.tx('never', async (tx) => {
    tx.tally('webhook.failed')
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await registry.metrics()).toContain('watchbell_events_total{type="webhook.failed"} 1\n')
})
