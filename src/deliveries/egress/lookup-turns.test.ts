import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ms } from '../../lib/time.ts'
import { inTurns } from './lookup-turns.ts'

/** Looks names up with name servers that answer when the test says so. */
function newWorld() {
  let now = 0
  const running = new Map<string, () => void>()
  const look = (host: string) =>
    new Promise<readonly string[]>((resolve) => {
      running.set(host, () => {
        running.delete(host)
        resolve([`address of ${host}`])
      })
    })
  const resolve = inTurns(look, () => ms(now))
  const ask = (host: string) => resolve(host).catch((fault: Error) => fault.message)
  const several = (count: number, zone: string) => Array.from({ length: count }, (_, index) => `n${index}.${zone}`)
  return {
    running: () => [...running.keys()],
    ask,
    askAll: (hosts: readonly string[]): void => hosts.forEach((host) => void ask(host)),
    several,
    answer: async (host: string) => {
      running.get(host)?.()
      await setImmediate()
    },
    pass: (durationMs: number) => {
      now += durationMs
    },
  }
}

type World = ReturnType<typeof newWorld>

/** The zone has answered soon. */
async function prove(world: World, host: string): Promise<void> {
  const answer = world.ask(host)
  await world.answer(host)
  expect(await answer).toEqual([`address of ${host}`])
}

describe('a look-up', () => {
  it('is one for all who want the same name at a time', async () => {
    const world = newWorld()
    const [one, other] = [world.ask('a.example'), world.ask('a.example')]
    expect(world.running()).toEqual(['a.example'])
    await world.answer('a.example')
    expect(await Promise.all([one, other])).toEqual([['address of a.example'], ['address of a.example']])
    void world.ask('a.example')
    expect(world.running()).toEqual(['a.example'])
  })

  it('that waits for its turn for longer than anybody wants it is never begun', async () => {
    const world = newWorld()
    world.askAll(['a.dead.example', 'b.dead.example'])
    const late = world.ask('c.dead.example')
    world.pass(3_001)
    await world.answer('a.dead.example')
    expect(await late).toBe('The host name could not be resolved (it took too long).')
    expect(world.running()).toEqual(['b.dead.example'])
  })
})

describe('a name server that does not answer', () => {
  it('holds two turns of its own names, and later one, however many of them are wanted', async () => {
    const world = newWorld()
    world.askAll(world.several(50, 'dead.example.com'))
    expect(world.running().length).toBe(2)
    world.pass(30_000)
    await world.answer('n0.dead.example.com')
    await world.answer('n1.dead.example.com')
    world.askAll(world.several(50, 'dead.example.com'))
    expect(world.running().length).toBe(1)
    await prove(world, 'well.example.org')
  })

  it('leaves turns to those that have answered before, also where many do not answer', async () => {
    const world = newWorld()
    await prove(world, 'a.well.example')
    for (let zone = 0; zone < 30; zone += 1) world.askAll(world.several(5, `dead${zone}.org`))
    expect(world.running().length).toBe(8)
    world.askAll(world.several(5, 'well.example'))
    expect(world.running().filter((host) => host.endsWith('well.example')).length).toBe(4)
  })

  it('shares four turns with all others that were slow, which leaves turns to names never seen before', async () => {
    const world = newWorld()
    const zones = Array.from({ length: 12 }, (_, index) => `dead${index}.org`)
    for (const zone of zones) {
      void world.ask(zone)
      world.pass(2_000)
      await world.answer(zone)
    }
    world.askAll(zones)
    expect(world.running().length).toBe(4)
    world.askAll(world.several(3, 'new.example'))
    expect(world.running().length).toBe(6)
  })

  it('is trusted again ten minutes after it was slow, once it answers', async () => {
    const world = newWorld()
    void world.ask('a.flaps.example')
    world.pass(2_000)
    await world.answer('a.flaps.example')
    await prove(world, 'a.flaps.example')
    world.askAll(world.several(5, 'flaps.example'))
    expect(world.running().length).toBe(2)
    for (const host of world.several(5, 'flaps.example')) await world.answer(host)
    world.pass(600_000)
    world.askAll(world.several(5, 'flaps.example'))
    expect(world.running().length).toBe(4)
  })

  it('is not taken for that of another customer of the same registry', async () => {
    const world = newWorld()
    world.askAll(world.several(5, 'dead.co.uk'))
    world.askAll(world.several(5, 'well.co.uk'))
    expect(world.running().length).toBe(4)
  })
})
