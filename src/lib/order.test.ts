import { describe, expect, test } from 'vitest'
import { closeUp, endOf, moveTo, type Placed, swapTo } from './order.ts'

const placed = (...positions: readonly number[]): readonly Placed<string>[] =>
  positions.map((position, index) => ({ id: 'abcdef'.charAt(index), position }))

const after = (before: readonly Placed<string>[], moves: readonly Placed<string>[]): string => {
  const positions = new Map([...before, ...moves].map(({ id, position }) => [id, position]))
  return [...positions]
    .toSorted((one, other) => one[1] - other[1])
    .map(([id, position]) => `${id}${position}`)
    .join(' ')
}

describe('the end', () => {
  test.each([
    [placed(), 0],
    [placed(0, 1, 2), 3],
    [placed(5, 2), 6],
  ])('of %j is %d', (steps, end) => {
    expect(endOf(steps)).toBe(end)
  })
})

describe('moving one makes room', () => {
  test.each([
    ['to the front', placed(0, 1, 2), 'c', 0, 'c0 a1 b2'],
    ['to the end', placed(0, 1, 2), 'a', 2, 'b0 c1 a2'],
    ['to where it is', placed(0, 1, 2), 'b', 1, 'a0 b1 c2'],
    ['beyond the end', placed(0, 1, 2), 'a', 9, 'b0 c1 a9'],
    ['over a gap', placed(0, 4, 8), 'c', 2, 'a0 c2 b5'],
  ])('%s', (_name, steps, id, position, wanted) => {
    expect(after(steps, moveTo(steps, id, position))).toBe(wanted)
  })
})

describe('swapping gives the old place away', () => {
  test.each([
    ['to the front', placed(0, 1, 2), 'c', 0, 'c0 b1 a2'],
    ['to a free place', placed(0, 1, 2), 'c', 7, 'a0 b1 c7'],
    ['to where it is', placed(0, 1, 2), 'b', 1, 'a0 b1 c2'],
  ])('%s', (_name, steps, id, position, wanted) => {
    expect(after(steps, swapTo(steps, id, position))).toBe(wanted)
  })
})

describe('closing up leaves no gap', () => {
  test.each([
    [placed(), ''],
    [placed(0, 1), 'a0 b1'],
    [placed(8, 2, 4), 'b0 c1 a2'],
  ])('between %j', (steps, wanted) => {
    expect(after(steps, closeUp(steps))).toBe(wanted)
  })
})
