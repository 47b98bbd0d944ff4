import { type Static, Type } from 'typebox'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { namedFilter, namedQuery } from '../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { nullable } from '../http/schema.ts'
import type { Ports } from '../ports.ts'
import { createService, deleteService, findService, listServices, updateService } from './commands.ts'
import type { Service } from './service.ts'

const read = { permission: 'services:read' } as const
const write = { permission: 'services:write' } as const
const tags = ['services']

const ServiceShape = Type.Object({ id: Type.String(), name: Type.String(), team_id: nullable(Type.String()) })

const ServiceBody = lenientInput({
  name: 'At most 150 characters; no other service of the organization has it. Only a new service must have it.',
  team_id: 'Id of the team that owns it, or null.',
})

const ServiceQuery = Type.Object({ ...pageQuery, ...namedQuery })

/** The API of services. Grafana OnCall has none; the forms are those of its other resources. */
export function serviceRoutes(app: App, db: Ports['db']): void {
  app.get(
    '/api/v1/services/',
    {
      config: read,
      schema: { summary: 'List services', tags, querystring: ServiceQuery, response: { 200: pageOf(ServiceShape) } },
    },
    async (request) => {
      const filter = await namedFilter(db.sql, request.actor, request.query)
      const listing = listServices(db.sql, request.actor, filter)
      return paginate(request, { pageSize: 50, listing, show: serviceShape })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/services/',
    idName: 'serviceId',
    noun: 'service',
    tags,
    access: { read, write },
    forms: { body: ServiceBody, shape: ServiceShape, show: serviceShape },
    summaries: {
      create: 'Add a service',
      show: 'Show a service',
      change: 'Change a service',
      remove: 'Remove a service; its integrations stay',
    },
    commands: { find: findService, create: createService, update: updateService, remove: deleteService },
  })
}

const serviceShape = ({ id, name, teamId }: Service): Static<typeof ServiceShape> => ({ id, name, team_id: teamId })
