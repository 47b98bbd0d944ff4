import { type Static, Type } from 'typebox'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { choice, noContent, nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { accepted, filterText } from '../lib/fields.ts'
import { storable } from '../lib/json.ts'
import type { Ports } from '../ports.ts'
import { personOf } from './actor.ts'
import { createUser, deactivateUser, findUser, listUsers, updateUser } from './commands.ts'
import { roles } from './role.ts'
import { listTeamedUsers, type TeamedUser, withTeams } from './team-commands.ts'
import type { User } from './user.ts'
import { parseNewUser, parseUserChange } from './user-input.ts'

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
  shift_reminders: Type.Array(Type.Integer(), { description: 'How many seconds before a shift the user is reminded by e-mail.' }),
})

/** What a list shows with `short=true`; the other keys are left out. */
const ListedUserShape = Type.Partial(UserShape)

const UserBody = lenientInput({
  username: 'At most 150 characters; no other active user of the organization has it, in any case. Required to create.',
  email: 'No other active user of the organization has it, in any case. Required to create.',
  role: `One of ${roles.join(', ')}. Required to create.`,
  name: 'At most 300 characters, or null.',
  first_name: 'At most 150 characters, or null.',
  last_name: 'At most 150 characters, or null.',
  slack_user_id: 'At most 100 characters, or null.',
  phone: 'At most 50 characters, or null.',
  timezone: 'IANA name of a time zone, or null.',
  shift_reminders: {
    list: 'How many seconds before a shift the user is reminded by e-mail: at most 5, from 60 to 2592000. Null: a day and an hour.',
  },
})

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

const read = { permission: 'user-settings:read' } as const
const tags = ['users']

/** The API of users (contract grafana-oncall 4.2); making and changing them is ours. */
export function userRoutes(app: App, db: Ports['db']): void {
  const write = { permission: 'users:write' } as const
  const show = showing(db)
  ownRoutes(app, db)

  app.get(
    '/api/v1/users/',
    { config: read, schema: { summary: 'List users', tags, querystring: UserQuery, response: { 200: pageOf(ListedUserShape) } } },
    (request) => {
      const { email, username, roles: ranks, short } = request.query
      const filter = {
        email: filterText(email),
        username: filterText(username),
        roles: ranks?.map((rank) => roles[Number(rank)] ?? 'none'),
      }
      if (short === 'true')
        return paginate(request, { pageSize: 100, listing: listUsers(db.sql, request.actor, filter), show: shortUserShape })
      return paginate(request, { pageSize: 100, listing: listTeamedUsers(db.sql, request.actor, filter), show: userShape })
    },
  )

  app.get(
    '/api/v1/users/:userId/',
    { config: read, schema: { summary: 'Show a user', tags, params: UserParams, response: { 200: UserShape } } },
    async (request) => show(await findUser(db.sql, request.actor, storable(request.params.userId))),
  )

  app.post(
    '/api/v1/users/',
    { config: write, schema: { summary: 'Add a user', tags, body: UserBody, response: { 201: UserShape } } },
    async (request, reply) => {
      const input = accepted(parseNewUser(request.body))
      const user = await db.tx('create user', (tx) => createUser(tx, request.actor, input))
      return reply.code(201).send(await show(user))
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/users/:userId/',
    config: write,
    schema: { summary: 'Change a user', tags, params: UserParams, body: UserBody, response: { 200: UserShape } },
    handler: async (request) => {
      const update = { id: storable(request.params.userId), change: accepted(parseUserChange(request.body)) }
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

const showing = (db: Ports['db']) => async (user: User) => userShape(await withTeams(db.sql, user))

/** The owner of the token. */
function ownRoutes(app: App, db: Ports['db']): void {
  const show = showing(db)

  app.get(
    '/api/v1/users/current/',
    { config: read, schema: { summary: 'Show the owner of the token', tags, response: { 200: UserShape } } },
    async (request) => show(await findUser(db.sql, request.actor, personOf(request.actor) ?? '')),
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/users/current/',
    config: { permission: 'user-settings:write' },
    schema: {
      summary: 'Change the owner of the token',
      description: 'Who is no admin changes `timezone` and `shift_reminders` only.',
      tags,
      body: UserBody,
      response: { 200: UserShape },
    },
    handler: async (request) => {
      const update = { id: personOf(request.actor) ?? '', change: accepted(parseUserChange(request.body)) }
      return show(await db.tx('update user', (tx) => updateUser(tx, request.actor, update)))
    },
  })
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
    shift_reminders: user.shiftReminders.map((reminder) => reminder / 1000),
  }
}

function shortUserShape({ id, email, username, role }: User): Static<typeof ListedUserShape> {
  return { id, grafana_id: null, email, username, role, is_phone_number_verified: false }
}
