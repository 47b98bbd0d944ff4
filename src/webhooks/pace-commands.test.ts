import { expect, test } from 'vitest'
import type { Rendered } from '../deliveries/delivery.ts'
import { asId, type WebhookId } from '../lib/ids.ts'
import { instant, ms } from '../lib/time.ts'
import { newPace } from './pace-commands.ts'

const [slow, quick, third] = ['WHSLOW', 'WHQUICK', 'WHTHIRD'].map((id) => asId<WebhookId>(id)) as [
  WebhookId,
  WebhookId,
  WebhookId,
]
const made: Rendered = { kind: 'dead', reason: 'made' }

function world() {
  let now = 1_000_000
  const clock = {
    now: () => instant(now),
    monotonic: () => ms(now),
    wait: async () => undefined,
  }
  const taking = (duration: number) => (): Rendered => {
    now += duration
    return made
  }
  return { pace: newPace(clock), taking, pass: (duration: number) => (now += duration) }
}

test('a webhook whose request took long rests nine times as long, and others do not wait for it', async () => {
  const { pace, taking, pass } = world()
  const make = pace.batch()
  expect(await make(slow, taking(60))).toEqual(made)
  expect(await make(slow, taking(60))).toEqual({ kind: 'later', until: instant(1_000_060 + 540) })
  expect(await make(quick, taking(1))).toEqual(made)
  pass(538)
  expect(await pace.batch()(slow, taking(1))).toEqual({ kind: 'later', until: instant(1_000_600) })
  pass(1)
  expect(await pace.batch()(slow, taking(1))).toEqual(made)
})

test('a batch ends after a tenth of a second, and goes on in the next one', async () => {
  const { pace, taking } = world()
  const make = pace.batch()
  for (let count = 0; count < 3; count += 1) expect(await make(quick, taking(40))).toEqual(made)
  expect(await make(third, taking(1))).toEqual({ kind: 'later', until: null })
  expect(await pace.batch()(third, taking(1))).toEqual(made)
})

test('a request is late after a quarter of a second, and is made once more before that counts', async () => {
  const { pace, taking } = world()
  const durations = [9_000, 10]
  const seen: boolean[] = []
  const make = (): Rendered => {
    const done = taking(durations.shift() ?? 300)()
    seen.push(pace.isLate())
    return done
  }
  expect(await pace.batch()(quick, make)).toEqual(made)
  expect(seen).toEqual([true, false])
  expect(await pace.batch()(slow, make)).toEqual(made)
  expect(seen).toEqual([true, false, true, true])
})
