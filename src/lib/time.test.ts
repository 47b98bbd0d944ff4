import { describe, expect, test } from 'vitest'
import { parseInstant } from './time.ts'

describe('an instant', () => {
  test.each([
    ['2026-03-29T01:00:00Z', 1_774_746_000_000],
    ['2026-03-29T03:00:00+02:00', 1_774_746_000_000],
    ['2026-03-28T13:30:00-11:30', 1_774_746_000_000],
    ['2026-03-29T01:00:00.25Z', 1_774_746_000_250],
    ['2026-03-29T01:00:00.000999Z', 1_774_746_000_000],
  ])('is read from %s', (text, wanted) => {
    expect(parseInstant(text)).toBe(wanted)
  })

  test.each([
    ['without an offset', '2026-03-29T01:00:00'],
    ['of a day that no month has', '2026-02-29T01:00:00Z'],
    ['of an hour that no day has', '2026-03-29T24:00:00Z'],
    ['of an offset that no place has', '2026-03-29T01:00:00+24:00'],
    ['of the year 0', '0001-01-01T00:00:00+00:01'],
    ['of the year 10000', '9999-12-31T23:59:59-00:01'],
    ['with a blank', ' 2026-03-29T01:00:00Z'],
  ])('%s is not read', (_what, text) => {
    expect(parseInstant(text)).toBeNull()
  })
})
