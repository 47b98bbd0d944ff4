import { expect, test } from 'vitest'
import { type Ms, ms } from '../../lib/time.ts'
import type { Calendar } from './calendar-text.ts'
import { newExportTurns } from './turns.ts'

/** Turns on a clock that stands still while nothing is made. */
function turnsWithClock() {
  let now = ms(5000)
  const turns = newExportTurns({ monotonic: () => now })
  const pass = (durationMs: number): void => {
    now = ms(now + durationMs)
  }
  const made = (name: string): Calendar => ({ name, events: [] })
  const take = (name: string, durationMs: number): Promise<Calendar> =>
    turns.take(name, async () => {
      await Promise.resolve()
      pass(durationMs)
      return made(name)
    })
  return { turns, pass, take, waitOf: (name: string): Ms => turns.waitOf(name) }
}

test('who asks while a calendar is made gets the same one', async () => {
  const { take } = turnsWithClock()
  const [first, second, other] = await Promise.all([take('a', 10), take('a', 10), take('b', 10)])
  expect(second).toBe(first)
  expect(other).not.toBe(first)
  expect(await take('a', 10)).not.toBe(first)
})

test('one that takes milliseconds may be asked for a thousand times in a row', async () => {
  const { take, waitOf } = turnsWithClock()
  for (let count = 0; count < 1000; count += 1) {
    expect(waitOf('a')).toBe(0)
    await take('a', 5)
  }
})

test('one that takes long has a tenth of the time, after ten seconds that it has at once', async () => {
  const { take, waitOf, pass } = turnsWithClock()
  for (let count = 0; count < 12; count += 1) {
    expect({ count, wait: waitOf('a') }).toEqual({ count, wait: 0 })
    await take('a', 1000)
  }
  // Twelve times ten seconds of rest, less the eleven in which the later ones were made, and less the hundred that may be owed.
  expect(waitOf('a')).toBe(9000)
  expect(waitOf('b')).toBe(0)
  pass(8999)
  expect(waitOf('a')).toBe(1)
  pass(1)
  expect(waitOf('a')).toBe(0)
})

test('one that could not be made has cost its time too, and the next one is made', async () => {
  const { turns, take, pass, waitOf } = turnsWithClock()
  const broken = turns.take('a', async () => {
    pass(20_000)
    throw new Error('the database is away')
  })
  await expect(broken).rejects.toThrow('the database is away')
  expect(waitOf('a')).toBe(100_000)
  expect(await take('a', 1)).toMatchObject({ name: 'a' })
})
