import { type Static, Type } from 'typebox'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { noContent, nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { filterText } from '../lib/fields.ts'
import { asId, type TeamId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Ports } from '../ports.ts'
import type { Team } from './team.ts'
import { createTeam, deleteTeam, findTeam, listTeams, updateTeam } from './team-commands.ts'

const TeamShape = Type.Object({
  id: Type.String(),
  grafana_id: Type.Null({ description: 'There is no Grafana behind this server.' }),
  name: Type.String(),
  email: nullable(Type.String()),
  avatar_url: Type.String({ description: 'Always empty: there are no pictures.' }),
  escalation_chain_id: nullable(Type.String({ description: "The team's own escalation chain." })),
  users: Type.Array(Type.String(), { description: 'The ids of the members.' }),
})

const TeamBody = lenientInput({
  name: 'At most 100 characters; no other team of the organization has it. Required to create.',
  email: 'Address of the team, or null.',
  escalation_chain_id: 'Id of an escalation chain, or null.',
  users: { list: 'The ids of all members.' },
})

const TeamQuery = Type.Object({ ...pageQuery, name: Type.Optional(Type.String({ description: 'The whole name.' })) })

const TeamParams = Type.Object({ teamId: Type.String() })

/** The API of teams (contract grafana-oncall 4.3); making and changing them is ours. */
export function teamRoutes(app: App, db: Ports['db']): void {
  const read = { permission: 'other-settings:read' } as const
  const write = { permission: 'teams:write' } as const
  const tags = ['teams']

  app.get(
    '/api/v1/teams/',
    { config: read, schema: { summary: 'List teams', tags, querystring: TeamQuery, response: { 200: pageOf(TeamShape) } } },
    (request) => {
      const listing = listTeams(db.sql, request.actor, { name: filterText(request.query.name) })
      return paginate(request, { pageSize: 50, listing, show: teamShape })
    },
  )

  app.post(
    '/api/v1/teams/',
    { config: write, schema: { summary: 'Add a team', tags, body: TeamBody, response: { 201: TeamShape } } },
    async (request, reply) => {
      const team = await db.tx('create team', (tx) => createTeam(tx, request.actor, request.body))
      return reply.code(201).send(teamShape(team))
    },
  )

  app.get(
    '/api/v1/teams/:teamId/',
    { config: read, schema: { summary: 'Show a team', tags, params: TeamParams, response: { 200: TeamShape } } },
    async (request) => teamShape(await findTeam(db.sql, request.actor, teamIdOf(request.params.teamId))),
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/teams/:teamId/',
    config: write,
    schema: { summary: 'Change a team', tags, params: TeamParams, body: TeamBody, response: { 200: TeamShape } },
    handler: async (request) => {
      const update = { id: teamIdOf(request.params.teamId), body: request.body }
      return teamShape(await db.tx('update team', (tx) => updateTeam(tx, request.actor, update)))
    },
  })

  app.delete(
    '/api/v1/teams/:teamId/',
    {
      config: write,
      schema: {
        summary: 'Remove a team; what belonged to it belongs to none',
        tags,
        params: TeamParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      await db.tx('delete team', (tx) => deleteTeam(tx, request.actor, teamIdOf(request.params.teamId)))
      return reply.code(204).send(null)
    },
  )
}

const teamIdOf = (text: string) => asId<TeamId>(storable(text))

function teamShape({ id, name, email, escalationChainId, userIds }: Team): Static<typeof TeamShape> {
  return {
    id,
    grafana_id: null,
    name,
    email,
    avatar_url: '',
    escalation_chain_id: escalationChainId,
    users: [...userIds],
  }
}
