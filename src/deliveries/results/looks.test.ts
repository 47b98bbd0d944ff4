import { expect, it } from 'vitest'
import { after, instant, seconds } from '../../lib/time.ts'
import { newResultLooks } from './looks.ts'

const start = instant(Date.UTC(2026, 3, 1))
const look = (second: number, shards: readonly number[] = [1, 2]) => ({ shards, now: after(start, seconds(second)) })

it('results are read on from the last that was read, and from the beginning every four seconds', () => {
  const looks = newResultLooks()
  expect(looks.forLook(look(0))).toBe(0)
  expect(looks.nextWholeLookAt()).toBeNull()
  looks.note([3, 7])
  looks.note([])
  expect(looks.forLook(look(1))).toBe(7)
  expect(looks.nextWholeLookAt()).toBe(start + 4_000)
  expect(looks.forLook(look(4))).toBe(0)
  expect(looks.nextWholeLookAt()).toBeNull()
})

it('they are read from the beginning when other shards are owned, and when the clock went back', () => {
  const looks = newResultLooks()
  looks.forLook(look(10))
  looks.note([7])
  expect(looks.forLook(look(11, [1, 2, 3]))).toBe(0)
  looks.note([7])
  expect(looks.forLook(look(12, [1, 2, 3]))).toBe(7)
  expect(looks.forLook(look(9, [1, 2, 3]))).toBe(0)
})
