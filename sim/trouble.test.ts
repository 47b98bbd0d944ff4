import { expect, test } from 'vitest'
import { newDice } from './random.ts'
import { decidedTroubles, drawnTroubles } from './trouble.ts'

const range = { low: 0.01, high: 0.4 }

test('what is decided strikes often in every seed, and nothing else strikes', () => {
  const troubles = decidedTroubles(['freezes'])
  const dice = newDice('7')
  const rates = Array.from({ length: 100 }, () => troubles.rate('freezes', dice, range))
  expect(Math.min(...rates)).toBeGreaterThan(0.06)
  expect(Math.max(...rates)).toBeLessThanOrEqual(0.4)
  expect(troubles.rate('rivalry', dice, range)).toBe(0)
  expect(troubles.has('freezes', false)).toBe(true)
  expect(troubles.has('two nodes', true)).toBe(false)
})

test('drawn trouble strikes in half of the seeds, from rarely to often', () => {
  const dice = newDice('7')
  const rates = Array.from({ length: 1000 }, () => drawnTroubles.rate('freezes', dice, range))
  const strikes = rates.filter((rate) => rate > 0)
  expect(strikes.length).toBeGreaterThan(450)
  expect(strikes.length).toBeLessThan(550)
  expect(Math.min(...strikes)).toBeLessThan(0.011)
  expect(Math.max(...strikes)).toBeGreaterThan(0.35)
})
