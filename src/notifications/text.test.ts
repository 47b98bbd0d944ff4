import { expect, test } from 'vitest'
import { cut, oneLine, paragraphs, webLink } from './text.ts'

test.each([
  ['line breaks and blanks become one blank', '  a\r\nb\t\tc\u2028d  ', 'a b c d'],
  ['control characters go', 'a\u0000b\u001b[31mc\u007f', 'ab[31mc'],
  ['the writing direction cannot be turned around', 'invoice\u202Egnp.exe\u2066', 'invoicegnp.exe'],
  ['half a character becomes a replacement', 'a\ud800b', 'a\uFFFDb'],
  ['other scripts stay', 'Größe 温度 حرارة 🔥', 'Größe 温度 حرارة 🔥'],
])('one line: %s', (_promise, text, expected) => {
  expect(oneLine(text)).toBe(expected)
})

test('paragraphs keep their lines and tabs', () => {
  expect(paragraphs('\r\na\r\n\tb\rc\u0007\n\n')).toBe('a\n\tb\nc')
})

test.each([
  ['what fits stays', 'four', 4, 'four'],
  ['a long text ends after a word', 'the disk of the database is full', 28, 'the disk of the database is…'],
  ['a long word is cut', 'abcdefghijklmnop', 8, 'abcdefg…'],
  ['a family is one character and is not torn apart', '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 2, '👨‍👩‍👧…'],
])('cutting: %s', (_promise, text, lengthMax, expected) => {
  expect(cut(text, lengthMax)).toBe(expected)
})

test('only web addresses become links', () => {
  expect(webLink('https://grafana.example.com/d/1?x=ä')).toBe('https://grafana.example.com/d/1?x=%C3%A4')
  expect(webLink('HTTP://a.example')).toBe('http://a.example/')
  for (const text of ['javascript:alert(1)', 'data:text/html,x', '/relative', 'nonsense', '', null])
    expect(webLink(text)).toBeNull()
})
