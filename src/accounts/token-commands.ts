import { asId, type UserId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { type Actor, personOf } from './actor.ts'
import { audit, managesUsers, ownerOf } from './commands.ts'
import { type ApiToken, isTokenId } from './token.ts'
import * as store from './token-store.ts'

/** A good token: one's own, of admins any. Not found for everybody else's. */
export async function findToken(sql: Sql, actor: Actor, id: string): Promise<ApiToken> {
  const token = isTokenId(id) ? await store.findToken(sql, { organizationId: actor.organizationId, id }) : null
  if (token === null || !(token.userId === personOf(actor) || managesUsers(actor))) throw notFound()
  return token
}

/** The good tokens of a user, oneself unless told otherwise, oldest first. Only admins see those of others. */
export function listTokens(db: Sql, actor: Actor, userId: string | null): Listing<ApiToken> {
  const owner = asId<UserId>(ownerOf(actor, userId))
  return {
    count: () => store.countTokens(db, actor.organizationId, owner),
    items: (window) => store.listTokens(db, actor.organizationId, { ...window, userId: owner }),
  }
}

/** Gives a token another name; undefined keeps the old one. One's own; admins any. Not found for everybody else's. */
export async function renameToken(
  tx: Tx,
  actor: Actor,
  { id, name }: { readonly id: string; readonly name: string | undefined },
): Promise<ApiToken> {
  const token = await findToken(tx.sql, actor, id)
  const renamed: ApiToken = { ...token, name: name ?? token.name }
  if (!(await store.updateTokenName(tx, { organizationId: actor.organizationId, id }, renamed.name))) throw notFound()
  const details = { userId: token.userId, name: renamed.name, nameBefore: token.name }
  await audit(tx, actor, { action: 'token renamed', subjectId: id, details })
  return renamed
}

/** Ends a token at once, on every node. One's own; admins any. Not found for everybody else's. */
export async function revokeToken(tx: Tx, actor: Actor, id: string): Promise<void> {
  const token = await findToken(tx.sql, actor, id)
  if (!(await store.markTokenRevoked(tx, { organizationId: actor.organizationId, id }))) throw notFound()
  await audit(tx, actor, { action: 'token revoked', subjectId: id, details: { userId: token.userId, name: token.name } })
}
