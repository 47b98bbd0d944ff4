import type { FieldErrors } from '../lib/rejection.ts'
import type { OrganizationId, UserId } from '../lib/ids.ts'
import { hours, type Ms } from '../lib/time.ts'
import { isTimeZone } from '../lib/zone-data.ts'
import { may, type Role } from './role.ts'

/** A person of an organization. Who left is kept, inactive, for the history. */
export type User = {
  readonly id: UserId
  readonly organizationId: OrganizationId
  readonly username: string
  readonly email: string
  readonly role: Role
  readonly active: boolean
  readonly name: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly slackUserId: string | null
  readonly phone: string | null
  /** IANA name. */
  readonly timeZone: string | null
  /** How long before a shift the person is reminded of it; each once, the longest first. */
  readonly shiftReminders: readonly Ms[]
}

/** What can be said about a user. */
export type UserFields = Omit<User, 'id' | 'organizationId' | 'active'>

/** What is undefined keeps its value. */
export type UserChange = { readonly [Field in keyof UserFields]?: UserFields[Field] | undefined }

export type NewUser = Pick<UserFields, 'username' | 'email' | 'role'> & UserChange

export type UserFilter = {
  /** Both without regard to case. */
  readonly email?: string | undefined
  readonly username?: string | undefined
  readonly roles?: readonly Role[] | undefined
}

/** Whether a person is paged and appears on call (contract grafana-oncall 1.10, last sentence). */
export function mayBeNotified({ active, role }: Pick<User, 'active' | 'role'>): boolean {
  return active && may(role, 'notifications:read')
}

/** First and last name: as given, else the name split at its last blank, else the username and nothing. */
export function namesOf({ name, firstName, lastName, username }: User): { readonly first: string; readonly last: string } {
  if (firstName !== null || lastName !== null) return { first: firstName ?? '', last: lastName ?? '' }
  if (name === null) return { first: username, last: '' }
  const blank = name.lastIndexOf(' ')
  return blank < 0 ? { first: name, last: '' } : { first: name.slice(0, blank), last: name.slice(blank + 1) }
}

/** A user with some fields changed. Blanks around a text do not count, and an optional text of nothing else is no text. */
export function changedUser(user: User, change: UserChange): User {
  return {
    ...user,
    username: change.username?.trim() ?? user.username,
    email: change.email?.trim() ?? user.email,
    role: change.role ?? user.role,
    name: optional(change.name, user.name),
    firstName: optional(change.firstName, user.firstName),
    lastName: optional(change.lastName, user.lastName),
    slackUserId: optional(change.slackUserId, user.slackUserId),
    phone: optional(change.phone, user.phone),
    timeZone: optional(change.timeZone, user.timeZone),
    shiftReminders: change.shiftReminders ?? user.shiftReminders,
  }
}

function optional(changed: string | null | undefined, kept: string | null): string | null {
  if (changed === undefined) return kept
  const text = changed?.trim() ?? ''
  return text === '' ? null : text
}

/** The names of the fields in which two states of a user differ. */
export function changedFields(from: User, to: User): readonly (keyof UserFields)[] {
  return userFields.filter((field) => JSON.stringify(from[field]) !== JSON.stringify(to[field]))
}

const userFields = [
  'username',
  'email',
  'role',
  'name',
  'firstName',
  'lastName',
  'slackUserId',
  'phone',
  'timeZone',
  'shiftReminders',
] as const satisfies readonly (keyof UserFields)[]

/** A day and an hour before a shift. */
export const usualReminders: readonly Ms[] = [hours(24), hours(1)]

/** What is wrong with the e-mail address and the time zone, by the API's names; empty when nothing is. */
export function faultsOf({ email, timeZone }: Pick<UserFields, 'email' | 'timeZone'>): FieldErrors {
  return {
    ...(isEmail(email) ? {} : { email: ['Enter a valid email address.'] }),
    ...(timeZone === null || isTimeZone(timeZone) ? {} : { timezone: ['Invalid timezone'] }),
  }
}

const emailForm = /^[^\s@\p{C}()<>[\],;:"\\]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u

/** Whether a text has the form of an e-mail address. The domain needs no dot: `admin@localhost`. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && !text.includes('..') && emailForm.test(text)
}

/** The name that an account begins with: what stands before the `@`. */
export function usernameOf(email: string): string {
  return email.slice(0, email.lastIndexOf('@'))
}
