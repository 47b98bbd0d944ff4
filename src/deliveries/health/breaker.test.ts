import { describe, expect, it } from 'vitest'
import { after, instant, minutes, ms, seconds } from '../../lib/time.ts'
import { afterFailure, afterSuccess, type Breaker, breakerLeftOpen, closedBreaker } from './breaker.ts'

const start = instant(Date.UTC(2026, 3, 1))
const at = (second: number) => after(start, seconds(second))

/** A failure with a jitter that changes nothing. */
const failed = (breaker: Breaker, second: number): Breaker => afterFailure(breaker, { at: at(second), jitter: 0.5 })

const openUntil = ({ open }: Breaker): number | null => (open === null ? null : (open.until - start) / 1000)

/** Ends of attempts, a second apart: `f` fails, any other letter does not. */
const course = (ends: string, breaker = closedBreaker): Breaker =>
  ends.split('').reduce((now, end, second) => (end === 'f' ? failed(now, second) : afterSuccess(now, at(second))), breaker)

describe('the breaker', () => {
  it('opens with the fifth failure in a row, for half a minute', () => {
    expect(openUntil(course('ffff'))).toBeNull()
    expect(openUntil(course('fffff'))).toBe(34)
    expect(openUntil(course('ffff.ffff'))).toBeNull()
  })

  it('opens when seven of ten have failed, and not when six have', () => {
    expect(openUntil(course('fff.fff..f'))).toBe(39)
    expect(openUntil(course('fff.ff...f'))).toBeNull()
    expect(openUntil(course('ff.fff.ff'))).toBeNull()
  })

  it('judges by the last five minutes alone', () => {
    const before = course('fff.fff..')
    expect(openUntil(failed(before, 299))).toBe(329)
    expect(openUntil(failed(before, 301))).toBeNull()
  })

  it('is open for twice as long each time that it was tried in vain, up to a quarter of an hour', () => {
    let breaker = course('fffff')
    const lengths = Array.from({ length: 7 }, () => {
      const until = openUntil(breaker) ?? 0
      breaker = failed(breaker, until)
      return (openUntil(breaker) ?? 0) - until
    })
    expect(lengths).toEqual([60, 120, 240, 480, 900, 900, 900])
  })

  it('is not moved by what left before it opened and fails later', () => {
    const open = course('fffff')
    expect(failed(open, 33)).toBe(open)
  })

  it('closes with the first success, and begins anew', () => {
    const closed = afterSuccess(failed(course('fffff'), 34), at(95))
    expect(closed).toEqual(closedBreaker)
    expect(openUntil(course('ffff', closed))).toBeNull()
    expect(openUntil(course('fffff', closed))).toBe(34)
  })

  it('goes on with the length that another process has left', () => {
    const left = breakerLeftOpen({ lengthMs: minutes(4), until: at(60) })
    expect(openUntil(failed(left, 60))).toBe(540)
    expect(openUntil(failed(left, 59))).toBe(60)
  })

  it('is a fifth shorter or longer at random', () => {
    const four = course('ffff')
    const lengths = [0, 0.25, 1].map((jitter) => (afterFailure(four, { at: at(4), jitter }).open?.until ?? 0) - at(4))
    expect(lengths).toEqual([ms(24_000), ms(27_000), ms(36_000)])
  })
})
