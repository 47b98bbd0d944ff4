import { known } from '../lib/check.ts'
import { newPublicId, newUuid, type OrganizationId, type UserId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { type FieldErrors, forbidden, invalid, invalidField, notFound, Rejection } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import type { Sql, Tx } from '../ports.ts'
import { type Actor, actorRecord, personOf } from './actor.ts'
import type { AuditEntry } from './audit.ts'
import { type NewOrganization, nameFaults, type Organization } from './organization.ts'
import { may } from './role.ts'
import { insertPresenceChange } from './presence-store.ts'
import * as store from './store.ts'
import { deleteMembershipsOf } from './team-store.ts'
import { type ApiToken, newToken, tokenDigest } from './token.ts'
import * as tokens from './token-store.ts'
import {
  changedFields,
  changedUser,
  faultsOf,
  mayBeNotified,
  type NewUser,
  type User,
  type UserChange,
  type UserFilter,
  usernameOf,
  usualReminders,
} from './user.ts'
import * as users from './user-store.ts'

type Admitted = Extract<Actor, { kind: 'user' }>

/** The person whom an API token belongs to, or why the token opens nothing. One indexed read: what is revoked is out at once. */
export async function authenticate(db: Sql, token: string): Promise<Result<Admitted, 'invalid' | 'deactivated'>> {
  const digest = tokenDigest(token)
  const owner = digest === null ? null : await tokens.findTokenOwner(db, digest)
  if (owner === null) return no('invalid')
  const { tokenId, revoked, user } = owner
  if (!user.active) return no('deactivated')
  if (revoked) return no('invalid')
  return ok({ kind: 'user', organizationId: user.organizationId, userId: user.id, role: user.role, tokenId })
}

/** Writes what an actor did into the audit, in the same transaction. Every command of every slice calls it. */
export async function audit(tx: Tx, actor: Actor, { action, subjectId, details = {} }: AuditEntry): Promise<void> {
  const id = newUuid(tx.now, tx.random.bytes)
  await store.insertAudit(tx, { id, organizationId: actor.organizationId, actor: actorRecord(actor), action, subjectId, details })
}

// The beginning ----------------------------------------------------------------------------------------------------------

/** A new organization, its first admin, and the admin's API token, which is told this once. */
export type Beginning = { readonly organizationId: OrganizationId; readonly userId: UserId; readonly token: string }

/** Makes an organization with its first admin. Rejects a bad name or address by `name` and `email`. */
export async function createOrganization(tx: Tx, input: NewOrganization): Promise<Beginning> {
  return begin(tx, input, newToken(tx.random))
}

/**
 * On an empty database: makes the organization and the admin who owns the given token. Null when the database is in use.
 * Several nodes may try at the same instant; one does it.
 */
export async function bootstrap(
  tx: Tx,
  { email, token }: { readonly email: string; readonly token: string },
): Promise<Beginning | null> {
  if (!(await isStillEmpty(tx))) return null
  return begin(tx, { name: 'Watchbell', email }, token)
}

/** On an empty database: the secret of a new one-time set-up link; older ones end. Null when the database is in use. */
export async function createSetupLink(tx: Tx): Promise<string | null> {
  if (!(await isStillEmpty(tx))) return null
  const token = newToken(tx.random)
  await store.deleteUnusedSetupLinks(tx)
  await store.insertSetupLink(tx, known(tokenDigest(token), 'a new token is a token'))
  return token
}

/** Whether a set-up link still opens the form. */
export async function isSetupLinkOpen(db: Sql, token: string): Promise<boolean> {
  const digest = tokenDigest(token)
  return digest !== null && (await store.isSetupLinkUnused(db, digest)) && (await store.isEmpty(db))
}

/** Makes the first organization through a set-up link, which is then used up. Not found when it is already, or unknown. */
export async function useSetupLink(tx: Tx, token: string, input: NewOrganization): Promise<Beginning> {
  const digest = tokenDigest(token)
  if (digest === null || !(await isStillEmpty(tx)) || !(await store.takeSetupLink(tx, digest))) throw notFound()
  return begin(tx, input, newToken(tx.random))
}

/** Holds other beginners back until the commit, but only where there may be some. */
async function isStillEmpty(tx: Tx): Promise<boolean> {
  if (!(await store.isEmpty(tx.sql))) return false
  await store.lockOrganizations(tx)
  return store.isEmpty(tx.sql)
}

async function begin(tx: Tx, input: NewOrganization, token: string): Promise<Beginning> {
  const name = input.name.trim()
  const email = input.email.trim()
  refuse({ ...nameFaults(name), ...faultsOf({ email, timeZone: null }) })
  const organization: Organization = { id: newPublicId('O', tx.random.bytes), name }
  const actor: Actor = { kind: 'system', organizationId: organization.id }
  await store.insertOrganization(tx, organization)
  await audit(tx, actor, { action: 'organization created', subjectId: organization.id, details: { name } })
  const user = await createUser(tx, actor, { username: usernameOf(email), email, role: 'admin' })
  await keepToken(tx, actor, { userId: user.id, name: 'first token', token })
  return { organizationId: organization.id, userId: user.id, token }
}

// Organizations ----------------------------------------------------------------------------------------------------------

/** The actor's organization. */
export async function findOrganization(db: Sql, actor: Actor): Promise<Organization> {
  return known(await store.findOrganization(db, actor.organizationId), 'an actor has an organization')
}

/** All organizations of this server, oldest first, at most `limit`; for the command line. */
export const listOrganizations = store.listOrganizations

// Users ------------------------------------------------------------------------------------------------------------------

/** An active user of the actor's organization. */
export async function findUser(db: Sql, actor: Actor, id: string): Promise<User> {
  const user = await users.findUser(db, actor.organizationId, id)
  if (user === null) throw notFound()
  return user
}

/** The active users of the actor's organization, oldest first. */
export function listUsers(db: Sql, { organizationId }: Pick<Actor, 'organizationId'>, filter: UserFilter): Listing<User> {
  return {
    count: () => users.countUsers(db, organizationId, filter),
    items: (window) => users.listUsers(db, organizationId, { ...window, filter }),
  }
}

/** The people with these ids, also those who left; unknown ids are missing. */
export async function peopleByIds(
  db: Sql,
  organizationId: OrganizationId,
  ids: readonly string[],
): Promise<ReadonlyMap<string, User>> {
  const people = ids.length === 0 ? [] : await users.findPeople(db, organizationId, ids)
  return new Map(people.map((person) => [person.id, person]))
}

/** The active people whose username or e-mail address is one of the texts, in any letter case. */
export async function peopleNamed(db: Sql, organizationId: OrganizationId, names: readonly string[]): Promise<readonly User[]> {
  return names.length === 0 ? [] : users.findPeopleNamed(db, organizationId, names)
}

/** An active user, whom nobody else changes before the commit; or null. Whoever changes what belongs to a person holds them first. */
export const holdUser = users.findUserForUpdate

/** Adds a user. Rejects a bad e-mail address or time zone, and a username or address that an active user has. */
export async function createUser(tx: Tx, actor: Actor, input: NewUser): Promise<User> {
  const { organizationId } = actor
  const { username, email, role } = input
  const user = changedUser({ ...nobody, username, email, role, id: newPublicId('U', tx.random.bytes), organizationId }, input)
  refuse(faultsOf(user))
  refuse(takenFaults(await users.takenNames(tx, user)))
  refuse(takenFaults(await users.insertUser(tx, user)))
  // A calendar may name them already.
  await noteForSchedules(tx, { ...user, active: false, username: '' }, user)
  await audit(tx, actor, { action: 'user created', subjectId: user.id, details: { username: user.username, role: user.role } })
  return user
}

/** Changes an active user; what the change leaves out stays. Rejects what `createUser` rejects, and that the last admin is none any more. */
export async function updateUser(
  tx: Tx,
  actor: Actor,
  { id, change }: { readonly id: string; readonly change: UserChange },
): Promise<User> {
  const { user, otherAdmins } = await lockUser(tx, actor, id)
  requireOwn(actor, user, change)
  const changed = changedUser(user, change)
  refuse(faultsOf(changed))
  if (user.role === 'admin' && changed.role !== 'admin' && !otherAdmins) throw lastAdmin()
  refuse(takenFaults(await users.takenNames(tx, changed)))
  refuse(takenFaults(await users.updateUser(tx, changed)))
  await noteForSchedules(tx, user, changed)
  const fields = changedFields(user, changed)
  const details = { fields, ...(fields.includes('role') ? { role: changed.role, roleBefore: user.role } : {}) }
  await audit(tx, actor, { action: 'user updated', subjectId: user.id, details })
  return changed
}

/** Who is no admin changes of the own account what concerns nobody else, and of others nothing. */
function requireOwn(
  actor: Actor,
  { id }: User,
  { timeZone: _timeZone, shiftReminders: _reminders, ...others }: UserChange,
): void {
  if (managesUsers(actor)) return
  ownerOf(actor, id)
  if (Object.values(others).some((value) => value !== undefined)) throw forbidden('Only an admin changes this of a user.')
}

/** Ends an account: the row stays for the history, the tokens are revoked, the teams are left, the names are free. The last admin stays. */
export async function deactivateUser(tx: Tx, actor: Actor, id: string): Promise<void> {
  const { user, otherAdmins } = await lockUser(tx, actor, id)
  if (user.role === 'admin' && !otherAdmins) throw lastAdmin()
  await users.markUserDeactivated(tx, user)
  await noteForSchedules(tx, user, { ...user, active: false })
  await tokens.revokeTokensOf(tx, user)
  await deleteMembershipsOf(tx, user)
  await audit(tx, actor, { action: 'user deactivated', subjectId: user.id, details: { username: user.username } })
}

/** Leaves a row for the schedules when a person can be on call no more, or again, has other names, or is to be reminded at other times. */
async function noteForSchedules(tx: Tx, from: User, to: User): Promise<void> {
  const isPresent = mayBeNotified(to)
  const isSame = isPresent === mayBeNotified(from)
  const wordsOf = ({ username, email, shiftReminders }: User): string => JSON.stringify([username, email, shiftReminders])
  if (isSame && wordsOf(from) === wordsOf(to)) return
  await insertPresenceChange(tx, { ...to, isPresent: isSame ? null : isPresent })
  tx.wake('schedules')
}

/** Admins first: two admins who demote each other at the same instant must wait for one another, and always in the same order. */
async function lockUser(
  tx: Tx,
  { organizationId }: Actor,
  id: string,
): Promise<{ readonly user: User; readonly otherAdmins: boolean }> {
  const admins = await users.lockAdmins(tx, organizationId)
  const user = await users.findUserForUpdate(tx, organizationId, id)
  if (user === null) throw notFound()
  return { user, otherAdmins: admins.some((admin) => admin !== user.id) }
}

const lastAdmin = () => invalid('This is the last active admin of the organization. Make somebody else admin first.')

const nobody = {
  active: true,
  name: null,
  firstName: null,
  lastName: null,
  slackUserId: null,
  phone: null,
  timeZone: null,
  shiftReminders: usualReminders,
} as const

function takenFaults({ username, email }: users.Taken): FieldErrors {
  return {
    ...(username ? { username: ['A user with that username already exists.'] } : {}),
    ...(email ? { email: ['A user with that email already exists.'] } : {}),
  }
}

function refuse(fields: FieldErrors): void {
  if (Object.keys(fields).length > 0) throw new Rejection({ kind: 'invalid-fields', fields })
}

// Tokens -----------------------------------------------------------------------------------------------------------------

/** Makes an API token for a user, oneself unless told otherwise. The token is told this once. Only admins make tokens for others. */
export async function createToken(
  tx: Tx,
  actor: Actor,
  { name, userId }: { readonly name: string; readonly userId: string | null },
): Promise<{ readonly token: string; readonly kept: ApiToken }> {
  const user = await users.findUserForUpdate(tx, actor.organizationId, ownerOf(actor, userId))
  if (user === null) throw invalidField('user_id', 'User does not exist')
  const token = newToken(tx.random)
  return { token, kept: await keepToken(tx, actor, { userId: user.id, name: name.trim(), token }) }
}

async function keepToken(
  tx: Tx,
  actor: Actor,
  { userId, name, token }: { readonly userId: UserId; readonly name: string; readonly token: string },
): Promise<ApiToken> {
  const kept: ApiToken = { id: newUuid(tx.now, tx.random.bytes), userId, name, createdAt: tx.now }
  await tokens.insertToken(tx, actor.organizationId, {
    ...kept,
    digest: known(tokenDigest(token), 'a token has the form of a token'),
  })
  await audit(tx, actor, { action: 'token created', subjectId: kept.id, details: { userId, name } })
  return kept
}

/** Whose tokens an actor means, oneself unless told otherwise. Machines have none of their own; only admins mean those of others. */
export function ownerOf(actor: Actor, userId: string | null): string {
  const own = personOf(actor)
  const owner = userId ?? own
  if (owner === null || (owner !== own && !managesUsers(actor))) throw forbidden()
  return owner
}

/** Whether an actor may change what is other people's own. */
export const managesUsers = (actor: Actor): boolean =>
  actor.kind === 'system' || (actor.kind === 'user' && may(actor.role, 'users:write'))
