import { type Static, Type } from 'typebox'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { pageOf, pageQuery, paginate } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { choice, nullable } from '../http/schema.ts'
import { filterId, filterText } from '../lib/fields.ts'
import type { IntegrationId } from '../lib/ids.ts'
import type { Ports } from '../ports.ts'
import type { Messenger, MessengerSwitches, Route } from './integration.ts'
import { createRoute, deleteRoute, findRoute, listRoutes, updateRoute } from './route-commands.ts'

const read = { permission: 'integrations:read' } as const
const write = { permission: 'integrations:write' } as const

const ChannelShape = Type.Object({ id: Type.Null(), enabled: Type.Boolean() })

/** Messengers are not connected: their switches are kept, and nothing else. */
export const messengerShapes = {
  slack: Type.Object({ channel_id: Type.Null(), enabled: Type.Boolean() }),
  telegram: ChannelShape,
  mobile_app: ChannelShape,
  mobile_app_critical: ChannelShape,
  email: ChannelShape,
  webhook: ChannelShape,
}

/** The switches of all messengers; Slack's alone is on by default. */
export function shownMessengers(switches: MessengerSwitches) {
  const shown = (name: Messenger) => ({ id: null, enabled: switches[name] ?? false })
  return {
    slack: { channel_id: null, enabled: switches.slack ?? true },
    telegram: shown('telegram'),
    mobile_app: shown('mobile_app'),
    mobile_app_critical: shown('mobile_app_critical'),
    email: shown('email'),
    webhook: shown('webhook'),
  }
}

const RouteShape = Type.Object({
  position: Type.Integer(),
  id: Type.String(),
  integration_id: Type.String(),
  escalation_chain_id: nullable(Type.String()),
  routing_type: choice(['regex', 'jinja2']),
  routing_regex: nullable(Type.String()),
  is_the_last_route: Type.Boolean({ description: 'Whether it is the default route, which matches what no other one does.' }),
  ...messengerShapes,
})

const switchOnly = '`id` must be null; `enabled` is kept.'

const RouteBody = lenientInput({
  integration_id: 'Id of the integration; required to create, ignored later.',
  escalation_chain_id: 'Id of an escalation chain; required to create, where null is none.',
  routing_type: '`regex`, which it is by default, or `jinja2`.',
  routing_regex:
    'An expression of RE2, up to 1024 characters, that is searched for in the payload as `json.dumps` of Python prints it; required to create. Not for the default route.',
  position:
    'Where the route goes; -1 is the end. Missing or null: the end for a new route, else where it is. Not for the default route.',
  manual_order: 'True: the route that is at `position` takes the old place of this one, instead of making room.',
  slack: '`channel_id` must be null; `enabled` is kept.',
  telegram: switchOnly,
  mobile_app: switchOnly,
  mobile_app_critical: switchOnly,
  email: switchOnly,
  webhook: switchOnly,
})

const RouteQuery = Type.Object({
  ...pageQuery,
  integration_id: Type.Optional(Type.String()),
  routing_regex: Type.Optional(Type.String({ description: 'The whole expression.' })),
})

/** The API of routes (contract grafana-oncall 4.15). */
export function routeRoutes(app: App, db: Ports['db']): void {
  const tags = ['routes']

  app.get(
    '/api/v1/routes/',
    { config: read, schema: { summary: 'List routes', tags, querystring: RouteQuery, response: { 200: pageOf(RouteShape) } } },
    (request) => {
      const { integration_id: integration, routing_regex: regex } = request.query
      const filter = { integrationId: filterId<IntegrationId>(integration), routingRegex: filterText(regex) }
      const listing = listRoutes(db.sql, request.actor, filter)
      return paginate(request, { pageSize: 25, listing, show: routeShape })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/routes/',
    idName: 'routeId',
    noun: 'route',
    tags,
    access: { read, write },
    forms: { body: RouteBody, shape: RouteShape, show: routeShape },
    summaries: {
      create: 'Add a route to an integration',
      show: 'Show a route',
      change: 'Change a route',
      remove: 'Delete a route',
    },
    commands: { find: findRoute, create: createRoute, update: updateRoute, remove: deleteRoute },
  })
}

function routeShape(route: Route): Static<typeof RouteShape> {
  return {
    position: route.position,
    id: route.id,
    integration_id: route.integrationId,
    escalation_chain_id: route.escalationChainId,
    routing_type: route.routingType,
    routing_regex: route.routingRegex,
    is_the_last_route: route.isDefault,
    ...shownMessengers(route.messengers),
  }
}
