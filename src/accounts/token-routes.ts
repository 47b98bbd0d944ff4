import { type Static, Type } from 'typebox'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { input, noContent, nullable, text } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { storable } from '../lib/json.ts'
import { isoZ } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { createToken, listTokens, revokeToken } from './commands.ts'
import { type ApiToken, tokenNameMax } from './token.ts'

const tokenProperties = {
  id: Type.String(),
  user_id: Type.String(),
  name: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
}

const TokenShape = Type.Object(tokenProperties)
const NewTokenShape = Type.Object({
  ...tokenProperties,
  token: Type.String({ description: 'Shown this once and kept nowhere.' }),
})

/** The API of tokens, which is ours: the contract has none. */
export function tokenRoutes(app: App, db: Ports['db']): void {
  const tags = ['tokens']

  app.get(
    '/api/v1/tokens/',
    {
      config: { permission: 'user-settings:read' },
      schema: {
        summary: "List API tokens, one's own or, for admins, those of `user_id`",
        tags,
        querystring: Type.Object({ ...pageQuery, user_id: Type.Optional(Type.String()) }),
        response: { 200: pageOf(TokenShape) },
      },
    },
    (request) => {
      const { user_id: userId } = request.query
      const listing = listTokens(db.sql, request.actor, userId === undefined ? null : storable(userId))
      return paginate(request, { pageSize: 50, listing, show: tokenShape })
    },
  )

  app.post(
    '/api/v1/tokens/',
    {
      config: { permission: 'user-settings:write' },
      schema: {
        summary: 'Make an API token, for oneself or, as an admin, for `user_id`',
        tags,
        body: input({ name: text(tokenNameMax), user_id: Type.Optional(nullable(Type.String())) }),
        response: { 201: NewTokenShape },
      },
    },
    async (request, reply) => {
      const { name, user_id: userId = null } = request.body
      const { token, kept } = await db.tx('create token', (tx) => createToken(tx, request.actor, { name, userId }))
      return reply.code(201).send({ ...tokenShape(kept), token })
    },
  )

  app.delete(
    '/api/v1/tokens/:tokenId/',
    {
      // To give up one's own token nobody needs a right; a viewer whose token leaked must be able to.
      config: { permission: 'user-settings:read' },
      schema: {
        summary: 'Revoke an API token',
        tags,
        params: Type.Object({ tokenId: Type.String() }),
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      await db.tx('revoke token', (tx) => revokeToken(tx, request.actor, request.params.tokenId))
      return reply.code(204).send(null)
    },
  )
}

function tokenShape({ id, userId, name, createdAt }: ApiToken): Static<typeof TokenShape> {
  return { id, user_id: userId, name, created_at: isoZ(createdAt) }
}
