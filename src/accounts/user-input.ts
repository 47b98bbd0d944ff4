import {
  anyText,
  type Body,
  integerWithin,
  list,
  optional,
  orNull,
  type Reader,
  readFields,
  required,
  type Take,
  text,
} from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { type Ms, seconds } from '../lib/time.ts'
import { isTimeZone } from '../lib/zone-data.ts'
import { type Role, roles } from './role.ts'
import { isEmail, type NewUser, type UserChange, usualReminders } from './user.ts'

/** The body that creates a user. */
export function parseNewUser(body: Body): Result<NewUser, Refusal> {
  return readFields((take) => ({
    username: take(required(body, 'username', username), ''),
    email: take(required(body, 'email', email), ''),
    role: take(required(body, 'role', role), 'none'),
    ...otherFields(body, take),
  }))
}

/** The body of a PUT or PATCH: what is missing stays. */
export function parseUserChange(body: Body): Result<UserChange, Refusal> {
  return readFields((take) => ({
    username: take(optional(body, 'username', username), undefined),
    email: take(optional(body, 'email', email), undefined),
    role: take(optional(body, 'role', role), undefined),
    ...otherFields(body, take),
  }))
}

/** Null and the empty text mean nothing. */
function otherFields(body: Body, take: Take): Omit<UserChange, 'username' | 'email' | 'role'> {
  return {
    name: take(optional(body, 'name', orNull(anyText(300))), undefined),
    firstName: take(optional(body, 'first_name', orNull(anyText(150))), undefined),
    lastName: take(optional(body, 'last_name', orNull(anyText(150))), undefined),
    slackUserId: take(optional(body, 'slack_user_id', orNull(anyText(100))), undefined),
    phone: take(optional(body, 'phone', orNull(anyText(50))), undefined),
    timeZone: take(optional(body, 'timezone', orNull(timeZone)), undefined),
    shiftReminders: take(optional(body, 'shift_reminders', shiftReminders), undefined),
  }
}

/** Shown in one line of a log or a mail, so without line breaks and the like. */
const username: Reader<string> = (value) => {
  const read = text(150)(value)
  return read.ok && /\p{Cc}/u.test(read.value) ? no('Enter a valid value.') : read
}

const email: Reader<string> = (value) => {
  const read = text(254)(value)
  return read.ok && !isEmail(read.value) ? no('Enter a valid email address.') : read
}

const role: Reader<Role> = (value) => {
  if (value === null) return no('This field may not be null.')
  const known = roles.find((name) => name === value)
  return known === undefined ? no(`"${shown(value)}" is not a valid choice.`) : ok(known)
}

const shown = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value))

const remindersMax = 5

const oneReminder = integerWithin({ min: 60, max: 2_592_000 })

/** How many seconds before a shift; null is what is usual, the empty list is never. */
const shiftReminders: Reader<readonly Ms[]> = (value) => {
  if (value === null) return ok(usualReminders)
  const read = list(value)
  if (!read.ok) return read
  if (read.value.length > remindersMax) return no(`Ensure this field has no more than ${remindersMax} elements.`)
  const found = new Set<number>()
  for (const item of read.value) {
    const reminder = oneReminder(item)
    if (!reminder.ok) return reminder
    found.add(reminder.value)
  }
  return ok([...found].toSorted((left, right) => right - left).map(seconds))
}

const timeZone: Reader<string> = (value) => {
  const read = anyText(100)(value)
  return read.ok && read.value !== '' && !isTimeZone(read.value) ? no('Invalid timezone') : read
}
