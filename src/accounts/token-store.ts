import { countRows, oldestFirst } from '../db/listing.ts'
import { asId, type OrganizationId, type UserId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { ApiToken } from './token.ts'
import type { User } from './user.ts'
import { userOf } from './user-store.ts'

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

export function countTokens(db: Sql, organizationId: OrganizationId, userId: UserId): Promise<number> {
  return countRows(goodTokens(db, organizationId).where('user_id', '=', userId))
}

/** Oldest first. */
export async function listTokens(
  db: Sql,
  organizationId: OrganizationId,
  { userId, ...window }: Window & { readonly userId: UserId },
): Promise<readonly ApiToken[]> {
  const query = goodTokens(db, organizationId).select(tokenColumns).where('user_id', '=', userId)
  const rows = await oldestFirst(query, 'api_tokens', window).execute()
  return rows.map(tokenOf)
}

/** False when it is revoked already. */
export async function markTokenRevoked(tx: Tx, key: TokenKey): Promise<boolean> {
  const revoked = await goodToken(tx, key)
    .set({ revoked_at: toDate(tx.now) })
    .executeTakeFirst()
  return revoked.numUpdatedRows === 1n
}

/** False when it is revoked already. */
export async function updateTokenName(tx: Tx, key: TokenKey, name: string): Promise<boolean> {
  const updated = await goodToken(tx, key).set({ name }).executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

function goodToken(tx: Tx, { organizationId, id }: TokenKey) {
  return tx.sql
    .updateTable('api_tokens')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
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
