import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import { unfoldedSize } from './unfolded-size.ts'

test.each([
  ['', 0],
  ['disk', 4],
  ['x{1000}', 1000],
  ['x{3,40}', 40],
  ['x{3,}', 3],
  ['x{0}', 1],
  ['(?:ab){10}c{5}', 45],
  ['((a{10}b){10}c){2}', 222],
  ['[{100}\\]{100}]{7}', 7],
  ['[]{9}]{2}', 2],
  ['[[:alpha:]x]{3}', 3],
  ['\\x{1000}\\p{Greek}\\{100}', 7],
  ['\\Q{1000}\\E', 10],
  ['a{,5}', 5],
])('%s is %i instructions or so', (expression, size) => {
  expect(unfoldedSize(expression)).toBe(size)
})

test.each([
  '^db-[0-9]{1,3}\\.(?:eu|us)-[a-z]{2}\\d+$',
  '(?i)(?P<host>[a-z0-9-]{1,63}\\.){2,4}(?:com|org)',
  '(\\d{4})-(\\d{2})-(\\d{2})T(\\d{2}:){2}\\d{2}(?:\\.\\d{1,9})?Z',
  '\\b(?:[A-F0-9]{8}-(?:[A-F0-9]{4}-){3}[A-F0-9]{12})\\b',
  '(?:(?:25[0-5]|2[0-4]\\d|1?\\d{1,2})\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d{1,2})',
  '.{0,250}error.{0,250}',
  '(?s)^.{1000}$',
])('%s makes a program that is at least half as large', (expression) => {
  expect(RE2JS.compile(expression).programSize()).toBeGreaterThanOrEqual(unfoldedSize(expression) / 2)
})

test('what would take a second to be made is known to be huge', () => {
  const huge = ['x{1000}'.repeat(142), '\\pL{1000}'.repeat(111), '(?:a?){1000}'.repeat(83), `(?:${'a'.repeat(900)}){1000}`]
  expect(huge.map((expression) => unfoldedSize(expression) > 80_000)).toEqual([true, true, true, true])
})
