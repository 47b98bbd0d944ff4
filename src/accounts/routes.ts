import { type Static, Type } from 'typebox'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { choice, input, noContent, nullable, text } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { storable } from '../lib/json.ts'
import { isoZ } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import {
  createToken,
  createUser,
  deactivateUser,
  findOrganization,
  findUser,
  listTokens,
  listUsers,
  revokeToken,
  updateUser,
} from './commands.ts'
import { personOf } from './actor.ts'
import { roles } from './role.ts'
import { type ApiToken, tokenNameMax } from './token.ts'
import type { User, UserChange } from './user.ts'

/** The API of users, tokens, organizations and the server itself (contract grafana-oncall 4.1, 4.2, 4.5). */
export function accountRoutes(app: App, { db, version }: { readonly db: Ports['db']; readonly version: string }): void {
  userRoutes(app, db)
  tokenRoutes(app, db)
  organizationRoutes(app, db)

  app.get(
    '/api/v1/info/',
    {
      config: { permission: 'other-settings:read' },
      schema: { summary: 'This server', tags: ['info'], response: { 200: InfoShape } },
    },
    async () => ({ url: app.baseUrl, version }),
  )
}

const InfoShape = Type.Object({ url: Type.String(), version: Type.String() })

// Users ------------------------------------------------------------------------------------------------------------------

const UserShape = Type.Object({
  id: Type.String(),
  grafana_id: Type.Null({ description: 'There is no Grafana behind this server.' }),
  email: Type.String(),
  slack: Type.Null({ description: 'There is no Slack workspace behind this server.' }),
  username: Type.String(),
  role: choice(roles),
  is_phone_number_verified: Type.Boolean(),
  timezone: nullable(Type.String()),
  teams: Type.Array(Type.String()),
  name: nullable(Type.String()),
  first_name: nullable(Type.String()),
  last_name: nullable(Type.String()),
  slack_user_id: nullable(Type.String()),
  phone: nullable(Type.String()),
})

/** What a list shows with `short=true`; the other keys are left out. */
const ListedUserShape = Type.Partial(UserShape)

const NewUserBody = input({
  username: Type.String({ minLength: 1, maxLength: 150, pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}]*$' }),
  email: Type.String({ format: 'email' }),
  role: choice(roles),
  name: Type.Optional(nullable(Type.String({ maxLength: 300 }))),
  first_name: Type.Optional(nullable(Type.String({ maxLength: 150 }))),
  last_name: Type.Optional(nullable(Type.String({ maxLength: 150 }))),
  slack_user_id: Type.Optional(nullable(Type.String({ maxLength: 100 }))),
  phone: Type.Optional(nullable(Type.String({ maxLength: 50 }))),
  timezone: Type.Optional(nullable(Type.String({ maxLength: 100, format: 'time-zone' }))),
})

const UserChangeBody = Type.Partial(NewUserBody, { additionalProperties: false })

const UserQuery = Type.Object({
  ...pageQuery,
  email: Type.Optional(Type.String({ description: 'Without regard to case.' })),
  username: Type.Optional(Type.String({ description: 'Without regard to case.' })),
  roles: Type.Optional(
    Type.Array(choice(['0', '1', '2', '3']), { description: '0 admin, 1 editor, 2 viewer, 3 none; repeatable.' }),
  ),
  short: Type.Optional(Type.String({ description: '`true` leaves out what takes time to find.' })),
})

const UserParams = Type.Object({ userId: Type.String() })

function userRoutes(app: App, db: Ports['db']): void {
  const read = { permission: 'user-settings:read' } as const
  const write = { permission: 'users:write' } as const
  const tags = ['users']

  app.get(
    '/api/v1/users/',
    { config: read, schema: { summary: 'List users', tags, querystring: UserQuery, response: { 200: pageOf(ListedUserShape) } } },
    (request) => {
      const { email, username, roles: ranks, short } = request.query
      const filter = {
        email: storableOrNot(email),
        username: storableOrNot(username),
        roles: ranks?.map((rank) => roles[Number(rank)] ?? 'none'),
      }
      const show = short === 'true' ? shortUserShape : userShape
      return paginate(request, { pageSize: 100, listing: listUsers(db.sql, request.actor, filter), show })
    },
  )

  app.get(
    '/api/v1/users/current/',
    { config: read, schema: { summary: 'Show the owner of the token', tags, response: { 200: UserShape } } },
    async (request) => userShape(await findUser(db.sql, request.actor, personOf(request.actor) ?? '')),
  )

  app.get(
    '/api/v1/users/:userId/',
    { config: read, schema: { summary: 'Show a user', tags, params: UserParams, response: { 200: UserShape } } },
    async (request) => userShape(await findUser(db.sql, request.actor, storable(request.params.userId))),
  )

  app.post(
    '/api/v1/users/',
    { config: write, schema: { summary: 'Add a user', tags, body: NewUserBody, response: { 201: UserShape } } },
    async (request, reply) => {
      const { username, email, role } = request.body
      const user = await db.tx('create user', (tx) =>
        createUser(tx, request.actor, { ...changeOf(request.body), username, email, role }),
      )
      return reply.code(201).send(userShape(user))
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/users/:userId/',
    config: write,
    schema: { summary: 'Change a user', tags, params: UserParams, body: UserChangeBody, response: { 200: UserShape } },
    handler: async (request) => {
      const update = { id: storable(request.params.userId), change: changeOf(request.body) }
      return userShape(await db.tx('update user', (tx) => updateUser(tx, request.actor, update)))
    },
  })

  app.delete(
    '/api/v1/users/:userId/',
    { config: write, schema: { summary: "End a user's account", tags, params: UserParams, response: { 204: noContent } } },
    async (request, reply) => {
      await db.tx('deactivate user', (tx) => deactivateUser(tx, request.actor, storable(request.params.userId)))
      return reply.code(204).send(null)
    },
  )
}

const storableOrNot = (given: string | undefined): string | undefined => (given === undefined ? undefined : storable(given))

function changeOf(body: Static<typeof UserChangeBody>): UserChange {
  return {
    username: body.username,
    email: body.email,
    role: body.role,
    name: body.name,
    firstName: body.first_name,
    lastName: body.last_name,
    slackUserId: body.slack_user_id,
    phone: body.phone,
    timeZone: body.timezone,
  }
}

function userShape(user: User): Static<typeof UserShape> {
  return {
    id: user.id,
    grafana_id: null,
    email: user.email,
    slack: null,
    username: user.username,
    role: user.role,
    is_phone_number_verified: false,
    timezone: user.timeZone,
    teams: [],
    name: user.name,
    first_name: user.firstName,
    last_name: user.lastName,
    slack_user_id: user.slackUserId,
    phone: user.phone,
  }
}

function shortUserShape({ id, email, username, role }: User): Static<typeof ListedUserShape> {
  return { id, grafana_id: null, email, username, role, is_phone_number_verified: false }
}

// Tokens -----------------------------------------------------------------------------------------------------------------

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

function tokenRoutes(app: App, db: Ports['db']): void {
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
    (request) =>
      paginate(request, {
        pageSize: 50,
        listing: listTokens(db.sql, request.actor, storableOrNot(request.query.user_id) ?? null),
        show: tokenShape,
      }),
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

// Organizations ----------------------------------------------------------------------------------------------------------

const OrganizationShape = Type.Object({ id: Type.String(), name: Type.String() })

function organizationRoutes(app: App, db: Ports['db']): void {
  const config = { permission: 'other-settings:read' } as const
  const tags = ['organizations']

  app.get(
    '/api/v1/organizations/',
    {
      config,
      schema: {
        summary: 'List the one organization of the token',
        tags,
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(OrganizationShape) },
      },
    },
    async (request) => {
      const organization = await findOrganization(db.sql, request.actor)
      const listing = { count: async () => 1, items: async () => [organization] }
      return paginate(request, { pageSize: 25, listing, show: (item) => item })
    },
  )

  app.get(
    '/api/v1/organizations/:organizationId/',
    {
      config,
      schema: {
        summary: 'Show the organization of the token, whatever the id',
        tags,
        params: Type.Object({ organizationId: Type.String() }),
        response: { 200: OrganizationShape },
      },
    },
    (request) => findOrganization(db.sql, request.actor),
  )
}
