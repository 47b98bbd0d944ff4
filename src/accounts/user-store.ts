import { sql } from 'kysely'
import { countRows, oldestFirst } from '../db/listing.ts'
import { violatedIndex } from '../db/violation.ts'
import { asId, type OrganizationId, type UserId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { seconds, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Role } from './role.ts'
import type { User, UserFields, UserFilter } from './user.ts'

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

/** How many of the ids name active users; they stay active until the commit. Always locked in the same order. */
export async function keepActiveUsers(tx: Tx, organizationId: OrganizationId, ids: readonly UserId[]): Promise<number> {
  const rows = await activeUsers(tx.sql, organizationId)
    .select('id')
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .orderBy('id')
    .forShare()
    .execute()
  return rows.length
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

/** Active users by username or e-mail address, in any letter case. */
export async function findPeopleNamed(
  db: Sql,
  organizationId: OrganizationId,
  names: readonly string[],
): Promise<readonly User[]> {
  const lowered = [...new Set(names.map((name) => name.toLowerCase()))]
  const rows = await activeUsers(db, organizationId)
    .selectAll()
    .where(({ or }) =>
      or([sql<boolean>`lower(username) = any(${lowered}::text[])`, sql<boolean>`lower(email) = any(${lowered}::text[])`]),
    )
    .execute()
  return rows.map(userOf)
}

export function countUsers(db: Sql, organizationId: OrganizationId, filter: UserFilter): Promise<number> {
  return countRows(filtered(db, organizationId, filter))
}

/** Oldest first. */
export async function listUsers(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: UserFilter },
): Promise<readonly User[]> {
  const rows = await oldestFirst(filtered(db, organizationId, filter).selectAll(), 'users', window).execute()
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
  shift_reminders: user.shiftReminders.map((reminder) => reminder / 1000),
})

type UserRow = ReturnType<typeof columnsOf> & {
  readonly organization_id: string
  readonly id: string
  readonly deactivated_at: Date | null
}

export function userOf(row: Omit<UserRow, 'role'> & { readonly role: string }): User {
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
    shiftReminders: row.shift_reminders.map(seconds),
  }
}
