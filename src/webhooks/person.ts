import { namesOf, type User } from '../accounts/user.ts'

/** Somebody, as events tell of people to receivers. */
export type Person = {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly first_name: string
  readonly last_name: string
  readonly email: string
  readonly role: string
  readonly slack_user_id: string | null
}

/** A user as events tell of them. */
export function personDocument(user: User): Person {
  const { first, last } = namesOf(user)
  return {
    id: user.id,
    username: user.username,
    name: user.name ?? `${first} ${last}`.trim(),
    first_name: first,
    last_name: last,
    email: user.email,
    role: user.role,
    slack_user_id: user.slackUserId,
  }
}
