import { type Static, Type } from 'typebox'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { choice, input, noContent, nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { storable } from '../lib/json.ts'
import type { Ports } from '../ports.ts'
import { personOf } from './actor.ts'
import { createUser, deactivateUser, findUser, listUsers, updateUser } from './commands.ts'
import { roles } from './role.ts'
import { listTeamedUsers, type TeamedUser, withTeams } from './team-commands.ts'
import type { User, UserChange } from './user.ts'

const UserShape = Type.Object({
  id: Type.String(),
  grafana_id: Type.Null({ description: 'There is no Grafana behind this server.' }),
  email: Type.String(),
  slack: Type.Null({ description: 'There is no Slack workspace behind this server.' }),
  username: Type.String(),
  role: choice(roles),
  is_phone_number_verified: Type.Boolean(),
  timezone: nullable(Type.String()),
  teams: Type.Array(Type.String(), { description: 'The ids of the teams; they say who their members are.' }),
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

/** The API of users (contract grafana-oncall 4.2); making and changing them is ours. */
export function userRoutes(app: App, db: Ports['db']): void {
  const read = { permission: 'user-settings:read' } as const
  const write = { permission: 'users:write' } as const
  const tags = ['users']
  const show = async (user: User) => userShape(await withTeams(db.sql, user))

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
      if (short === 'true')
        return paginate(request, { pageSize: 100, listing: listUsers(db.sql, request.actor, filter), show: shortUserShape })
      return paginate(request, { pageSize: 100, listing: listTeamedUsers(db.sql, request.actor, filter), show: userShape })
    },
  )

  app.get(
    '/api/v1/users/current/',
    { config: read, schema: { summary: 'Show the owner of the token', tags, response: { 200: UserShape } } },
    async (request) => show(await findUser(db.sql, request.actor, personOf(request.actor) ?? '')),
  )

  app.get(
    '/api/v1/users/:userId/',
    { config: read, schema: { summary: 'Show a user', tags, params: UserParams, response: { 200: UserShape } } },
    async (request) => show(await findUser(db.sql, request.actor, storable(request.params.userId))),
  )

  app.post(
    '/api/v1/users/',
    { config: write, schema: { summary: 'Add a user', tags, body: NewUserBody, response: { 201: UserShape } } },
    async (request, reply) => {
      const { username, email, role } = request.body
      const user = await db.tx('create user', (tx) =>
        createUser(tx, request.actor, { ...changeOf(request.body), username, email, role }),
      )
      return reply.code(201).send(await show(user))
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/users/:userId/',
    config: write,
    schema: { summary: 'Change a user', tags, params: UserParams, body: UserChangeBody, response: { 200: UserShape } },
    handler: async (request) => {
      const update = { id: storable(request.params.userId), change: changeOf(request.body) }
      return show(await db.tx('update user', (tx) => updateUser(tx, request.actor, update)))
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

function userShape({ user, teamIds }: TeamedUser): Static<typeof UserShape> {
  return {
    id: user.id,
    grafana_id: null,
    email: user.email,
    slack: null,
    username: user.username,
    role: user.role,
    is_phone_number_verified: false,
    timezone: user.timeZone,
    teams: [...teamIds],
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
