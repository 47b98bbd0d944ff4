import { expect, test } from 'vitest'
import { after, instant, ms, seconds } from '../src/lib/time.ts'
import { virtualClock } from './clock.ts'
import { newDice } from './random.ts'
import { type Life, newWorld } from './world.ts'

const startAt = instant(Date.UTC(2026, 2, 2))

function setting() {
  const world = newWorld({ startAt, dice: newDice('world'), onNote: () => {} })
  const life: Life = { name: 'a1', alive: true, frozenUntil: startAt }
  const happened: string[] = []
  const plan = (what: string, count: number, owner: Life | null = null) =>
    world.plan({ at: after(startAt, seconds(count)), life: owner, what, run: () => void happened.push(what) })
  const goOn = async () => {
    while (await world.step(after(startAt, seconds(100))));
  }
  return { world, life, happened, plan, goOn }
}

test('things happen in the order of their instants, and time jumps to them', async () => {
  const { world, happened, plan, goOn } = setting()
  plan('late', 20)
  plan('soon', 10)
  expect(await world.step(after(startAt, seconds(15)))).toBe(true)
  expect(world.now()).toBe(startAt + 10_000)
  await goOn()
  expect(happened).toEqual(['soon', 'late'])
  expect(world.now()).toBe(startAt + 100_000)
})

test('what was taken back, and what belongs to a dead life, does not happen', async () => {
  const { life, happened, plan, goOn } = setting()
  plan('taken back', 10)()
  plan('of the dead', 10, life)
  plan('of the world', 10)
  life.alive = false
  await goOn()
  expect(happened).toEqual(['of the world'])
})

test('a frozen life goes on when it thaws', async () => {
  const { world, life, happened, plan, goOn } = setting()
  plan('of the frozen', 10, life)
  plan('of the world', 20)
  world.freeze(life, seconds(30))
  await goOn()
  expect(happened).toEqual(['of the world', 'of the frozen'])
})

test('a wait ends when its time has come or its signal aborts, and a process sees its own clock', async () => {
  const { world, life, goOn } = setting()
  const clock = virtualClock(world, life, ms(-2500))
  const controller = new AbortController()
  let isOver = false
  const aborted = clock.wait(seconds(50), controller.signal)
  void clock.wait(seconds(5), new AbortController().signal).then(() => (isOver = true))
  expect(clock.now()).toBe(startAt - 2500)
  controller.abort()
  await aborted
  expect(world.now()).toBe(startAt)
  expect(isOver).toBe(false)
  await goOn()
  expect(isOver).toBe(true)
})

test('two worlds in which the same happens leave the same trace', async () => {
  const digests = []
  for (const what of ['one', 'one', 'other']) {
    const { world, plan, goOn } = setting()
    plan(what, 10)
    await goOn()
    digests.push(world.digest())
  }
  expect(digests[0]).toBe(digests[1])
  expect(digests[0]).not.toBe(digests[2])
})
