import { describe, expect, it } from 'vitest'
import { isCredential } from '../lib/credential.ts'
import { staticHeaders } from './credential-input.ts'
import { shownStaticHeaders } from './headers.ts'

const mask = '****************'
const read = (value: unknown, current: Readonly<Record<string, string>> | null = null) => {
  const parsed = staticHeaders(current)(value)
  return parsed.ok ? parsed.value : parsed.reason
}

describe('static headers', () => {
  it('are an object of texts, and none when it is empty', () => {
    expect(read({ 'X-Team': 'db', 'X-Note': '{{ not a template }}' })).toEqual({
      'X-Team': 'db',
      'X-Note': '{{ not a template }}',
    })
    expect([read({}), read(null)]).toEqual([null, null])
  })

  it('are shown with what is secret masked, which keeps it in any case of the name', () => {
    const current = { 'X-Api-Key': 'sesame', 'X-Team': 'db', 'X-Token': '' }
    expect(shownStaticHeaders(current)).toEqual({ 'X-Api-Key': mask, 'X-Team': 'db', 'X-Token': '' })
    expect(read({ 'x-api-key': mask, 'X-Team': mask }, current)).toEqual({ 'x-api-key': 'sesame', 'X-Team': mask })
  })

  it.each([
    [['X'], 'Invalid data. Expected a dictionary, but got list.'],
    [{ X: 1 }, 'The value of "X" must be a text.'],
    [{ 'X Y': '1' }, '"X Y" cannot be the name of a header.'],
    [{ 'Webhook-Id': '1' }, 'The header "Webhook-Id" is set by the server itself.'],
    [{ X: 'a\r\nb' }, 'The value of "X" has characters that a header cannot carry.'],
    [{ 'X-A': '1', 'x-a': '2' }, 'The header "x-a" is there twice.'],
    [
      { 'X-Api-Key': mask },
      '"X-Api-Key": This is the mask that stands for a hidden secret. Send the secret itself, or leave it out.',
    ],
    [{ X: 'x'.repeat(2001) }, '"X": Ensure this field has no more than 2000 characters.'],
    [Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`X-${n}`, ''])), 'At most 50 headers are allowed.'],
  ])('are refused: %j', (value, reason) => {
    expect(read(value)).toBe(reason)
  })
})

it.each(['Authorization', 'X-Api-Key', 'apikey', 'Cookie', 'X-Auth', 'X-Auth-Token', 'proxy-authorization', 'X-Hook-Secret'])(
  '%s names a credential',
  (name) => {
    expect(isCredential(name)).toBe(true)
  },
)

it.each(['X-Team', 'X-Author', 'Content-Type', 'X-Keyboard'])('%s names none', (name) => {
  expect(isCredential(name)).toBe(false)
})
