import { expect, test } from 'vitest'
import { nodeRandom } from './random.ts'

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test.each([0, 1, 16, 256, 257, 10_000])('as many bytes come as were asked for: %i', (count) => {
  expect(nodeRandom.bytes(count)).toHaveLength(count)
})

test('no two answers are the same, however many are taken', () => {
  const answers = Array.from({ length: 5_000 }, (_, index) => hexOf(nodeRandom.bytes(8 + (index % 25))).slice(0, 16))
  expect(new Set(answers).size).toBe(5_000)
})

test('an answer belongs to its taker: later answers do not change it, nor does its change show in them', () => {
  const first = nodeRandom.bytes(16)
  const before = hexOf(first)
  const others = Array.from({ length: 1_000 }, () => nodeRandom.bytes(16))
  expect(hexOf(first)).toBe(before)
  first.fill(0)
  expect(others.map(hexOf)).not.toContain('00'.repeat(16))
  expect(first.buffer.byteLength).toBe(16)
})
