import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { type StillWorld, stillWorld } from '../../test/support/still-world.ts'

let world: StillWorld
let room: BoilerRoom

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})

afterAll(() => world.close())

test('an answer with events carries about 8 MiB, and reading on misses none', async () => {
  const text = 'x'.repeat(900_000)
  for (let count = 0; count < 6; count += 1) await room.send({ alert_uid: `u${count}`, title: `Long ${count}`, text })
  const sizes: number[] = []
  const sequences: number[] = []
  for (let after = 0; ; ) {
    const { text: answer, json } = await room.crew.api('GET', `events/?after=${after}&limit=1000`)
    if (json.results.length === 0) break
    sizes.push(answer.length)
    sequences.push(...json.results.map((event: { sequence: number }) => event.sequence))
    after = sequences.at(-1) ?? 0
  }
  expect(Math.max(...sizes)).toBeLessThan(9_000_000)
  expect(sizes.length).toBeGreaterThan(1)
  expect(sequences).toEqual(sequences.map((_, index) => index + 1))
})
