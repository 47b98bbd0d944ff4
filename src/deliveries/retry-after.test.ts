import { describe, expect, it } from 'vitest'
import { instant } from '../lib/time.ts'
import { retryAfter } from './retry-after.ts'

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
  ])('%s is %s ms', (header, expected) => {
    expect(retryAfter(header, now)).toBe(expected)
  })

  it('reads every day of four centuries as the calendar has it', () => {
    for (let day = 0; day < 146_097; day += 13) {
      const date = new Date(Date.UTC(2024, 2, 1) + day * 86_400_000)
      expect(retryAfter(date.toUTCString(), now)).toBe(date.getTime() - now)
    }
  })
})
