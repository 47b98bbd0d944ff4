import { expect, test } from 'vitest'
import { newDice } from './random.ts'

test('the same seed throws the same numbers', () => {
  const [one, other] = [newDice('7'), newDice('7')]
  expect(Array.from({ length: 50 }, () => one.below(1000))).toEqual(Array.from({ length: 50 }, () => other.below(1000)))
})

test('forked dice throw the same whatever the others did before', () => {
  const busy = newDice('7')
  busy.bytes(1000)
  expect(busy.fork('network').bytes(16)).toEqual(newDice('7').fork('network').bytes(16))
  expect(busy.fork('network').bytes(16)).not.toEqual(busy.fork('clock').bytes(16))
})

test('a share is a share', () => {
  const dice = newDice('7')
  const hits = Array.from({ length: 10_000 }, () => dice.chance(0.2)).filter(Boolean).length
  expect(hits).toBeGreaterThan(1800)
  expect(hits).toBeLessThan(2200)
})
