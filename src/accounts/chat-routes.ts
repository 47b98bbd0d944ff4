import { Type } from 'typebox'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import type { App } from '../http/app.ts'
import type { Listing } from '../lib/listing.ts'

const ChannelShape = Type.Object({ name: Type.String(), slack_id: Type.String() })

const UserGroupShape = Type.Object({
  id: Type.String(),
  type: Type.String(),
  slack: Type.Object({ id: Type.String(), name: Type.String(), handle: Type.String() }),
})

/** What of an organization's chat can be named (contract grafana-oncall 4.4): nothing, as no chat is connected. Terraform's data sources ask. */
export function chatRoutes(app: App): void {
  const config = { permission: 'other-settings:read' } as const

  app.get(
    '/api/v1/slack_channels/',
    {
      config,
      schema: {
        summary: 'List Slack channels: none, as Slack is not connected',
        tags: ['chat'],
        querystring: Type.Object({ ...pageQuery, channel_name: Type.Optional(Type.String()) }),
        response: { 200: pageOf(ChannelShape) },
      },
    },
    (request) => paginate(request, { pageSize: 50, listing: nothing, show: (channel) => channel }),
  )

  app.get(
    '/api/v1/user_groups/',
    {
      config,
      schema: {
        summary: 'List Slack user groups: none, as Slack is not connected',
        tags: ['chat'],
        querystring: Type.Object({ ...pageQuery, slack_handle: Type.Optional(Type.String()) }),
        response: { 200: pageOf(UserGroupShape) },
      },
    },
    (request) => paginate(request, { pageSize: 50, listing: nothing, show: (group) => group }),
  )
}

const nothing: Listing<never> = { count: async () => 0, items: async () => [] }
