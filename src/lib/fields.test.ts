import { describe, expect, test } from 'vitest'
import { boolean, detailRefusal, filterText, integer, optional, readFields, required, text, textList } from './fields.ts'
import { no, ok } from './result.ts'

describe('one value', () => {
  test.each([
    ['integer', integer, 5, ok(5)],
    ['integer', integer, ' -5 ', ok(-5)],
    ['integer', integer, 5.5, no('A valid integer is required.')],
    ['integer', integer, '', no('A valid integer is required.')],
    ['integer', integer, null, no('This field may not be null.')],
    ['boolean', boolean, 'False', ok(false)],
    ['boolean', boolean, 'on', ok(true)],
    ['boolean', boolean, 'Yes', ok(true)],
    ['boolean', boolean, 'off', ok(false)],
    ['boolean', boolean, 2, no('Must be a valid boolean.')],
    ['boolean', boolean, null, no('This field may not be null.')],
    ['text', text(3), ' ab ', ok('ab')],
    ['text', text(3), 12, ok('12')],
    ['text', text(3), '🔔🔔🔔', ok('🔔🔔🔔')],
    ['text', text(3), '🔔🔔🔔🔔', no('Ensure this field has no more than 3 characters.')],
    ['text', text(3), 'abcd', no('Ensure this field has no more than 3 characters.')],
    ['text', text(3), '  ', no('This field may not be blank.')],
    ['text', text(3), true, no('Not a valid string.')],
    ['text', text(3), '\ud800', ok('\ufffd')],
    ['list', textList, null, ok([])],
    ['list', textList, ['a', 'b\u0000'], ok(['a', 'b\ufffd'])],
    ['list', textList, [''], ok([])],
    ['list', textList, {}, no('Expected a list of items but got type "dict".')],
    ['list', textList, [1], no('Not a valid string.')],
  ])('as %s', (_name, reader, value, read) => {
    expect(reader(value)).toEqual(read)
  })
})

describe('several fields', () => {
  const read = (body: object) =>
    readFields((take) => ({
      name: take(required({ ...body }, 'name', text(3)), ''),
      size: take(optional({ ...body }, 'size', integer), undefined),
    }))

  test('are read together', () => {
    expect(read({ name: 'a' })).toEqual(ok({ name: 'a', size: undefined }))
  })

  test('are refused together', () => {
    const fields = { name: ['This field is required.'], size: ['A valid integer is required.'] }
    expect(read({ size: 'x' })).toEqual(no({ kind: 'invalid-fields', fields }))
  })

  test('are found in the object only, not in what it inherits', () => {
    expect(readFields((take) => take(optional({}, 'constructor', text(3)), undefined))).toEqual(ok(undefined))
  })

  test('give way to a refusal of the whole request', () => {
    const whole = () => no(detailRefusal('Not like this'))
    const answer = readFields((take) => [
      take(required({}, 'name', integer), 0),
      take(optional({ kind: 1 }, 'kind', whole), undefined),
    ])
    expect(answer).toEqual(no({ kind: 'invalid', detail: 'Not like this' }))
  })
})

test.each([
  [undefined, undefined],
  ['', undefined],
  ['Main', 'Main'],
  ['a\u0000b', 'a\ufffdb'],
])('the filter %j of a list looks for %j', (given, wanted) => {
  expect(filterText(given)).toBe(wanted)
})
