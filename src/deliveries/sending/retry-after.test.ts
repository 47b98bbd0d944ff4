import { describe, expect, it } from 'vitest'
import { hours, instant, minutes, ms, seconds } from '../../lib/time.ts'
import { lanes } from '../delivery.ts'
import { heeded, retryAfter } from './retry-after.ts'

const now = instant(Date.UTC(2024, 1, 28, 23, 59, 0))

describe('Retry-After', () => {
  it.each([
    [undefined, null],
    ['', null],
    ['12', 12_000],
    [' 12 ', 12_000],
    ['1.5', null],
    ['-1', null],
    ['Thu, 29 Feb 2024 00:00:00 GMT', 60_000],
    ['Fri, 01 Mar 2024 00:00:00 GMT', 86_460_000],
    ['Tue, 27 Feb 2024 00:00:00 GMT', 0],
    ['Sun Nov  6 08:49:37 1994', null],
    ['Thu, 29 Foo 2024 00:00:00 GMT', null],
    ['0', 0],
    ['315360000', 315_360_000_000],
    ['Thu, 01 Mar 2034 00:00:00 GMT', 315_619_260_000],
    ['99999999999999999999', null],
    ['1e3', null],
    ['0x10', null],
    ['12, 34', null],
    ['soon', null],
    ['\u0661\u0662', null],
    ['Infinity', null],
  ])('%s is %s ms', (header, expected) => {
    expect(retryAfter(header, now)).toBe(expected)
  })

  it('reads every day of four centuries as the calendar has it', () => {
    for (let day = 0; day < 146_097; day += 13) {
      const date = new Date(Date.UTC(2024, 2, 1) + day * 86_400_000)
      expect(retryAfter(date.toUTCString(), now)).toBe(date.getTime() - now)
    }
  })

  it('is followed for a second at least, and for a day at most; for what others wait behind, for five minutes', () => {
    const tenYears = ms(315_360_000_000)
    expect(heeded(ms(0), lanes.live)).toBe(seconds(1))
    expect(heeded(tenYears, lanes.live)).toBe(hours(24))
    expect(heeded(tenYears, lanes.replay)).toBe(hours(24))
    expect(heeded(tenYears, lanes.ordered)).toBe(minutes(5))
    expect(heeded(tenYears, lanes.page)).toBe(minutes(5))
  })
})
