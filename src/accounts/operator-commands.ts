import { invalid } from '../lib/rejection.ts'
import type { Tx } from '../ports.ts'
import type { Actor } from './actor.ts'
import { createToken, createUser, listOrganizations, listUsers } from './commands.ts'
import type { Role } from './role.ts'
import { type User, usernameOf } from './user.ts'

export type OperatorToken = {
  readonly name: string
  /** Null: the oldest admin of the only organization. */
  readonly email: string | null
  /** The role of a new user; null: the user must be there. */
  readonly role: Role | null
}

/** Makes an API token for whoever runs the server, and returns it. It is shown this once. */
export async function createTokenForOperator(tx: Tx, { name, email, role }: OperatorToken): Promise<string> {
  const user = email === null ? await oldestAdmin(tx, role) : await userWith(tx, email, role)
  const actor: Actor = { kind: 'system', organizationId: user.organizationId }
  const { token } = await createToken(tx, actor, { name, userId: user.id })
  return token
}

async function oldestAdmin(tx: Tx, role: Role | null): Promise<User> {
  if (role !== null) throw invalid('--role goes with --user: it is the role of a new user.')
  const { id } = await onlyOrganization(tx)
  const [admin] = await listUsers(tx.sql, { organizationId: id }, { roles: ['admin'] }).items({ limit: 1, offset: 0 })
  if (admin === undefined) throw invalid('The organization has no active admin. Name a user with --user.')
  return admin
}

async function userWith(tx: Tx, email: string, role: Role | null): Promise<User> {
  const found: User[] = []
  for (const { id } of await organizations(tx)) {
    found.push(...(await listUsers(tx.sql, { organizationId: id }, { email }).items({ limit: 1, offset: 0 })))
  }
  const [user, another] = found
  if (another !== undefined)
    throw invalid(`${email} is in several organizations. Make the token through the API of the one that you mean.`)
  if (user === undefined) return newUser(tx, email, role)
  if (role !== null && role !== user.role)
    throw invalid(`${email} exists and is ${user.role}. Leave --role out, or change the role through the API.`)
  return user
}

async function newUser(tx: Tx, email: string, role: Role | null): Promise<User> {
  if (role === null) throw invalid(`Nobody here has the e-mail address ${email}. With --role a new user is made.`)
  const { id } = await onlyOrganization(tx)
  return createUser(tx, { kind: 'system', organizationId: id }, { username: usernameOf(email), email, role })
}

async function onlyOrganization(tx: Tx) {
  const [organization, another] = await organizations(tx)
  if (organization === undefined)
    throw invalid(
      'There is no organization yet. Open the set-up link that the server prints, or run "watchbell organization create".',
    )
  if (another !== undefined) throw invalid('There are several organizations. Name an existing user with --user.')
  return organization
}

const organizations = (tx: Tx) => listOrganizations(tx.sql, { limit: 1000, offset: 0 })
