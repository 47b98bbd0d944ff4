import { describe, expect, test } from 'vitest'
import { readFields } from './fields.ts'
import { freeEnd, placementOf, rearranged } from './placement.ts'

const read = (body: Readonly<Record<string, unknown>>) => readFields((take) => placementOf(body, take))

test.each([
  [{}, null],
  [{ position: null, manual_order: true }, null],
  [{ position: 0 }, { position: 0, swap: false }],
  [
    { position: '7', manual_order: null },
    { position: 7, swap: false },
  ],
  [{ position: -1 }, { position: 'end', swap: false }],
  [
    { position: 2_147_483_647, manual_order: 'true' },
    { position: 2_147_483_647, swap: true },
  ],
])('%j places a thing', (body, placement) => {
  expect(read(body)).toEqual({ ok: true, value: placement })
})

const outOfRange = { kind: 'invalid', detail: 'Invalid value for position field' }
const notWhole = { kind: 'invalid-fields', fields: { position: ['A valid integer is required.'] } }

test.each([
  [{ position: -2 }, outOfRange],
  [{ position: -1, manual_order: true }, outOfRange],
  [{ position: 2_147_483_648 }, outOfRange],
  [{ position: 1.5 }, notWhole],
  [{ position: [] }, notWhole],
  [
    { position: 1, manual_order: 'maybe' },
    { kind: 'invalid-fields', fields: { manual_order: ['Must be a valid boolean.'] } },
  ],
])('%j is refused', (body, refusal) => {
  expect(read(body)).toEqual({ ok: false, reason: refusal })
})

const three = [
  { id: 'a', position: 0 },
  { id: 'b', position: 1 },
  { id: 'c', position: 2 },
]

describe('one is put', () => {
  test.each([
    ['at the end', { position: 'end', swap: false } as const, 'b0 c1 a2'],
    ['where others make room', { position: 1, swap: false }, 'b0 a1 c2'],
    ['where it changes places', { position: 2, swap: true }, 'c0 b1 a2'],
  ])('%s', (_name, placement, wanted) => {
    const after = new Map([...three, ...rearranged(three, 'a', placement)].map(({ id, position }) => [id, position]))
    const order = [...after].toSorted((one, other) => one[1] - other[1])
    expect(order.map(([id, position]) => `${id}${position}`).join(' ')).toBe(wanted)
  })
})

describe('the free end', () => {
  test('is after the last', () => {
    expect(freeEnd(three)).toEqual({ position: 3, moves: [] })
  })

  test('is made by closing up where the last place is taken', () => {
    const placed = [
      { id: 'a', position: 5 },
      { id: 'b', position: 2_147_483_647 },
    ]
    expect(freeEnd(placed)).toEqual({
      position: 2,
      moves: [
        { id: 'a', position: 0 },
        { id: 'b', position: 1 },
      ],
    })
  })
})
