import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { check } from '../lib/check.ts'
import { fieldMessages } from './field-errors.ts'
import { choice, input, nullable } from './schema.ts'
import { validatorCompiler } from './validation.ts'

const body = input({
  name: Type.String({ minLength: 1, maxLength: 5, pattern: '\\S' }),
  enabled: Type.Optional(Type.Boolean()),
  position: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
  factor: Type.Optional(Type.Number()),
  kind: Type.Optional(nullable(choice(['a', 'b']))),
  ids: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 2 })),
  inner: Type.Optional(Type.Object({ list: Type.Array(Type.Object({ at: Type.String({ format: 'date-time' }) })) })),
  either: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  url: Type.Optional(Type.String({ format: 'uri' })),
})

function faults(value: unknown, options: { isForm?: boolean } = {}) {
  const validate = validatorCompiler({ isTexts: () => options.isForm === true })({
    schema: body,
    method: 'POST',
    url: '/',
    httpPart: 'body',
  })
  const answer = validate(value)
  check(typeof answer === 'object' && !('then' in answer), 'validation answers at once')
  if (answer.error === undefined) return answer.value
  check('validation' in answer.error && Array.isArray(answer.error.validation), 'a refusal says what is wrong')
  return fieldMessages(answer.error.validation, 'body')
}

describe('the messages of the contract', () => {
  test.each([
    [{}, { name: ['This field is required.'] }],
    [{ name: null }, { name: ['This field may not be null.'] }],
    [{ name: '' }, { name: ['This field may not be blank.'] }],
    [{ name: ' \t' }, { name: ['This field may not be blank.'] }],
    [{ name: 5 }, { name: ['Not a valid string.'] }],
    [{ name: 'longer' }, { name: ['Ensure this field has no more than 5 characters.'] }],
    [{ name: 'x', enabled: 'yes' }, { enabled: ['Must be a valid boolean.'] }],
    [{ name: 'x', enabled: null }, { enabled: ['This field may not be null.'] }],
    [{ name: 'x', position: '5' }, { position: ['A valid integer is required.'] }],
    [{ name: 'x', position: 1.5 }, { position: ['A valid integer is required.'] }],
    [{ name: 'x', position: -1 }, { position: ['Ensure this value is greater than or equal to 0.'] }],
    [{ name: 'x', position: 10 }, { position: ['Ensure this value is less than or equal to 9.'] }],
    [{ name: 'x', factor: 'a' }, { factor: ['A valid number is required.'] }],
    [{ name: 'x', kind: 'c' }, { kind: ['"c" is not a valid choice.'] }],
    [{ name: 'x', ids: 'a' }, { ids: ['Expected a list of items but got type "str".'] }],
    [{ name: 'x', ids: { a: 1 } }, { ids: ['Expected a list of items but got type "dict".'] }],
    [{ name: 'x', ids: [] }, { ids: ['This list may not be empty.'] }],
    [{ name: 'x', ids: ['a', 'b', 'c'] }, { ids: ['Ensure this field has no more than 2 elements.'] }],
    [{ name: 'x', ids: ['a', 1] }, { ids: { 1: ['Not a valid string.'] } }],
    [{ name: 'x', inner: 'a' }, { inner: ['Expected a dictionary of items but got type "str".'] }],
    [{ name: 'x', inner: {} }, { inner: { list: ['This field is required.'] } }],
    [{ name: 'x', inner: { list: [{}] } }, { inner: { list: { 0: { at: ['This field is required.'] } } } }],
    [{ name: 'x', either: 5 }, { either: ['Invalid values'] }],
    [{ name: 'x', url: 'nowhere' }, { url: ['Enter a valid URL.'] }],
    [[], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    ['text', { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] }],
    [null, { non_field_errors: ['No data provided'] }],
  ])('%j', (value, messages) => {
    expect(faults(value)).toEqual(messages)
  })
})

test('several fields are reported together', () => {
  expect(faults({ enabled: 1, position: true })).toEqual({
    name: ['This field is required.'],
    enabled: ['Must be a valid boolean.'],
    position: ['A valid integer is required.'],
  })
})

test('a good body keeps its values and loses what nobody asked for', () => {
  expect(faults({ name: 'x', kind: null, surprise: 1 })).toEqual({ name: 'x', kind: null })
})

test('a form can only send texts, so they count as what is wanted', () => {
  expect(faults({ name: '5', enabled: 'true', position: '5', ids: 'a' }, { isForm: true })).toEqual({
    name: '5',
    enabled: true,
    position: 5,
    ids: ['a'],
  })
  expect(faults({ name: 'x', position: 'five' }, { isForm: true })).toEqual({ position: ['A valid integer is required.'] })
})
