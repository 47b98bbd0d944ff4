import { expect, test } from 'vitest'
import { ms } from '../time.ts'
import { nodeClock } from './clock.ts'

const never = new AbortController().signal

test('waiting takes as long as it should', async () => {
  const from = nodeClock.monotonic()
  await nodeClock.wait(ms(20), never)
  expect(nodeClock.monotonic() - from).toBeGreaterThanOrEqual(19)
})

test('an abort ends the wait at once, also one of years that no timer can hold', async () => {
  const stop = new AbortController()
  const from = nodeClock.monotonic()
  const waits = [ms(60_000), ms(10 * 365 * 86_400_000)].map((duration) => nodeClock.wait(duration, stop.signal))
  await nodeClock.wait(ms(20), never)
  stop.abort()
  await Promise.all(waits)
  await nodeClock.wait(ms(60_000), stop.signal)
  expect(nodeClock.monotonic() - from).toBeGreaterThanOrEqual(19)
  expect(nodeClock.monotonic() - from).toBeLessThan(10_000)
})

test('no time, or less, is no wait', async () => {
  expect(await Promise.all([0, -5].map((duration) => nodeClock.wait(ms(duration), never)))).toHaveLength(2)
})
