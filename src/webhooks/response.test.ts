import { describe, expect, test } from 'vitest'
import { boundedText } from './response.ts'

describe('a text of the response log', () => {
  test('of 64 KiB is whole', () => {
    const whole = `"${'a'.repeat(65_534)}"`
    expect(boundedText(whole)).toBe(whole)
  })

  test('that is longer is told of, with its beginning', () => {
    const long = `{"title":"${'a'.repeat(65_536)}"}`
    expect(JSON.parse(boundedText(long))).toEqual({
      truncated: true,
      bytes: 65_548,
      beginning: `{"title":"${'a'.repeat(4086)}`,
    })
  })

  test('is measured in bytes, and never cut within a character', () => {
    const bells = '🔔'.repeat(16_385)
    expect(JSON.parse(boundedText(bells))).toEqual({ truncated: true, bytes: 65_540, beginning: '🔔'.repeat(2048) })
    expect(JSON.parse(boundedText(`a${bells}`)).beginning).toBe(`a${'🔔'.repeat(2047)}`)
  })
})
