import { type Static, Type } from 'typebox'
import type { Vault } from '../accounts/secret.ts'
import { lenientInput } from '../http/lenient.ts'
import { namedFilter, namedQuery } from '../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { choice, nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import type { Ports } from '../ports.ts'
import { createIntegration, deleteIntegration, findIntegration, listIntegrations, updateIntegration } from './commands.ts'
import { urgencies } from '../notifications/urgency.ts'
import { type Integration, integrationTypes } from './integration.ts'
import { linkOf } from './link.ts'
import { messengerShapes, routeRoutes, shownMessengers } from './route-routes.ts'
import { shownTemplates } from './template-input.ts'

const read = { permission: 'integrations:read' } as const
const write = { permission: 'integrations:write' } as const

type Needs = { readonly db: Ports['db']; readonly vault: Vault }

/** The API of integrations and their routes (contract grafana-oncall 4.6, 4.15). The vault seals the integrations' tokens. */
export function integrationRoutes(app: App, { db, vault }: Needs): void {
  integrationResource(app, { db, vault })
  routeRoutes(app, db)
}

const { slack: SlackShape, telegram: TelegramShape, ...backendShapes } = messengerShapes

const DefaultRouteShape = Type.Object({
  id: Type.String(),
  slack: SlackShape,
  telegram: TelegramShape,
  escalation_chain_id: nullable(Type.String()),
  ...backendShapes,
})

const TitleShape = Type.Object({ title: Type.Null() })
const MessageShape = Type.Object({ title: Type.Null(), message: Type.Null() })
const ImageShape = Type.Object({ title: Type.Null(), message: Type.Null(), image_url: Type.Null() })

const TemplatesShape = Type.Object({
  grouping_key: Type.Null(),
  resolve_signal: Type.Null(),
  acknowledge_signal: Type.Null(),
  source_link: Type.Null(),
  slack: ImageShape,
  web: ImageShape,
  sms: TitleShape,
  phone_call: TitleShape,
  telegram: ImageShape,
  mobile_app: MessageShape,
  email: MessageShape,
})

const IntegrationShape = Type.Object({
  maintenance_mode: Type.Null(),
  maintenance_started_at: Type.Null(),
  maintenance_end_at: Type.Null(),
  id: Type.String(),
  name: Type.String(),
  description_short: nullable(Type.String()),
  team_id: nullable(Type.String()),
  link: Type.String({ description: 'Where the alert source sends to. Who knows it can send alerts.' }),
  inbound_email: Type.Null(),
  type: Type.String(),
  default_route: DefaultRouteShape,
  templates: TemplatesShape,
  heartbeat: Type.Null(),
  service: nullable(Type.String({ description: 'Id of a service.' })),
  urgency: choice(urgencies),
  key: Type.String({ description: 'The secret part of `link`.' }),
  enabled: Type.Boolean(),
  header_token: nullable(Type.String({ description: 'What the header `pagertree-token` must be, too.' })),
})

const IntegrationBody = lenientInput({
  type: `One of ${Object.keys(integrationTypes).join(', ')}; required to create, ignored later.`,
  name: 'At most 150 characters; no other integration of the team has it. Missing: one is made up.',
  description_short: 'At most 250 characters, or null.',
  team_id: 'Id of a team, or null.',
  templates: 'Null, or an object of nulls: templates other than the defaults are not available yet.',
  default_route: '`escalation_chain_id`: id of an escalation chain, or null.',
  service: 'Id of a service, or null.',
  urgency: `One of ${urgencies.join(', ')}; medium when it is not said, or null.`,
  enabled: 'A disabled integration takes no alerts. True when it is not said.',
  header_token: 'Only of the type pagertree: what the header `pagertree-token` of each request must be; null or empty: anything.',
})

const IntegrationQuery = Type.Object({ ...pageQuery, ...namedQuery })

const tags = ['integrations']

function integrationResource(app: App, { db, vault }: Needs): void {
  const show = (integration: Integration) => integrationShape(integration, app.baseUrl)

  app.get(
    '/api/v1/integrations/',
    {
      config: read,
      schema: { summary: 'List integrations', tags, querystring: IntegrationQuery, response: { 200: pageOf(IntegrationShape) } },
    },
    async (request) => {
      const filter = await namedFilter(db.sql, request.actor, request.query)
      const listing = listIntegrations(db.sql, request.actor, { filter, vault })
      return paginate(request, { pageSize: 50, listing, show })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/integrations/',
    idName: 'integrationId',
    noun: 'integration',
    tags,
    access: { read, write },
    forms: { body: IntegrationBody, shape: IntegrationShape, show },
    summaries: {
      create: 'Add an integration',
      show: 'Show an integration',
      change: 'Change an integration',
      remove: 'Remove an integration',
    },
    commands: {
      find: (sql, actor, id) => findIntegration(sql, actor, { id, vault }),
      create: (tx, actor, body) => createIntegration(tx, actor, { body, vault }),
      update: (tx, actor, { id, body }) => updateIntegration(tx, actor, { id, body, vault }),
      remove: deleteIntegration,
    },
  })
}

function integrationShape(integration: Integration, baseUrl: string): Static<typeof IntegrationShape> {
  const { id, type, token, defaultRoute } = integration
  const { slack, telegram, ...backends } = shownMessengers(defaultRoute.messengers)
  return {
    maintenance_mode: null,
    maintenance_started_at: null,
    maintenance_end_at: null,
    id,
    name: integration.name,
    description_short: integration.description,
    team_id: integration.teamId,
    link: linkOf(integration, baseUrl),
    inbound_email: null,
    type,
    default_route: {
      id: defaultRoute.id,
      slack,
      telegram,
      escalation_chain_id: defaultRoute.escalationChainId,
      ...backends,
    },
    templates: shownTemplates(),
    heartbeat: null,
    service: integration.serviceId,
    urgency: integration.urgency,
    key: token,
    enabled: integration.enabled,
    header_token: integration.headerToken,
  }
}
