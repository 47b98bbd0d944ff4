import { type Static, Type } from 'typebox'
import { lenientInput } from '../http/lenient.ts'
import { namedFilter, namedQuery } from '../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
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

const ChainQuery = Type.Object({ ...pageQuery, ...namedQuery })

function chainRoutes(app: App, db: Ports['db']): void {
  const tags = ['escalation chains']

  app.get(
    '/api/v1/escalation_chains/',
    {
      config: read,
      schema: { summary: 'List escalation chains', tags, querystring: ChainQuery, response: { 200: pageOf(ChainShape) } },
    },
    async (request) => {
      const filter = await namedFilter(db.sql, request.actor, request.query)
      const listing = listChains(db.sql, request.actor, filter)
      return paginate(request, { pageSize: 50, listing, show: chainShape })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/escalation_chains/',
    idName: 'chainId',
    noun: 'escalation chain',
    tags,
    access: { read, write },
    forms: { body: ChainBody, shape: ChainShape, show: chainShape },
    summaries: {
      create: 'Add an escalation chain',
      show: 'Show an escalation chain',
      change: 'Change an escalation chain',
      remove: 'Remove an escalation chain and its steps',
    },
    commands: { find: findChain, create: createChain, update: updateChain, replace: replaceChain, remove: deleteChain },
  })
}

function chainShape({ id, name, teamId }: EscalationChain): Static<typeof ChainShape> {
  return { id, name, team_id: teamId }
}
