import { afterEach, describe, expect, it } from 'vitest'
import type { DeliveryWorld, WorldOptions } from '../../test/support/delivery-world.ts'
import { endpointOf, endpointsOf, owingWorld, send, waiting } from '../../test/support/owed-deliveries.ts'
import { lanes } from './delivery.ts'

let open: DeliveryWorld | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

async function newWorld(options: Partial<WorldOptions> = {}): Promise<DeliveryWorld> {
  open = await owingWorld(options)
  return open
}

/** Half of the receivers never answer. Each gets a message a second; returns how long those of the others took to leave, sorted. */
async function delaysBesideHanging(receivers: number, limits: WorldOptions['limits']): Promise<readonly number[]> {
  const world = await newWorld({ behave: ({ url }) => (url.includes('hangs') ? 'hang' : { afterMs: 20 }), limits })
  const urls = Array.from({ length: receivers }, (_, index) => `https://${index % 2 === 0 ? 'hangs' : 'well'}${index}.example/`)
  const endpointIds = await Promise.all(urls.map((url) => endpointOf(world, url)))
  const owedAt = new Map<string, number>()
  for (let second = 0; second < 18; second += 1) {
    const ids = await Promise.all(endpointIds.map((endpointId) => send(world, endpointId, [{}])))
    for (const id of ids.flat()) owedAt.set(id, world.now())
    await world.pass(1_000)
  }
  const well = world.received.filter(({ url }) => url.includes('well'))
  expect(well.length).toBe((receivers / 2) * 18)
  return well.map(({ id, at }) => at - (owedAt.get(id) ?? 0)).toSorted((a, b) => a - b)
}

const share = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)] ?? Infinity

describe('while half of the receivers hang', () => {
  it('the others get theirs at once', async () => {
    const delays = await delaysBesideHanging(40, {})
    expect(share(delays, 0.99)).toBeLessThan(100)
  })

  it('99 of 100 messages to the others leave within a second, although there are hardly more slots than receivers that hang', async () => {
    const delays = await delaysBesideHanging(40, { webhooksInFlightMax: 22, suspectsInFlightMax: 5 })
    expect(share(delays, 0.5)).toBeLessThan(100)
    expect(share(delays, 0.99)).toBeLessThan(1_000)
  })
})

describe('a backlog', () => {
  it('of many webhooks, however quick their receivers, lets what is new to others leave after one turn of each', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 20 }), limits: { webhooksInFlightMax: 4 } })
    for (let receiver = 0; receiver < 8; receiver += 1) {
      const twenty = Array.from({ length: 20 }, () => ({ lane: receiver % 2 === 0 ? lanes.live : lanes.ordered }))
      await send(world, await endpointOf(world, `https://busy${receiver}.example/`), twenty)
    }
    await world.pass(100)
    await send(world, await endpointOf(world, 'https://new.example/'), [{}])
    await world.pass(100)
    expect(world.received.filter(({ url }) => url.includes('new')).length).toBe(1)
    expect(world.received.length).toBeLessThan(60)
  })
})

describe('a hanging receiver', () => {
  it('keeps no other from getting its deliveries at once, however many wait for it', async () => {
    const world = await newWorld({ behave: ({ url }) => (url.includes('hangs') ? 'hang' : { afterMs: 10 }) })
    await send(
      world,
      await endpointOf(world, 'https://hangs.example/'),
      Array.from({ length: 300 }, () => ({})),
    )
    await world.pass(1_000)
    const startedAt = world.now()
    await send(
      world,
      await endpointOf(world, 'https://well.example/'),
      Array.from({ length: 100 }, () => ({})),
    )
    await world.pass(1_000)
    const well = world.received.filter(({ url }) => url.includes('well'))
    expect(well.length).toBe(100)
    expect(Math.max(...well.map(({ at }) => at)) - startedAt).toBeLessThan(500)
    expect(world.received.filter(({ url }) => url.includes('hangs')).length).toBe(1)
    expect(world.loop().state(world.now())).toEqual({ pages: 0, webhooks: 1, suspects: 1, paused: 0 })
  })

  it('that answers after all, each time, gets what waits for it by a few at a time', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 3_000 }) })
    const eighty = Array.from({ length: 80 }, () => ({}))
    await send(world, await endpointOf(world, 'https://slow.example/'), eighty)
    await world.pass(70_000)
    expect(world.received.length).toBe(80)
  })

  it('has eight requests open at most, each once, and is then left alone but for one that looks whether it is back', async () => {
    let hangs = false
    const world = await newWorld({ behave: () => (hangs ? 'hang' : { afterMs: 10 }) })
    const endpointId = await endpointOf(world, 'https://a.example/')
    const twenty = Array.from({ length: 20 }, () => ({}))
    await send(world, endpointId, twenty)
    await world.pass(1_000)
    hangs = true
    await send(world, endpointId, twenty)
    await world.pass(14_000)
    expect(world.received.length).toBe(20 + 8)
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(20 + 8)
    await world.pass(20_000)
    expect(world.received.length).toBe(20 + 8)
    await world.pass(20_000)
    expect(world.received.length).toBe(20 + 8 + 1)
    expect((await waiting(world)).filter(({ attempt }) => attempt === 1).length).toBeGreaterThanOrEqual(11)
  })
})

describe('an endpoint that is left alone', () => {
  const many = Array.from({ length: 12 }, () => ({}))
  const endpointRow = (world: DeliveryWorld) =>
    world.db.sql.selectFrom('endpoints').select(['breaker_ms', 'paused_until']).executeTakeFirstOrThrow()

  it('since all fails, is asked by one request at a time, seldomer each time, also by the next process, until one succeeds', async () => {
    let works = false
    const world = await newWorld({ behave: () => ({ afterMs: 10, status: works ? 200 : 500 }) })
    await send(world, await endpointOf(world, 'https://a.example/'), many)
    await world.pass(10_000)
    expect(world.received.length).toBe(5)
    expect((await endpointRow(world)).breaker_ms).toBe(30_000)
    await world.pass(35_000)
    expect(world.received.length).toBe(6)
    expect((await endpointRow(world)).breaker_ms).toBe(60_000)
    world.crash()
    await world.pass(20_000)
    expect(world.received.length).toBe(6)
    await world.pass(65_000)
    expect(world.received.length).toBe(7)
    expect((await endpointRow(world)).breaker_ms).toBe(120_000)
    works = true
    await world.pass(400_000)
    expect(await waiting(world)).toEqual([])
    expect(await endpointRow(world)).toEqual({ breaker_ms: null, paused_until: null })
  })

  it('since it has asked for that, gets nothing before, whatever waits, and pages all the same', async () => {
    const world = await newWorld({
      behave: (_request, before) => ({ afterMs: 10, ...(before === 0 ? { status: 429, headers: { 'retry-after': '90' } } : {}) }),
    })
    const endpointId = await endpointOf(world, 'https://a.example/')
    await send(world, endpointId, many.slice(0, 3))
    await world.pass(80_000)
    expect(world.received.length).toBe(1)
    await send(world, endpointId, [{ lane: lanes.page, subjectId: 'page' }])
    await world.pass(1_000)
    expect(world.received.map(({ request }) => Buffer.from(request.body ?? []).toString())).toEqual(['about I1', 'about page'])
    await world.pass(400_000)
    expect(await waiting(world)).toEqual([])
  })
})

describe('receivers of which nothing is known', () => {
  it('keep the others waiting for a second at most, when more of them hang at once than there are slots', async () => {
    const world = await newWorld({ behave: ({ url }) => (url.includes('hangs') ? 'hang' : { afterMs: 20 }) })
    const known = await endpointOf(world, 'https://known.example/')
    await send(world, known, [{}])
    await world.pass(1_000)
    const ids = await endpointsOf(world, [
      ...Array.from({ length: 1_500 }, (_, index) => `https://hangs${index}.example/`),
      'https://new.example/',
    ])
    const startedAt = world.now()
    for (const id of [...ids, known]) await send(world, id, [{}])
    await world.pass(3_000)
    const well = world.received.filter(({ url, at }) => !url.includes('hangs') && at >= startedAt)
    expect(well.map(({ url }) => url).toSorted()).toEqual(['https://known.example/', 'https://new.example/'])
    expect(Math.max(...well.map(({ at }) => at)) - startedAt).toBeLessThan(1_100)
    expect(world.loop().state(world.now())).toMatchObject({ webhooks: 1_500, suspects: 1_500 })
  })
})
