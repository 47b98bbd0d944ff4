import { type Static, Type } from 'typebox'
import { teamFilter } from '../accounts/team-commands.ts'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { noContent, nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { filterText } from '../lib/fields.ts'
import { asId, type EscalationChainId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Ports } from '../ports.ts'
import type { EscalationChain } from './chain.ts'
import { createChain, deleteChain, findChain, listChains, replaceChain, updateChain } from './commands.ts'
import { policyRoutes } from './policy-routes.ts'

const read = { permission: 'escalation-chains:read' } as const
const write = { permission: 'escalation-chains:write' } as const

/** The API of escalation chains and their steps (contract grafana-oncall 4.13, 4.14). */
export function escalationChainRoutes(app: App, { db }: { readonly db: Ports['db'] }): void {
  chainRoutes(app, db)
  policyRoutes(app, db)
}

const ChainShape = Type.Object({ id: Type.String(), name: Type.String(), team_id: nullable(Type.String()) })

const ChainBody = lenientInput({
  name: 'At most 100 characters; no other chain of the organization has it. A PATCH may leave it out.',
  team_id: 'Id of a team, or null.',
})

const ChainQuery = Type.Object({
  ...pageQuery,
  name: Type.Optional(Type.String({ description: 'The whole name.' })),
  team_id: Type.Optional(Type.String({ description: 'Id of a team, or `null` for what has none.' })),
})

const ChainParams = Type.Object({ chainId: Type.String() })

function chainRoutes(app: App, db: Ports['db']): void {
  const tags = ['escalation chains']

  app.get(
    '/api/v1/escalation_chains/',
    {
      config: read,
      schema: { summary: 'List escalation chains', tags, querystring: ChainQuery, response: { 200: pageOf(ChainShape) } },
    },
    async (request) => {
      const { name, team_id: team } = request.query
      const teamId = await teamFilter(db.sql, request.actor.organizationId, team)
      const listing = listChains(db.sql, request.actor, { name: filterText(name), teamId })
      return paginate(request, { pageSize: 50, listing, show: chainShape })
    },
  )

  app.post(
    '/api/v1/escalation_chains/',
    { config: write, schema: { summary: 'Add an escalation chain', tags, body: ChainBody, response: { 201: ChainShape } } },
    async (request, reply) => {
      const chain = await db.tx('create escalation chain', (tx) => createChain(tx, request.actor, request.body))
      return reply.code(201).send(chainShape(chain))
    },
  )

  app.get(
    '/api/v1/escalation_chains/:chainId/',
    { config: read, schema: { summary: 'Show an escalation chain', tags, params: ChainParams, response: { 200: ChainShape } } },
    async (request) => chainShape(await findChain(db.sql, request.actor, chainIdOf(request.params.chainId))),
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/escalation_chains/:chainId/',
    config: write,
    schema: { summary: 'Change an escalation chain', tags, params: ChainParams, body: ChainBody, response: { 200: ChainShape } },
    handler: async (request) => {
      const update = { id: chainIdOf(request.params.chainId), body: request.body }
      const change = request.method === 'PUT' ? replaceChain : updateChain
      return chainShape(await db.tx('update escalation chain', (tx) => change(tx, request.actor, update)))
    },
  })

  app.delete(
    '/api/v1/escalation_chains/:chainId/',
    {
      config: write,
      schema: { summary: 'Remove an escalation chain and its steps', tags, params: ChainParams, response: { 204: noContent } },
    },
    async (request, reply) => {
      await db.tx('delete escalation chain', (tx) => deleteChain(tx, request.actor, chainIdOf(request.params.chainId)))
      return reply.code(204).send(null)
    },
  )
}

const chainIdOf = (text: string) => asId<EscalationChainId>(storable(text))

function chainShape({ id, name, teamId }: EscalationChain): Static<typeof ChainShape> {
  return { id, name, team_id: teamId }
}
