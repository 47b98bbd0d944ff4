import { describe, expect, it } from 'vitest'
import { dead, endpointOf, organizationId, owingWorlds, send, waiting } from '../../test/support/owed-deliveries.ts'
import { after, hours, ms, seconds } from '../lib/time.ts'
import { changeSettings } from './commands.ts'
import { lanes } from './delivery.ts'
import { usualSettings } from './endpoint-settings.ts'

const newWorld = owingWorlds()
const url = 'https://desk.example/'
const failing = () => ({ afterMs: 0, status: 500 })

describe('an endpoint with settings of its own', () => {
  it('waits for an answer as long as they say, from the next attempt on', async () => {
    const world = await newWorld({ behave: () => 'hang' })
    await send(world, await endpointOf(world, url, { timeoutMs: seconds(2), retry: [ms(60_000)] }), [{}])
    await world.pass(5_000)
    await world.db.tx('test', (tx) =>
      changeSettings(tx, { organizationId, ownerId: `WH ${url}` }, { ...usualSettings, timeoutMs: seconds(30), retry: 'fast' }),
    )
    await world.pass(90_000)
    expect(world.received.map(({ request }) => request.deadlineMs)).toEqual([2_000, 30_000])
  })

  it('is tried again after the pauses that they list, and then given up', async () => {
    const world = await newWorld({ behave: failing })
    const startedAt = world.now()
    await send(world, await endpointOf(world, url, { retry: [ms(10_000), ms(100_000)] }), [{}])
    await world.pass(1_000_000)
    const [first = 0, second = 0, third = 0, ...more] = world.received.map(({ at }) => at - startedAt)
    expect([first, more]).toEqual([0, []])
    expect(second).toBeGreaterThanOrEqual(8_000)
    expect(second).toBeLessThanOrEqual(12_000)
    expect(third - second).toBeGreaterThanOrEqual(80_000)
    expect(third - second).toBeLessThanOrEqual(120_000)
    expect(await dead(world)).toMatchObject([
      { attempts_count: 3, reason: 'Given up after 3 attempts. The receiver answered 500' },
    ])
  })

  it('is not tried again at all when they say so', async () => {
    const world = await newWorld({ behave: failing })
    await send(world, await endpointOf(world, url, { retry: 'none' }), [{}])
    await world.pass(100_000_000)
    expect(world.received.length).toBe(1)
    expect(await waiting(world)).toEqual([])
  })

  it('gets no more requests a second than they say, and all of them in the end, with nobody calling', async () => {
    const world = await newWorld()
    const endpoint = await endpointOf(world, url, { rateMax: 2 })
    await send(
      world,
      endpoint,
      Array.from({ length: 12 }, () => ({})),
    )
    const startedAt = world.now()
    await world.pass(20_000)
    const times = world.received.map(({ at }) => at - startedAt)
    expect(times.length).toBe(12)
    // Two at once, and then one each half a second.
    expect(times.filter((at) => at < 400).length).toBe(2)
    expect(Math.max(...times)).toBe(5_000)
    expect(times.slice(2).map((at, index) => at - (times[index + 1] ?? 0) >= 400)).toEqual(Array.from({ length: 10 }, () => true))
  })

  it('may have more requests under way than usual, or fewer', async () => {
    const open = async (inFlightMax: number) => {
      let isHanging = false
      const world = await newWorld({ behave: () => (isHanging ? 'hang' : { afterMs: 10 }) })
      const endpoint = await endpointOf(world, url, { inFlightMax })
      const owe = (count: number) =>
        send(
          world,
          endpoint,
          Array.from({ length: count }, () => ({})),
        )
      await owe(40)
      await world.pass(2_000)
      isHanging = true
      await owe(40)
      await world.pass(500)
      return world.received.length - 40
    }
    expect([await open(1), await open(3), await open(20)]).toEqual([1, 3, 20])
  })

  it('keeps what is ordered in order, by their pauses', async () => {
    const world = await newWorld({ behave: (_, attempts) => ({ afterMs: 0, status: attempts < 2 ? 500 : 200 }) })
    const endpoint = await endpointOf(world, url, { retry: 'squadcast' })
    await send(world, endpoint, [
      { lane: lanes.ordered, subjectId: 'first' },
      { lane: lanes.ordered, subjectId: 'second' },
    ])
    await world.pass(1_000_000)
    const told = world.received.map(({ request }) => Buffer.from(request.body ?? []).toString())
    expect(told).toEqual([...Array.from({ length: 3 }, () => 'about first'), ...Array.from({ length: 3 }, () => 'about second')])
  })
})

describe('a delivery that is past its time', () => {
  it('makes room for what is not, however many wait', async () => {
    const world = await newWorld()
    const late = Array.from({ length: 200 }, () => ({ expiresAt: after(world.now(), seconds(-1)) }))
    await send(world, await endpointOf(world, url), [...late, { expiresAt: after(world.now(), hours(1)) }])
    await world.pass(1_000)
    expect(world.received.length).toBe(1)
    expect(await waiting(world)).toEqual([])
  })

  it('is not even tried, whatever held it up', async () => {
    const world = await newWorld()
    const endpoint = await endpointOf(world, url)
    await send(world, endpoint, [{ expiresAt: after(world.now(), seconds(-1)) }, { expiresAt: after(world.now(), hours(1)) }])
    await world.pass(1_000)
    expect(world.received.length).toBe(1)
    expect(await dead(world)).toMatchObject([
      { attempts_count: 0, reason: 'Out of time before the first attempt. It had to wait too long.' },
    ])
  })
})
