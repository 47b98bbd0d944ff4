import { sql } from 'kysely'
import { violatedIndex } from '../db/violation.ts'
import { jsonbText } from '../lib/json.ts'
import { asId, type OrganizationId, type UserId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Organization } from './organization.ts'
import type { Role } from './role.ts'
import type { ApiToken } from './token.ts'
import type { User, UserFields, UserFilter } from './user.ts'

// Organizations --------------------------------------------------------------------------------------------------------

export async function insertOrganization(tx: Tx, { id, name }: Organization): Promise<void> {
  await tx.sql
    .insertInto('organizations')
    .values({ id, name, event_sequence: 0, created_at: toDate(tx.now) })
    .execute()
}

/** Oldest first. */
export async function listOrganizations(db: Sql, { limit, offset }: Window): Promise<readonly Organization[]> {
  const rows = await db
    .selectFrom('organizations')
    .select(['id', 'name'])
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(({ id, name }) => ({ id: asId<OrganizationId>(id), name }))
}

export async function findOrganization(db: Sql, id: OrganizationId): Promise<Organization | null> {
  const row = await db.selectFrom('organizations').select('name').where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : { id, name: row.name }
}

export async function isEmpty(db: Sql): Promise<boolean> {
  const row = await db.selectFrom('organizations').select('id').limit(1).executeTakeFirst()
  return row === undefined
}

/** From here to the commit nobody else makes an organization. */
export async function lockOrganizations(tx: Tx): Promise<void> {
  await sql`lock table organizations in share row exclusive mode`.execute(tx.sql)
}

// Set-up links ---------------------------------------------------------------------------------------------------------

export async function insertSetupLink(tx: Tx, digest: Buffer): Promise<void> {
  await tx.sql
    .insertInto('setup_links')
    .values({ digest, created_at: toDate(tx.now) })
    .execute()
}

export async function deleteUnusedSetupLinks(tx: Tx): Promise<void> {
  await tx.sql.deleteFrom('setup_links').where('used_at', 'is', null).execute()
}

/** False when the link is unknown or used. Of two at the same instant, the second waits for the first. */
export async function takeSetupLink(tx: Tx, digest: Buffer): Promise<boolean> {
  const taken = await tx.sql
    .updateTable('setup_links')
    .set({ used_at: toDate(tx.now) })
    .where('digest', '=', digest)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return taken.numUpdatedRows === 1n
}

export async function isSetupLinkUnused(db: Sql, digest: Buffer): Promise<boolean> {
  const row = await db
    .selectFrom('setup_links')
    .select('digest')
    .where('digest', '=', digest)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

// Users ----------------------------------------------------------------------------------------------------------------

/** Names that an active user of the organization has already. */
export type Taken = { readonly username: boolean; readonly email: boolean }

export async function takenNames(
  tx: Tx,
  { organizationId, id, username, email }: Pick<User, 'organizationId' | 'id' | 'username' | 'email'>,
): Promise<Taken> {
  const rows = await activeUsers(tx.sql, organizationId)
    .select([
      sql<boolean>`lower(username) = lower(${username})`.as('username'),
      sql<boolean>`lower(email) = lower(${email})`.as('email'),
    ])
    .where('id', '<>', id)
    .where(({ or }) => or([sql<boolean>`lower(username) = lower(${username})`, sql<boolean>`lower(email) = lower(${email})`]))
    .limit(2)
    .execute()
  return { username: rows.some((row) => row.username), email: rows.some((row) => row.email) }
}

export async function insertUser(tx: Tx, user: User): Promise<Taken> {
  const { organizationId, id } = user
  return noticingTakenNames(() =>
    tx.sql
      .insertInto('users')
      .values({ organization_id: organizationId, id, ...columnsOf(user), created_at: toDate(tx.now) })
      .execute(),
  )
}

export async function updateUser(tx: Tx, user: User): Promise<Taken> {
  return noticingTakenNames(() =>
    tx.sql
      .updateTable('users')
      .set(columnsOf(user))
      .where('organization_id', '=', user.organizationId)
      .where('id', '=', user.id)
      .execute(),
  )
}

/** Only one who came in the same instant gets here: the names were free a moment ago. */
async function noticingTakenNames(write: () => Promise<unknown>): Promise<Taken> {
  try {
    await write()
    return { username: false, email: false }
  } catch (fault) {
    const index = violatedIndex(fault)
    if (index !== 'users_username' && index !== 'users_email') throw fault
    return { username: index === 'users_username', email: index === 'users_email' }
  }
}

export async function markUserDeactivated(tx: Tx, { organizationId, id }: Pick<User, 'organizationId' | 'id'>): Promise<void> {
  await tx.sql
    .updateTable('users')
    .set({ deactivated_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

/** An active user, or null. */
export async function findUser(db: Sql, organizationId: OrganizationId, id: string): Promise<User | null> {
  const row = await activeUsers(db, organizationId).selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : userOf(row)
}

/** An active user, whom nobody else changes before the commit; or null. */
export async function findUserForUpdate(tx: Tx, organizationId: OrganizationId, id: string): Promise<User | null> {
  const row = await activeUsers(tx.sql, organizationId).selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
  return row === undefined ? null : userOf(row)
}

/** The active admins; they stay what they are until the commit. Always locked in the same order. */
export async function lockAdmins(tx: Tx, organizationId: OrganizationId): Promise<readonly UserId[]> {
  const rows = await activeUsers(tx.sql, organizationId)
    .select('id')
    .where('role', '=', 'admin')
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return rows.map((row) => asId<UserId>(row.id))
}

/** Also those who left. */
export async function findPeople(db: Sql, organizationId: OrganizationId, ids: readonly string[]): Promise<readonly User[]> {
  const rows = await db
    .selectFrom('users')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute()
  return rows.map(userOf)
}

export async function countUsers(db: Sql, organizationId: OrganizationId, filter: UserFilter): Promise<number> {
  const row = await filtered(db, organizationId, filter)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return row.count
}

/** Oldest first. */
export async function listUsers(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: Window & { readonly filter: UserFilter },
): Promise<readonly User[]> {
  const rows = await filtered(db, organizationId, filter)
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(userOf)
}

function filtered(db: Sql, organizationId: OrganizationId, { email, username, roles }: UserFilter) {
  let query = activeUsers(db, organizationId)
  if (email !== undefined) query = query.where(sql<boolean>`lower(email) = lower(${email})`)
  if (username !== undefined) query = query.where(sql<boolean>`lower(username) = lower(${username})`)
  if (roles !== undefined) query = query.where(sql<boolean>`role = any(${[...roles]}::text[])`)
  return query
}

const activeUsers = (db: Sql, organizationId: OrganizationId) =>
  db.selectFrom('users').where('organization_id', '=', organizationId).where('deactivated_at', 'is', null)

const columnsOf = (user: UserFields) => ({
  username: user.username,
  email: user.email,
  role: user.role,
  name: user.name,
  first_name: user.firstName,
  last_name: user.lastName,
  slack_user_id: user.slackUserId,
  phone: user.phone,
  time_zone: user.timeZone,
})

type UserRow = ReturnType<typeof columnsOf> & {
  readonly organization_id: string
  readonly id: string
  readonly deactivated_at: Date | null
}

function userOf(row: Omit<UserRow, 'role'> & { readonly role: string }): User {
  return {
    id: asId<UserId>(row.id),
    organizationId: asId<OrganizationId>(row.organization_id),
    username: row.username,
    email: row.email,
    role: row.role as Role,
    active: row.deactivated_at === null,
    name: row.name,
    firstName: row.first_name,
    lastName: row.last_name,
    slackUserId: row.slack_user_id,
    phone: row.phone,
    timeZone: row.time_zone,
  }
}

// Tokens ---------------------------------------------------------------------------------------------------------------

type TokenKey = { readonly organizationId: OrganizationId; readonly id: string }

export async function insertToken(
  tx: Tx,
  organizationId: OrganizationId,
  { digest, ...token }: ApiToken & { readonly digest: Buffer },
): Promise<void> {
  const { id, userId, name, createdAt } = token
  await tx.sql
    .insertInto('api_tokens')
    .values({ organization_id: organizationId, id, user_id: userId, name, digest, created_at: toDate(createdAt) })
    .execute()
}

/** Who owns a token and whether it is still good; null for a token that never was. */
export async function findTokenOwner(
  db: Sql,
  digest: Buffer,
): Promise<{ readonly tokenId: string; readonly revoked: boolean; readonly user: User } | null> {
  const row = await db
    .selectFrom('api_tokens')
    .innerJoin('users', (join) =>
      join.onRef('users.organization_id', '=', 'api_tokens.organization_id').onRef('users.id', '=', 'api_tokens.user_id'),
    )
    .selectAll('users')
    .select(['api_tokens.id as token_id', 'api_tokens.revoked_at'])
    .where('api_tokens.digest', '=', digest)
    .executeTakeFirst()
  return row === undefined ? null : { tokenId: row.token_id, revoked: row.revoked_at !== null, user: userOf(row) }
}

export async function findToken(db: Sql, { organizationId, id }: TokenKey): Promise<ApiToken | null> {
  const row = await goodTokens(db, organizationId).select(tokenColumns).where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : tokenOf(row)
}

export async function countTokens(db: Sql, organizationId: OrganizationId, userId: UserId): Promise<number> {
  const row = await goodTokens(db, organizationId)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow()
  return row.count
}

/** Oldest first. */
export async function listTokens(
  db: Sql,
  organizationId: OrganizationId,
  { userId, limit, offset }: Window & { readonly userId: UserId },
): Promise<readonly ApiToken[]> {
  const rows = await goodTokens(db, organizationId)
    .select(tokenColumns)
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(tokenOf)
}

/** False when it is revoked already. */
export async function markTokenRevoked(tx: Tx, { organizationId, id }: TokenKey): Promise<boolean> {
  const revoked = await tx.sql
    .updateTable('api_tokens')
    .set({ revoked_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return revoked.numUpdatedRows === 1n
}

export async function revokeTokensOf(tx: Tx, { organizationId, id }: Pick<User, 'organizationId' | 'id'>): Promise<void> {
  await tx.sql
    .updateTable('api_tokens')
    .set({ revoked_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
}

const tokenColumns = ['id', 'user_id', 'name', 'created_at'] as const

const goodTokens = (db: Sql, organizationId: OrganizationId) =>
  db.selectFrom('api_tokens').where('organization_id', '=', organizationId).where('revoked_at', 'is', null)

function tokenOf(row: {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly created_at: Date
}): ApiToken {
  return { id: row.id, userId: asId<UserId>(row.user_id), name: row.name, createdAt: fromDate(row.created_at) }
}

// Audit and teams ------------------------------------------------------------------------------------------------------

type AuditRow = {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly actor: Readonly<Record<string, string>>
  readonly action: string
  readonly subjectId: string
  readonly details: object
}

export async function insertAudit(tx: Tx, { id, organizationId, actor, action, subjectId, details }: AuditRow): Promise<void> {
  await tx.sql
    .insertInto('audit_entries')
    .values({
      organization_id: organizationId,
      id,
      at: toDate(tx.now),
      actor: jsonbText(actor),
      action,
      subject_id: subjectId,
      details: jsonbText(details),
    })
    .execute()
}

export async function teamExists(db: Sql, organizationId: OrganizationId, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('teams')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}
