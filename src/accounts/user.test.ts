import { describe, expect, test } from 'vitest'
import { asId, type OrganizationId, type UserId } from '../lib/ids.ts'
import { changedUser, isEmail, mayBeNotified, namesOf, type User, usernameOf } from './user.ts'

const ada: User = {
  id: asId<UserId>('U1'),
  organizationId: asId<OrganizationId>('O1'),
  username: 'ada',
  email: 'ada@example.com',
  role: 'editor',
  active: true,
  name: null,
  firstName: null,
  lastName: null,
  slackUserId: null,
  phone: '1',
  timeZone: null,
  shiftReminders: [],
}

test('only active editors and admins are notified', () => {
  expect(mayBeNotified({ active: true, role: 'admin' })).toBe(true)
  expect(mayBeNotified({ active: true, role: 'editor' })).toBe(true)
  expect(mayBeNotified({ active: true, role: 'viewer' })).toBe(false)
  expect(mayBeNotified({ active: true, role: 'none' })).toBe(false)
  expect(mayBeNotified({ active: false, role: 'admin' })).toBe(false)
})

test('first and last name fall back to the name split at its last blank, then to the username', () => {
  expect(namesOf({ ...ada, firstName: 'Ada' })).toEqual({ first: 'Ada', last: '' })
  expect(namesOf({ ...ada, name: 'Ada King Lovelace' })).toEqual({ first: 'Ada King', last: 'Lovelace' })
  expect(namesOf({ ...ada, name: 'Ada' })).toEqual({ first: 'Ada', last: '' })
  expect(namesOf(ada)).toEqual({ first: 'ada', last: '' })
})

test('a change keeps what it leaves out, and blanks make no text', () => {
  expect(changedUser(ada, { username: ' countess ', name: ' Ada ', slackUserId: '  ', phone: null })).toEqual({
    ...ada,
    username: 'countess',
    name: 'Ada',
    phone: null,
  })
  expect(changedUser(ada, { phone: undefined })).toEqual(ada)
})

describe('an e-mail address', () => {
  test.each(['a@b', 'admin@localhost', 'first.last+tag@sub.example.com', 'jörg@bücher.example', "o'neil@x-y.org"])(
    'may be %s',
    (text) => {
      expect(isEmail(text)).toBe(true)
    },
  )
  test.each([
    '',
    'a',
    '@b',
    'a@',
    'a b@c',
    'a@b c',
    'a@@b',
    'a@b@c',
    'a@-b',
    'a@b.',
    'a..b@c',
    'a\r\nBcc: x@y',
    '<a@b>',
    `${'a'.repeat(65)}@b`,
  ])('is not %j', (text) => {
    expect(isEmail(text)).toBe(false)
  })
})

test('an account is named after its address at first', () => {
  expect(usernameOf('ada.l@example.com')).toBe('ada.l')
})
