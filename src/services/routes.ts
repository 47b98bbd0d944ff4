import { type Static, Type } from 'typebox'
import { teamFilter } from '../accounts/team-commands.ts'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { noContent, nullable } from '../http/schema.ts'
import { filterText } from '../lib/fields.ts'
import { asId, type ServiceId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
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

const ServiceQuery = Type.Object({
  ...pageQuery,
  name: Type.Optional(Type.String({ description: 'The whole name.' })),
  team_id: Type.Optional(Type.String({ description: 'Id of a team, or `null` for what has none.' })),
})

const ServiceParams = Type.Object({ serviceId: Type.String() })

/** The API of services. Grafana OnCall has none; the forms are those of its other resources. */
export function serviceRoutes(app: App, db: Ports['db']): void {
  app.get(
    '/api/v1/services/',
    {
      config: read,
      schema: { summary: 'List services', tags, querystring: ServiceQuery, response: { 200: pageOf(ServiceShape) } },
    },
    async (request) => {
      const { name, team_id: team } = request.query
      const teamId = await teamFilter(db.sql, request.actor.organizationId, team)
      const listing = listServices(db.sql, request.actor, { name: filterText(name), teamId })
      return paginate(request, { pageSize: 50, listing, show: serviceShape })
    },
  )

  app.post(
    '/api/v1/services/',
    { config: write, schema: { summary: 'Add a service', tags, body: ServiceBody, response: { 201: ServiceShape } } },
    async (request, reply) => {
      const service = await db.tx('create service', (tx) => createService(tx, request.actor, request.body))
      return reply.code(201).send(serviceShape(service))
    },
  )

  app.get(
    '/api/v1/services/:serviceId/',
    { config: read, schema: { summary: 'Show a service', tags, params: ServiceParams, response: { 200: ServiceShape } } },
    async (request) => serviceShape(await findService(db.sql, request.actor, serviceIdOf(request.params.serviceId))),
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/services/:serviceId/',
    config: write,
    schema: { summary: 'Change a service', tags, params: ServiceParams, body: ServiceBody, response: { 200: ServiceShape } },
    handler: async (request) => {
      const update = { id: serviceIdOf(request.params.serviceId), body: request.body }
      return serviceShape(await db.tx('update service', (tx) => updateService(tx, request.actor, update)))
    },
  })

  app.delete(
    '/api/v1/services/:serviceId/',
    {
      config: write,
      schema: { summary: 'Remove a service; its integrations stay', tags, params: ServiceParams, response: { 204: noContent } },
    },
    async (request, reply) => {
      await db.tx('delete service', (tx) => deleteService(tx, request.actor, serviceIdOf(request.params.serviceId)))
      return reply.code(204).send(null)
    },
  )
}

const serviceIdOf = (text: string) => asId<ServiceId>(storable(text))

const serviceShape = ({ id, name, teamId }: Service): Static<typeof ServiceShape> => ({ id, name, team_id: teamId })
