import { expect, it } from 'vitest'
import { type Instant, instant } from '../../lib/time.ts'
import { newOutlook } from './outlook.ts'

const shards = [1, 2]

/** An outlook over a table that answers from a list, and how often it was asked. */
function reading(...answers: readonly (Instant | null)[]) {
  const asked: Instant[] = []
  const outlook = newOutlook(async (_shards, now) => answers[asked.push(now) - 1] ?? null)
  return { asked, outlook }
}

it('reads the table once while nothing that is known has passed', async () => {
  const { asked, outlook } = reading(instant(500))
  expect(await outlook.nextDueAt({ shards, now: instant(10), hasFound: true })).toBe(500)
  expect(await outlook.nextDueAt({ shards, now: instant(499), hasFound: true })).toBe(500)
  expect(asked).toEqual([10])
  expect(await outlook.nextDueAt({ shards, now: instant(500), hasFound: true })).toBeNull()
  expect(asked).toEqual([10, 500])
})

it('reads the table again for other shards, and after a look that found nothing', async () => {
  const { asked, outlook } = reading(null, instant(300), instant(200))
  expect(await outlook.nextDueAt({ shards, now: instant(10), hasFound: true })).toBeNull()
  expect(await outlook.nextDueAt({ shards: [1, 2, 3], now: instant(11), hasFound: true })).toBe(300)
  expect(await outlook.nextDueAt({ shards: [1, 2, 3], now: instant(12), hasFound: false })).toBe(200)
  expect(asked).toEqual([10, 11, 12])
})

it('calls only for what comes sooner than all that is known, and remembers the rest', async () => {
  const { asked, outlook } = reading(instant(500), null)
  await outlook.nextDueAt({ shards, now: instant(10), hasFound: true })
  expect(outlook.putOff(instant(600))).toBe(false)
  expect(outlook.putOff(instant(400))).toBe(true)
  expect(outlook.putOff(instant(450))).toBe(false)
  expect(await outlook.nextDueAt({ shards, now: instant(20), hasFound: true })).toBe(400)
  expect(asked).toEqual([10])
})

it('keeps what is put off while the table is read', async () => {
  const outlook = newOutlook(async () => {
    outlook.putOff(instant(300))
    return instant(500)
  })
  expect(await outlook.nextDueAt({ shards, now: instant(10), hasFound: true })).toBe(300)
})
