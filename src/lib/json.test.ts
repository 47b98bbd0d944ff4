import { describe, expect, it } from 'vitest'
import { jsonbText, jsonText, RawJson } from './json.ts'

describe('the JSON of a value', () => {
  it('keeps a raw text letter by letter, however deep it is', () => {
    const value = { at: null, 'a "b"': [true, { raw: new RawJson('{"n": 1.0, "n": 1e2}') }], text: 'ü\n' }
    expect(jsonText(value)).toBe('{"at":null,"a \\"b\\"":[true,{"raw":{"n": 1.0, "n": 1e2}}],"text":"ü\\n"}')
    expect(jsonText(new RawJson('1.50'))).toBe('1.50')
  })

  it('is the usual one where nothing in it is raw', () => {
    expect(jsonText({ b: [1, -0.5, null], a: { 'a "b"': 'ü\n' } })).toBe('{"b":[1,-0.5,null],"a":{"a \\"b\\"":"ü\\n"}}')
    expect(jsonText('x')).toBe('"x"')
  })
})

describe('the JSON for a jsonb column', () => {
  it('has nothing that PostgreSQL refuses', () => {
    expect(jsonbText({ name: 'a\u0000b', more: ['\ud83d', '\udc00', '😀'] })).toBe(
      '{"name":"a\uFFFDb","more":["\uFFFD","\uFFFD","😀"]}',
    )
  })

  it('keeps what only looks like it', () => {
    expect(jsonbText({ name: '\\u0000 \\ud83d' })).toBe('{"name":"\\\\u0000 \\\\ud83d"}')
    expect(jsonbText(undefined)).toBe('null')
  })
})
