import { Type } from 'typebox'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import type { App } from '../http/app.ts'
import { tzdataVersion } from '../lib/zone-data.ts'
import type { Ports } from '../ports.ts'
import { chatRoutes } from './chat-routes.ts'
import { findOrganization } from './commands.ts'
import { teamRoutes } from './team-routes.ts'
import { tokenRoutes } from './token-routes.ts'
import { userRoutes } from './user-routes.ts'

/** The API of users, tokens, teams, organizations, their chat, and the server itself (contract grafana-oncall 4.1 to 4.5). */
export function accountRoutes(app: App, { db, version }: { readonly db: Ports['db']; readonly version: string }): void {
  userRoutes(app, db)
  tokenRoutes(app, db)
  teamRoutes(app, db)
  organizationRoutes(app, db)
  chatRoutes(app)

  app.get(
    '/api/v1/info/',
    {
      config: { permission: 'other-settings:read' },
      schema: { summary: 'This server', tags: ['info'], response: { 200: InfoShape } },
    },
    async () => ({ url: app.baseUrl, version, time_zone_data: tzdataVersion }),
  )
}

const InfoShape = Type.Object({
  url: Type.String(),
  version: Type.String(),
  time_zone_data: Type.String({ description: 'The IANA release whose rules of time zones are followed.' }),
})

// Organizations ----------------------------------------------------------------------------------------------------------

const OrganizationShape = Type.Object({ id: Type.String(), name: Type.String() })

function organizationRoutes(app: App, db: Ports['db']): void {
  const config = { permission: 'other-settings:read' } as const
  const tags = ['organizations']

  app.get(
    '/api/v1/organizations/',
    {
      config,
      schema: {
        summary: 'List the one organization of the token',
        tags,
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(OrganizationShape) },
      },
    },
    async (request) => {
      const organization = await findOrganization(db.sql, request.actor)
      const listing = { count: async () => 1, items: async () => [organization] }
      return paginate(request, { pageSize: 25, listing, show: (item) => item })
    },
  )

  app.get(
    '/api/v1/organizations/:organizationId/',
    {
      config,
      schema: {
        summary: 'Show the organization of the token, whatever the id',
        tags,
        params: Type.Object({ organizationId: Type.String() }),
        response: { 200: OrganizationShape },
      },
    },
    (request) => findOrganization(db.sql, request.actor),
  )
}
