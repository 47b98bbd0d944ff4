import { describe, expect, test } from 'vitest'
import { hours } from '../lib/time.ts'
import { formatLocalTime, localAfter, localTime, parseLocalTime } from './local-time.ts'

describe('local times', () => {
  test.each([
    ['1970-01-01T00:00:00', 0],
    ['1970-01-02T00:00:01', 86_401_000],
    ['2024-02-29T23:59:59', 1_709_251_199_000],
    ['0001-01-01T00:00:00', -62_135_596_800_000],
    ['9999-12-31T23:59:59', 253_402_300_799_000],
  ])('%s is read and written the same', (text, readingMs) => {
    expect(parseLocalTime(text)).toBe(readingMs)
    expect(formatLocalTime(localTime(readingMs))).toBe(text)
  })

  test.each([
    '',
    '2025-03-30',
    '2025-03-30T01:30',
    '2025-03-30 01:30:00',
    '2025-03-30T01:30:00Z',
    '2025-03-30T01:30:00+02:00',
    '2025-03-30T01:30:00.000',
    '2025-3-30T01:30:00',
    '2025-02-29T00:00:00',
    '2025-13-01T00:00:00',
    '2025-01-01T24:00:00',
    '2025-01-01T23:59:60',
    '0000-01-01T00:00:00',
    '２０２５-01-01T00:00:00',
    '2025-01-01T00:00:00\n',
  ])('%j is no local time', (text) => {
    expect(parseLocalTime(text)).toBeNull()
  })

  test('a day of the calendar has 24 hours, whatever clocks do', () => {
    expect(formatLocalTime(localAfter(localTime(1_743_292_800_000), hours(24)))).toBe('2025-03-31T00:00:00')
  })
})
