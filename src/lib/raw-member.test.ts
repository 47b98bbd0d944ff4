import fc from 'fast-check'
import { expect, it } from 'vitest'
import { memberText } from './raw-member.ts'

it.each([
  ['{"a":1.50,"b":2}', 'a', '1.50'],
  ['{"a":1.50,"b":2}', 'b', '2'],
  [' { "a" : { "b" : "}\\"" } , "b" : [ {"c":1} , "]" ] } ', 'b', '[ {"c":1} , "]" ]'],
  ['{"a":{"b":1},"b":12345678901234567890}', 'b', '12345678901234567890'],
  ['{"a":"b","b":null}', 'b', 'null'],
  ['{"a":"\\\\","b":true}', 'b', 'true'],
  ['{"b":-1e5}', 'b', '-1e5'],
  ['{"b":1,"b":2}', 'b', '1'],
  ['{"a":1}', 'b', null],
  ['{}', 'b', null],
])('finds in %s the member %s as %s', (json, name, found) => {
  expect(memberText(json, name)).toBe(found)
})

it('finds what JSON.stringify wrote of any object', () => {
  const keys = fc.constantFrom('a', 'b', '"', '\\', '{', '')
  const objects = fc.dictionary(keys, fc.jsonValue(), { noNullPrototype: true })
  fc.assert(
    fc.property(objects, keys, fc.constantFrom(0, 2), (object, key, indent) => {
      const found = memberText(JSON.stringify(object, null, indent), key)
      expect(found === null ? undefined : JSON.stringify(JSON.parse(found))).toBe(JSON.stringify(object[key]))
    }),
  )
})
