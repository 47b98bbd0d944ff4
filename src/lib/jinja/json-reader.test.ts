import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJson, readJsonLazily } from './json-reader.ts'
import { isDict, isList, type Value } from './value.ts'

/** All that is in a value, which asks for all of it. */
function told(value: Value): unknown {
  if (isList(value)) return value.items.map(told)
  if (!isDict(value)) return value
  return { dict: Array.from(value.entries, ([hash, entry]) => [hash, entry.key, told(entry.value)]) }
}

const eagerly = (text: string) => told(readJson(text)?.value ?? 'none')
/** Short texts are read at once. */
const long = ' '.repeat(16 * 1024)
const lazily = (text: string) => told(readJsonLazily(`${long}${text}`)?.value ?? 'none')

describe('what is read when it is asked for', () => {
  it('is what is read at once', () => {
    const blanks = fc.constantFrom(0, 1, 3)
    const json = fc.json({ maxDepth: 6, stringUnit: 'binary' })
    fc.assert(
      fc.property(json, blanks, (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent)
        expect(lazily(spaced)).toEqual(eagerly(spaced))
      }),
    )
  })

  it.each([
    ['strings with brackets, quotes and backslashes', String.raw`{"a": ["]", "\"}", "\\", {"\\\"": "\\\\\""}], "b": [[]]}`],
    ['a key that comes twice', '{"a": [1], "b": 2, "a": {"a": 3}}'],
    ['keys in the order of the text', '{"2": {"1": 0, "0": 1}, "1": []}'],
    ['numbers of every kind', '[[1, 1.0, -0, 1e5, 12345678901234567890], {"a": 0.1}]'],
    ['blanks', '\n { "a" : [ \t] , "b" : { } } \r\n'],
    ['no container', ' "a" '],
    ['what only Python takes for JSON', '{"a": [NaN, {"b": -Infinity}]}'],
    ['no JSON', '{"a": [1, {"b": }]}'],
    ['no JSON at its end', '{"a": [1]} x'],
    ['a string without an end', '{"a": ["b\\"]}'],
    ['as deep as it may be at once', `${'['.repeat(200)}${']'.repeat(200)}`],
    ['the longest number at once', `{"a": [${'9'.repeat(4300)}]}`],
  ])('%s', (_about, text) => {
    expect(lazily(text)).toEqual(eagerly(text))
  })

  it('is nothing where a part of it could not be read, however deep', () => {
    expect(lazily('{"a": [1, {"b": }]}')).toBe('none')
  })

  it.each(['', long])('is also what is too deep, or too long a number, to be read at once', (before) => {
    const read = readJsonLazily(
      `${before}{"deep": ${'['.repeat(300)}${']'.repeat(300)}, "long": ${'9'.repeat(5000)}, "title": "Disk full"}`,
    )
    const entries = read !== null && isDict(read.value) ? read.value.entries : new Map<string, { readonly value: Value }>()
    expect(entries.get('title')?.value).toBe('Disk full')
    expect(entries.get('long')?.value).toBe('9'.repeat(5000))
  })
})
