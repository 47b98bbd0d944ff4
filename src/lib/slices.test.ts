import { expect, test } from 'vitest'
import { inSlices, type Sliced } from './slices.ts'
import { ms } from './time.ts'

test('long work pauses whenever a slice of five milliseconds is over', async () => {
  let now = 0
  const pausedAt: number[] = []
  function* work(): Sliced<string> {
    for (let step = 0; step < 12; step += 1) {
      now += 1
      yield
    }
    return 'done'
  }
  const wait = async () => {
    pausedAt.push(now)
    now += 100
  }
  expect(await inSlices({ monotonic: () => ms(now), wait }, work())).toBe('done')
  expect(pausedAt).toEqual([5, 110])
})
