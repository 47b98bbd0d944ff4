import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from './support/boiler-room.ts'
import { type StillWorld, stillWorld } from './support/still-world.ts'
import { endpointFor, enqueue, latenessByLane } from '../src/deliveries/commands.ts'
import { lanes } from '../src/deliveries/delivery.ts'
import { Again } from '../src/lib/again.ts'
import { type MessageId, newUuid } from '../src/lib/ids.ts'
import { allShards } from '../src/lib/shard.ts'
import { seconds } from '../src/lib/time.ts'
import { measuredPorts, outgoingMetrics } from '../src/metrics.ts'

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

test('what leaves, what ought to have left and who is in its way is told', async () => {
  let isThere = true
  const registry = new Registry()
  outgoingMetrics(registry, {
    clock: world.ports.clock,
    state: () => ({ pages: 1, webhooks: 2, suspects: 3, paused: 4 }),
    lateness: async (now) => (isThere ? latenessByLane(world.db.sql, allShards, now) : null),
  })
  await world.db.tx('test', async (tx) => {
    const organizationId = room.crew.organizationId
    const endpoint = { organizationId, kind: 'webhook', ownerId: 'WH1', url: 'https://desk.example/', settings: null } as const
    const endpointId = await endpointFor(tx, endpoint)
    const messageId = newUuid<MessageId>(tx.now, tx.random.bytes)
    const about = { messageId, messageAt: tx.now, message: null, eventSequence: 1, groupedSequences: null, subjectId: null }
    await enqueue(tx, [{ organizationId, endpointId, lane: lanes.live, ...about, cancelKey: null, expiresAt: null }])
  })
  world.pass(seconds(90))
  const told = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('watchbell'))
  const state = [
    'watchbell_deliveries_in_flight{kind="page"} 1',
    'watchbell_deliveries_in_flight{kind="webhook"} 2',
    'watchbell_receivers{state="slow"} 3',
    'watchbell_receivers{state="paused"} 4',
  ]
  expect(await told()).toEqual([
    ...state,
    'watchbell_delivery_oldest_due_seconds{lane="page"} 0',
    'watchbell_delivery_oldest_due_seconds{lane="ordered"} 0',
    'watchbell_delivery_oldest_due_seconds{lane="live"} 90',
    'watchbell_delivery_oldest_due_seconds{lane="replay"} 0',
  ])
  isThere = false
  expect(await told()).toEqual(state)
  for (const line of state) expect((await world.app.inject('/metrics')).body).toContain(line.replace(/\d$/, '0'))
})
