import { describe, expect, it } from 'vitest'
import { type Instant, instant } from '../../lib/time.ts'
import { afterRequest, type Bucket, fullBucket, isFull, refillsAt, requestsFree } from './rate.ts'

const start = instant(Date.UTC(2026, 3, 1))
const later = (milliseconds: number): Instant => instant(start + milliseconds)

/** What is left after so many requests at once. */
const used = (perSecond: number, count: number): Bucket =>
  Array.from({ length: count }).reduce<Bucket>((bucket) => afterRequest(bucket, perSecond, start), fullBucket(perSecond, start))

describe('a limit of requests a second', () => {
  it.each([
    [10, 10],
    [1, 1],
    [0.5, 1],
    [2.5, 2],
  ])('of %d lets %d leave at once after a rest', (perSecond, count) => {
    expect(requestsFree(fullBucket(perSecond, start), perSecond, start)).toBe(count)
    expect(requestsFree(used(perSecond, count), perSecond, start)).toBe(0)
  })

  it('lets the next one leave when its part of the second is over', () => {
    expect(refillsAt(used(10, 10), 10, start)).toBe(later(100))
    expect(refillsAt(used(3, 3), 3, start)).toBe(later(334))
    expect(refillsAt(used(0.01, 1), 0.01, start)).toBe(later(100_000))
    expect(refillsAt(used(10, 9), 10, start)).toBeNull()
    for (const perSecond of [10, 3, 0.7, 0.01]) {
      const bucket = used(perSecond, Math.max(1, Math.floor(perSecond)))
      const at = refillsAt(bucket, perSecond, start)
      expect(at === null ? 0 : requestsFree(bucket, perSecond, at)).toBe(1)
    }
  })

  it('saves no more than a second, and gives nothing for a clock that was set back', () => {
    expect(requestsFree(used(10, 10), 10, later(500))).toBe(5)
    expect(requestsFree(used(10, 10), 10, later(60_000))).toBe(10)
    expect(requestsFree(used(10, 10), 10, later(-60_000))).toBe(0)
    expect([isFull(used(10, 10), 10, later(999)), isFull(used(10, 10), 10, later(1_000))]).toEqual([false, true])
  })
})
