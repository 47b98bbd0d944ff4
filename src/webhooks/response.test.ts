import { describe, expect, test } from 'vitest'
import { shownExcerpt } from './response.ts'

describe('a text of the response log', () => {
  test('that is whole is shown as it is', () => {
    expect(shownExcerpt({ text: '"short"', bytes: 7, isWhole: true })).toBe('"short"')
  })

  test('that is not is told of, with its beginning', () => {
    const text = `{"title":"${'a'.repeat(65_536)}`
    expect(JSON.parse(shownExcerpt({ text, bytes: 65_548, isWhole: false }))).toEqual({
      truncated: true,
      bytes: 65_548,
      beginning: `{"title":"${'a'.repeat(4086)}`,
    })
  })

  test('is never cut within a character', () => {
    const text = '🔔'.repeat(16_385)
    const beginningOf = (shown: string) => JSON.parse(shown).beginning
    expect(beginningOf(shownExcerpt({ text, bytes: 65_540, isWhole: false }))).toBe('🔔'.repeat(2048))
    expect(beginningOf(shownExcerpt({ text: `a${text}`, bytes: 65_541, isWhole: false }))).toBe(`a${'🔔'.repeat(2047)}`)
  })
})
