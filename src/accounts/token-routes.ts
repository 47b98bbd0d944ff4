import { type Static, Type } from 'typebox'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { noContent } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { accepted, filterText } from '../lib/fields.ts'
import { isoZ } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { createToken } from './commands.ts'
import type { ApiToken } from './token.ts'
import { findToken, listTokens, renameToken, revokeToken } from './token-commands.ts'
import { parseNewToken, parseTokenName } from './token-input.ts'

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

const TokenBody = lenientInput({
  name: 'What the token is for, at most 100 characters. Required to create.',
  user_id: 'Whose token it is: oneself when missing, or as an admin anybody. Ignored later.',
})

const TokenParams = Type.Object({ tokenId: Type.String() })

/** The API of tokens, which is ours: the contract has none. */
export function tokenRoutes(app: App, db: Ports['db']): void {
  readTokens(app, db)
  writeTokens(app, db)
}

const tags = ['tokens']

function readTokens(app: App, db: Ports['db']): void {
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
      const listing = listTokens(db.sql, request.actor, filterText(request.query.user_id) ?? null)
      return paginate(request, { pageSize: 50, listing, show: tokenShape })
    },
  )

  app.get(
    '/api/v1/tokens/:tokenId/',
    {
      config: { permission: 'user-settings:read' },
      schema: {
        summary: 'Show an API token, without the token itself',
        tags,
        params: TokenParams,
        response: { 200: TokenShape },
      },
    },
    async (request) => tokenShape(await findToken(db.sql, request.actor, request.params.tokenId)),
  )
}

function writeTokens(app: App, db: Ports['db']): void {
  app.post(
    '/api/v1/tokens/',
    {
      config: { permission: 'user-settings:write' },
      schema: {
        summary: 'Make an API token, for oneself or, as an admin, for `user_id`',
        tags,
        body: TokenBody,
        response: { 201: NewTokenShape },
      },
    },
    async (request, reply) => {
      const input = accepted(parseNewToken(request.body))
      const { token, kept } = await db.tx('create token', (tx) => createToken(tx, request.actor, input))
      return reply.code(201).send({ ...tokenShape(kept), token })
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/tokens/:tokenId/',
    config: { permission: 'user-settings:write' },
    schema: { summary: 'Rename an API token', tags, params: TokenParams, body: TokenBody, response: { 200: TokenShape } },
    handler: async (request) => {
      const rename = { id: request.params.tokenId, name: accepted(parseTokenName(request.body)) }
      return tokenShape(await db.tx('rename token', (tx) => renameToken(tx, request.actor, rename)))
    },
  })

  app.delete(
    '/api/v1/tokens/:tokenId/',
    {
      // To give up one's own token nobody needs a right; a viewer whose token leaked must be able to.
      config: { permission: 'user-settings:read' },
      schema: {
        summary: 'Revoke an API token',
        tags,
        params: TokenParams,
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
