import { describe, expect, it, vi } from 'vitest'
import type { DeliveryWorld } from '../../test/support/delivery-world.ts'
import { attempts, endpointOf, owingWorlds, renderPost, send, waiting } from '../../test/support/owed-deliveries.ts'

const newWorld = owingWorlds()

describe('a delivery of several that are rendered one after the other', () => {
  type Rest = (world: DeliveryWorld) => Promise<void>

  /** A world that has sent two, of which the second is rendered after the rest. */
  const worldWith = async (rest: Rest): Promise<DeliveryWorld> => {
    const world: DeliveryWorld = await newWorld({
      render: async function* (db, deliveries) {
        yield renderPost(db, deliveries.slice(0, 1))
        if (deliveries.length === 1) return
        await rest(world)
        yield renderPost(db, deliveries.slice(1))
      },
    })
    for (const letter of ['a', 'b'])
      await send(world, await endpointOf(world, `https://${letter}.example/`), [{ subjectId: letter }])
    return world
  }
  const bodies = ({ received }: DeliveryWorld) => received.map(({ request }) => Buffer.from(request.body ?? []).toString())
  const firstLeft: Rest = (world) => vi.waitFor(() => expect(bodies(world)).toEqual(['about a']), { timeout: 60_000 })

  it('leaves before the others are', async () => {
    let hasLeft = false
    const world = await worldWith(async (own) => {
      await firstLeft(own)
      hasLeft = true
    })
    await world.pass(1_000)
    expect(hasLeft).toBe(true)
    expect(bodies(world)).toEqual(['about a', 'about b'])
  })

  it('leaves once, although the others cannot be', async () => {
    const world = await worldWith(async (own) => {
      await firstLeft(own)
      throw new Error('what happened is not known')
    })
    await world.pass(60_000)
    expect(bodies(world)).toEqual(['about a', 'about b'])
    expect(await waiting(world)).toEqual([])
  })

  it('leaves once, although it could not be stored', async () => {
    const world = await worldWith(async () => {})
    world.breakTransaction('render deliveries')
    await world.pass(1_000)
    expect(bodies(world)).toEqual([])
    world.heal()
    await world.pass(60_000)
    expect(bodies(world).toSorted()).toEqual(['about a', 'about b'])
    expect(await waiting(world)).toEqual([])
  })
})

it('a delivery loses no attempt while the disk of the database is full', async () => {
  const world = await newWorld()
  await send(world, await endpointOf(world, 'https://a.example/'), [{}])
  world.breakTransaction('render deliveries', '53100')
  await expect(world.pass(1_000)).rejects.toThrow('the database is down')
  expect(await waiting(world)).toMatchObject([{ attempt: 1 }])
  world.heal()
  await world.pass(1_000)
  expect((await attempts(world)).map(({ number, outcome }) => [number, outcome])).toEqual([[1, 'success']])
})
