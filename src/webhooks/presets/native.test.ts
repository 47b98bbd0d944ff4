import { expect, it } from 'vitest'
import { ann, bob, handOver } from '../../../test/support/shift-changes.ts'
import { nativeBody } from './native.ts'

it('says what happened and all about it, in this order', () => {
  const body = nativeBody({ trigger: 'shift change', sequence: 77, data: JSON.stringify(handOver) })
  expect(JSON.parse(body)).toEqual({
    event: {
      type: 'shift change',
      time: '2026-04-01T07:00:00Z',
      late: false,
      sequence: 77,
      change_number: 12,
      cause: 'rotation',
    },
    schedule: handOver.schedule,
    previous: [ann],
    current: [bob],
    next: { at: '2026-04-02T07:00:00Z', users: [ann] },
    gap: false,
  })
  expect(body.match(/"(event|schedule|previous|current|next|gap)":/g)?.join('')).toBe(
    '"event":"schedule":"previous":"current":"next":"gap":',
  )
})

it('says of a gap that it is one', () => {
  const data = JSON.stringify({ ...handOver, current: [], gap: true, next: null })
  expect(JSON.parse(nativeBody({ trigger: 'schedule gap', sequence: 78, data }))).toMatchObject({
    event: { type: 'schedule gap' },
    current: [],
    next: null,
    gap: true,
  })
})
