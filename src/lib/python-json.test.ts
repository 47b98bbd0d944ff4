import { describe, expect, test } from 'vitest'
import { cpuMsOf } from '../../test/support/cpu-time.ts'
import { pythonJson } from './python-json.ts'

describe('JSON is written as Python writes it', () => {
  test.each([
    ['{"a":1,"b":[true,false,null]}', '{"a": 1, "b": [true, false, null]}'],
    [' { "a" :\n\t[ 1 ,2 ] }\r\n', '{"a": [1, 2]}'],
    ['{}', '{}'],
    ['[[],{}]', '[[], {}]'],
    ['"a, b: c"', '"a, b: c"'],
    ['"say \\"x\\": 1, 2"', '"say \\"x\\": 1, 2"'],
    ['{"back\\\\":"slash"}', '{"back\\\\": "slash"}'],
  ])('%s', (text, wanted) => {
    expect(pythonJson(text)).toBe(wanted)
  })

  test('with numbers as they were received', () => {
    expect(pythonJson('[1.0,1e5,12345678901234567890,-0]')).toBe('[1.0, 1e5, 12345678901234567890, -0]')
  })

  test('in ASCII, each character in one way however it was sent', () => {
    for (const text of ['"é"', '"\\u00e9"', '"\\u00E9"']) expect(pythonJson(text)).toBe('"\\u00e9"')
    expect(pythonJson('"😀"')).toBe('"\\ud83d\\ude00"')
    expect(pythonJson('"\\ud83d"')).toBe('"\\ud83d"')
    expect(pythonJson('"\u007f~"')).toBe('"\\u007f~"')
    expect(pythonJson('"a\\/b\\u002fc\\u0041"')).toBe('"a/b/cA"')
    expect(pythonJson('"\\u000a\\t\\u0001"')).toBe('"\\n\\t\\u0001"')
  })

  test('as far as a text goes that was cut off', () => {
    expect(pythonJson('{"a":"b')).toBe('{"a": "b')
    expect(pythonJson('{"a":"b\\')).toBe('{"a": "b\\')
    expect(pythonJson('{"a":"é')).toBe('{"a": "\\u00e9')
    expect(pythonJson('{"a":')).toBe('{"a": ')
  })
})

test('a long text takes little time', () => {
  const text = `["${'é\\"'.repeat(500_000)}",${'1 , '.repeat(500_000)}1]`
  const spent = cpuMsOf(() => expect(pythonJson(text)).toHaveLength(500_000 * 8 + 4 + 500_000 * 3 + 3))
  expect(spent).toBeLessThan(2000)
})
