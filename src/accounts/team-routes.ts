import { type Static, Type } from 'typebox'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { filterText } from '../lib/fields.ts'
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

  resourceRoutes(app, db, {
    path: '/api/v1/teams/',
    idName: 'teamId',
    noun: 'team',
    tags,
    access: { read, write },
    forms: { body: TeamBody, shape: TeamShape, show: teamShape },
    summaries: {
      create: 'Add a team',
      show: 'Show a team',
      change: 'Change a team',
      remove: 'Remove a team; what belonged to it belongs to none',
    },
    commands: { find: findTeam, create: createTeam, update: updateTeam, remove: deleteTeam },
  })
}

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
