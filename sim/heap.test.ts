import { expect, test } from 'vitest'
import { newHeap } from './heap.ts'
import { newDice } from './random.ts'

test('what was put in comes out in order', () => {
  const heap = newHeap<number>((a, b) => a < b)
  const dice = newDice('heap')
  const numbers = Array.from({ length: 500 }, () => dice.below(100))
  for (const number of numbers) heap.push(number)
  expect(heap.size()).toBe(500)
  expect(Array.from({ length: 500 }, () => heap.pop())).toEqual(numbers.toSorted((a, b) => a - b))
  expect(heap.pop()).toBeUndefined()
})
