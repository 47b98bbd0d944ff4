import { describe, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../../test/support/delivery-world.ts'
import { endpointOf, owingWorlds, send } from '../../../test/support/owed-deliveries.ts'
import { lanes } from '../delivery.ts'

const newWorld = owingWorlds()
const url = 'https://desk.example/'
const count = (length: number, asked: object) => Array.from({ length }, () => asked)
const replays = (length: number) => count(length, { lane: lanes.replay, subjectId: 'replay' })
const fresh = (length: number) => count(length, { subjectId: 'fresh' })
const subjects = (world: DeliveryWorld) => world.received.map(({ request }) => String(request.body).slice('about '.length))

describe('replays', () => {
  it('go on beside a load that never ends, one for each ten that are fresh', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 50 }) })
    const endpointId = await endpointOf(world, url)
    await send(world, endpointId, [...replays(200), ...fresh(100)])
    // There is always more that is fresh than the receiver takes.
    for (let second = 0; second < 2; second += 1) {
      await send(world, endpointId, fresh(200))
      await world.pass(1_000)
    }
    const sent = subjects(world)
    const shares = sent.filter((subject) => subject === 'replay').length / sent.length
    expect(sent.length).toBeGreaterThan(200)
    expect(shares).toBeGreaterThan(1 / 13)
    expect(shares).toBeLessThan(1 / 10)
  })

  it('go on beside an ordered load, too', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 50 }) })
    const endpointId = await endpointOf(world, url, { isOrdered: true })
    await send(world, endpointId, [...replays(10), ...count(200, { subjectId: 'fresh', lane: lanes.ordered })])
    await world.pass(8_000)
    expect(subjects(world).slice(0, 100)).toContain('replay')
  })

  it('leave a slot to what is fresh, which leaves at once', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 500 }) })
    const endpointId = await endpointOf(world, url)
    await send(world, endpointId, replays(300))
    await world.pass(10_000)
    const owedAt: number[] = []
    for (let round = 0; round < 5; round += 1) {
      await send(world, endpointId, fresh(1))
      owedAt.push(world.now())
      await world.pass(730)
    }
    const leftAt = world.received.filter(({ request }) => String(request.body) === 'about fresh').map(({ at }) => Number(at))
    expect(leftAt).toEqual(owedAt)
    await world.pass(60_000)
    expect(world.received).toHaveLength(305)
  })

  it('to a receiver that takes one at a time go on alone, and let what is fresh be next', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 1_500 }) })
    const endpointId = await endpointOf(world, url, { inFlightMax: 1 })
    await send(world, endpointId, replays(10))
    await world.pass(4_000)
    await send(world, endpointId, fresh(1))
    await world.pass(12_000)
    expect(subjects(world).indexOf('fresh')).toBe(3)
    expect(world.received).toHaveLength(11)
  })
})
