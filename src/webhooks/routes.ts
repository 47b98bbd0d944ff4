import { type Static, Type } from 'typebox'
import type { Vault } from '../accounts/secret.ts'
import type { LoggedAttempt } from '../deliveries/attempt.ts'
import { retryPlans } from '../deliveries/endpoint-settings.ts'
import { lenientInput } from '../http/lenient.ts'
import { namedFilter, namedQuery } from '../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { choice, nullable } from '../http/schema.ts'
import type { App } from '../http/server.ts'
import type { Excerpt } from '../lib/excerpt.ts'
import { asId, type MessageId, type WebhookId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Database, Sql } from '../ports.ts'
import { createWebhook, deleteWebhook, listResponses, listWebhooks, readWebhook, updateWebhook } from './commands.ts'
import { shownResponse } from './rendering/response.ts'
import type { WebhookSettings } from './settings.ts'
import { type Trigger, triggerTypes } from './trigger.ts'
import { httpMethods, presets, shownWebhook } from './webhook.ts'

export type WebhookRoutesOptions = {
  readonly db: Database
  readonly settings: WebhookSettings
  /** Opens what was sent. */
  readonly messageVault: Vault
  /** What the events that attempts told of said, by message id: JSON texts. What is not stored any more is missing. */
  readonly eventExcerptsOf: (db: Sql, attempts: readonly LoggedAttempt[]) => Promise<ReadonlyMap<string, Excerpt>>
  /** What caused deliveries, by message id. What is not stored any more is missing. */
  readonly causesOf: (
    db: Sql,
    attempts: readonly LoggedAttempt[],
  ) => Promise<ReadonlyMap<MessageId, { readonly trigger: Trigger }>>
}

/** The API of webhooks (contract grafana-oncall 2). */
export function webhookRoutes(app: App, options: WebhookRoutesOptions): void {
  webhookResource(app, options)
  responseRoutes(app, options)
}

const read = { permission: 'outgoing-webhooks:read' } as const
const write = { permission: 'outgoing-webhooks:write' } as const
const tags = ['webhooks']

const SendingShape = {
  failure_email: nullable(Type.String()),
  retry: Type.Union([choice(retryPlans), Type.Array(Type.Number())]),
  max_age: nullable(Type.Number()),
  timeout: Type.Number(),
  max_in_flight: Type.Integer(),
  rate_limit: nullable(Type.Number()),
  ordered: Type.Boolean(),
}

const WebhookShape = Type.Object({
  id: Type.String(),
  name: Type.String(),
  is_webhook_enabled: Type.Boolean(),
  team: nullable(Type.String({ description: 'Id of a team.' })),
  data: nullable(Type.String()),
  username: nullable(Type.String()),
  password: nullable(Type.String({ description: 'Masked.' })),
  authorization_header: nullable(Type.String({ description: 'Masked.' })),
  trigger_template: nullable(Type.String()),
  headers: nullable(Type.String()),
  url: Type.String(),
  forward_all: Type.Boolean(),
  http_method: choice(httpMethods),
  trigger_type: choice(triggerTypes),
  integration_filter: Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string' } }),
  preset: nullable(choice(presets)),
  schedule_filter: Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string' } }),
  description: nullable(Type.String()),
  trigger_types: Type.Array(choice(triggerTypes)),
  urls: Type.Array(Type.Object({ url: Type.String(), http_method: choice(httpMethods) })),
  filter: Type.Unknown(),
  static_headers: Type.Unsafe<Readonly<Record<string, string>> | null>({
    type: ['object', 'null'],
    additionalProperties: { type: 'string' },
    description: 'Credentials are masked.',
  }),
  ...SendingShape,
  missed_since: nullable(
    Type.String({
      format: 'date-time',
      description: 'Since when a URL got nothing that is open again; null: nothing was missed, or it was replayed.',
    }),
  ),
})

const WebhookBody = lenientInput({
  name: 'At most 100 characters; no other webhook of the organization has it. Required to create.',
  is_webhook_enabled: 'True or false; true when missing.',
  team: 'Id of a team; null or empty for none. A PUT without it clears it.',
  data: 'A template of the body when `forward_all` is false: JSON is sent as JSON, all else as text.',
  username: 'For basic authentication, together with `password`.',
  password: 'Shown masked; the mask of 16 asterisks keeps it.',
  authorization_header: 'The value of the header Authorization. Shown masked; the mask of 16 asterisks keeps it.',
  trigger_template: 'A template: what makes `true` or `1` sends, any other text does not; missing sends.',
  headers: 'A template that makes a JSON object of texts.',
  url:
    'Where to; http or https, an address that the server may call, or a template that makes it. Required to create unless `urls` ' +
    'is given.',
  forward_all: 'True: the body is all that the event says.',
  http_method: `One of ${httpMethods.join(', ')}. Required to create unless \`urls\` is given.`,
  trigger_type: `One of ${triggerTypes.join(', ')}. Required to create unless \`trigger_types\` is given.`,
  integration_filter: { list: 'Ids of integrations, or null for all. A PUT without it clears it.' },
  schedule_filter: { list: 'Ids of schedules, or null for all. A PUT or PATCH without it keeps it.' },
  preset:
    `${presets.join(', ')}, or empty. \`simple_webhook\` decides method, trigger and body by itself; those named like ` +
    'products decide the body, know some triggers, and need no method; of these `zenduty`, `incident_io` and `squadcast` need no trigger.',
  description: 'At most 1000 characters.',
  trigger_types: { list: 'Several trigger types; `trigger_type` is the first. A PUT with that one alone replaces the list.' },
  urls: {
    list:
      'Up to 20 objects of `url` and `http_method` (POST when missing), each with deliveries of its own; `url` and `http_method` ' +
      'are those of the first. A PUT with these alone replaces the list.',
  },
  filter:
    'What must be true of an event: a condition of `field`, `operator` and `value`, or groups of them under `all`, `any` and `none`; ' +
    'null for nothing. A PUT or PATCH without it keeps it.',
  static_headers: 'An object of texts. Values of names like X-Api-Key are shown masked; the mask of 16 asterisks keeps them.',
  failure_email: 'Who is told by mail when receivers fail.',
  retry: `${retryPlans.join(', ')}, or a list of up to 20 pauses in seconds.`,
  max_age: 'After so many seconds, from 1 to 604800, a delivery is given up; null for no such limit.',
  timeout: 'Seconds for a whole attempt, from 1 to 30; 15 when missing.',
  max_in_flight: 'Requests under way at once to one URL, from 1 to 64; 8 when missing.',
  rate_limit: 'Requests a second to one URL, from 0.01 to 1000; null for no such limit.',
  ordered: 'True: one request at a time to one URL, in the order of the events.',
})

const WebhookParams = Type.Object({ webhookId: Type.String() })
const webhookIdOf = (text: string) => asId<WebhookId>(storable(text))

const WebhookQuery = Type.Object({ ...pageQuery, ...namedQuery })

function webhookResource(app: App, { db, settings }: WebhookRoutesOptions): void {
  const { vault } = settings

  app.get(
    '/api/v1/webhooks/',
    {
      config: read,
      schema: { summary: 'List webhooks', tags, querystring: WebhookQuery, response: { 200: pageOf(WebhookShape) } },
    },
    async (request) => {
      const filter = await namedFilter(db.sql, request.actor, request.query)
      const listing = listWebhooks(db.sql, request.actor, { filter, vault })
      return paginate(request, { pageSize: 50, listing, show: shownWebhook })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/webhooks/',
    idName: 'webhookId',
    noun: 'webhook',
    tags,
    access: { read, write },
    forms: { body: WebhookBody, shape: WebhookShape, show: shownWebhook },
    summaries: {
      create: 'Add a webhook',
      show: 'Show a webhook',
      change: 'Change a webhook',
      remove: 'Delete a webhook',
    },
    commands: {
      find: (sql, actor, id) => readWebhook(sql, actor, { id, vault }),
      create: (tx, actor, body) => createWebhook(tx, actor, { settings, body }),
      update: (tx, actor, { id, body }) => updateWebhook(tx, actor, { id, settings, body, replaces: false }),
      replace: (tx, actor, { id, body }) => updateWebhook(tx, actor, { id, settings, body, replaces: true }),
      remove: deleteWebhook,
    },
  })
}

const bounded =
  'Of more than 64 KiB, and of what is beyond the first 4 MiB of a page, there is an object instead: `truncated`, `bytes` and `beginning`.'

const ResponseShape = Type.Object({
  timestamp: Type.String(),
  url: Type.String(),
  request_trigger: Type.String(),
  request_headers: Type.String({ description: 'JSON; credentials are masked.' }),
  request_data: nullable(Type.String({ description: `What was sent; masked of a page. ${bounded}` })),
  status_code: nullable(Type.Integer()),
  content: nullable(Type.String({ description: 'What the receiver answered, or what went wrong.' })),
  event_data: Type.String({ description: `JSON; empty when the event is not stored any more. ${bounded}` }),
  id: Type.String(),
  webhook_message_id: Type.String({ description: 'The same for every attempt; the receiver sees it as `webhook-id`.' }),
  attempt: Type.Integer(),
  outcome: choice(['success', 'retry', 'dead', 'superseded']),
  duration_ms: Type.Integer(),
  content_truncated: Type.Boolean(),
})

function responseRoutes(app: App, { db, messageVault, eventExcerptsOf, causesOf }: WebhookRoutesOptions): void {
  app.get(
    '/api/v1/webhooks/:webhookId/responses/',
    {
      config: read,
      schema: {
        summary: 'List what was sent and answered, newest first',
        tags,
        params: WebhookParams,
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(ResponseShape) },
      },
    },
    async (request) => {
      const asked = { id: webhookIdOf(request.params.webhookId), messageVault }
      const attempts = await listResponses(db.sql, request.actor, asked)
      const listing = {
        count: attempts.count,
        items: async (window: Parameters<typeof attempts.items>[0]): Promise<readonly Static<typeof ResponseShape>[]> => {
          const rows = await attempts.items(window)
          const [events, causes] = [await eventExcerptsOf(db.sql, rows), await causesOf(db.sql, rows)]
          return rows.map((row) => {
            const [eventData, trigger] = [events.get(row.messageId) ?? null, causes.get(row.messageId)?.trigger ?? null]
            return shownResponse(row, { eventData, trigger })
          })
        },
      }
      return paginate(request, { pageSize: 50, listing, show: (response) => response })
    },
  )
}
