import { expect, test } from 'vitest'
import type { Rendered } from '../../deliveries/delivery.ts'
import { asId, type WebhookId } from '../../lib/ids.ts'
import { instant, ms } from '../../lib/time.ts'
import { newPace } from './pace-commands.ts'

const slow = asId<WebhookId>('WHSLOW')
const other = asId<WebhookId>('WHOTHER')
const quick = asId<WebhookId>('WHQUICK')
const made: Rendered = { kind: 'dead', reason: 'made' }

function world() {
  let now = 0
  const clock = { now: () => instant(now), monotonic: () => ms(now), wait: async () => undefined }
  const pace = newPace(clock)
  /** A request whose template asks after so long whether it is late, and ends when it is. */
  const taking = (duration: number) => (): Rendered => {
    for (let spent = 0; spent < duration && !pace.isLate(); spent += 10) now += 10
    return made
  }
  return { pace, taking, at: (instantMs: number) => void (now = instantMs), now: () => now }
}

test('a webhook whose request takes long has it made in the turn of slow ones, and others do not wait for it', async () => {
  const { pace, taking, at } = world()
  const make = pace.batch('patient')
  expect(await make(slow, taking(200))).toEqual({ kind: 'later', until: instant(61) })
  expect(pace.isSlow(slow)).toBe(true)
  expect(await make(quick, taking(10))).toEqual(made)
  at(100)
  expect(await make(slow, taking(200))).toEqual(made)
  expect(await make(slow, taking(200))).toEqual({ kind: 'later', until: instant(300 + 800) })
  expect(await make(quick, taking(10))).toEqual(made)
})

test('a webhook whose request takes long in one piece is slow from then on, too', async () => {
  const { pace, taking, at, now } = world()
  const inOnePiece = (): Rendered => {
    at(now() + 200)
    return made
  }
  expect(await pace.batch('patient')(slow, inOnePiece)).toEqual(made)
  expect(await pace.batch('patient')(slow, inOnePiece)).toEqual(made)
  expect(await pace.batch('patient')(slow, inOnePiece)).toEqual({ kind: 'later', until: instant(400 + 800) })
  expect(await pace.batch('patient')(quick, taking(10))).toEqual(made)
})

test('slow ones have their turns one after the other', async () => {
  const { pace, taking, at } = world()
  const make = pace.batch('patient')
  await make(slow, taking(200))
  await make(other, taking(200))
  at(200)
  expect(await make(slow, taking(100))).toEqual(made)
  expect(await make(other, taking(100))).toEqual({ kind: 'later', until: instant(300 + 400) })
  at(700)
  expect(await make(slow, taking(100))).toEqual({ kind: 'later', until: instant(300 + 800) })
  expect(await make(other, taking(100))).toEqual(made)
})

test('one that is quick again is slow no more, so that a process that stood still slows nobody down', async () => {
  const { pace, taking, at } = world()
  expect(await pace.batch('patient')(quick, taking(9_000))).toMatchObject({ kind: 'later' })
  at(1_000)
  expect(await pace.batch('patient')(quick, taking(10))).toEqual(made)
  expect(pace.isSlow(quick)).toBe(false)
})

test('a slow request is late after a quarter of a second, and is made once more before that counts', async () => {
  const { pace, taking, at, now } = world()
  await pace.batch('final')(slow, taking(200))
  at(100)
  expect(await pace.batch('final')(slow, taking(9_000))).toEqual(made)
  expect(now()).toBe(100 + 260 + 260)
})

test('a request that must not be lost is made later when it is late, with pauses that grow, until it is not', async () => {
  const { pace, taking, at, now } = world()
  await pace.batch('patient')(slow, taking(200))
  let due = 100
  for (const pause of [5_000, 10_000, 20_000, 40_000]) {
    at(due)
    const answer = await pace.batch('patient')(slow, taking(9_000))
    expect(answer).toEqual({ kind: 'later', until: instant(now() + pause) })
    due = now() + pause
  }
  at(due)
  expect(await pace.batch('patient')(slow, taking(10))).toEqual(made)
  expect(pace.isSlow(slow)).toBe(false)
})

test('a request that is late each time for an hour is what it came to', async () => {
  const { pace, taking, at, now } = world()
  await pace.batch('patient')(slow, taking(200))
  at(100)
  const answers: Rendered[] = []
  while (answers.length < 30) {
    const answer = await pace.batch('patient')(slow, taking(9_000))
    answers.push(answer)
    if (answer.kind !== 'later') break
    at(answer.until ?? 0)
  }
  expect(answers.at(-1)).toEqual(made)
  expect(answers).toHaveLength(13)
  expect(now()).toBeGreaterThan(3_600_000)
  at(now() + 4_000)
  expect(await pace.batch('patient')(slow, taking(9_000))).toEqual(made)
})

test('a batch ends after a tenth of a second, and goes on in the next one', async () => {
  const { pace, taking } = world()
  const make = pace.batch('patient')
  for (let count = 0; count < 3; count += 1) expect(await make(quick, taking(40))).toEqual(made)
  expect(await make(other, taking(10))).toEqual({ kind: 'later', until: null })
  expect(await pace.batch('patient')(other, taking(10))).toEqual(made)
})
