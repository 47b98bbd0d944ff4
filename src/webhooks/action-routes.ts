import { Type } from 'typebox'
import { lenientInput } from '../http/lenient.ts'
import { namedFilter, namedQuery } from '../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { choice, nullable } from '../http/schema.ts'
import type { App } from '../http/server.ts'
import { Rejection } from '../lib/rejection.ts'
import type { Database } from '../ports.ts'
import { refusalOfAction, shownAction, webhookOfAction, webhookOfNewAction } from './action.ts'
import { createWebhook, deleteWebhook, listWebhooks, readWebhook, updateWebhook } from './commands.ts'
import type { WebhookSettings } from './settings.ts'
import { triggerTypes } from './trigger.ts'
import { httpMethods } from './webhook.ts'

const read = { permission: 'outgoing-webhooks:read' } as const
const write = { permission: 'outgoing-webhooks:write' } as const
const tags = ['webhooks']

const ActionShape = Type.Object({
  id: Type.String(),
  name: Type.String(),
  is_webhook_enabled: Type.Boolean(),
  team_id: nullable(Type.String({ description: 'Id of a team.' })),
  user: nullable(Type.String()),
  data: nullable(Type.String()),
  password: nullable(Type.String({ description: 'Masked.' })),
  authorization_header: nullable(Type.String({ description: 'Masked.' })),
  trigger_template: nullable(Type.String()),
  headers: nullable(Type.String()),
  url: Type.String(),
  forward_whole_payload: Type.Boolean(),
  http_method: choice(httpMethods),
  trigger_type: choice(triggerTypes),
  integration_filter: Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string' } }),
})

const ActionBody = lenientInput({
  name: 'As that of a webhook. Required to create.',
  is_webhook_enabled: 'True or false; true when missing.',
  team_id: 'What a webhook calls `team`.',
  user: 'What a webhook calls `username`.',
  data: 'As that of a webhook.',
  password: 'Shown masked; the mask of 16 asterisks keeps it.',
  authorization_header: 'Shown masked; the mask of 16 asterisks keeps it.',
  trigger_template: 'As that of a webhook.',
  headers: 'As those of a webhook.',
  url: 'As that of a webhook. Required to create.',
  forward_whole_payload: 'What a webhook calls `forward_all`.',
  http_method: `One of ${httpMethods.join(', ')}; POST when missing.`,
  trigger_type: `One of ${triggerTypes.join(', ')}; escalation when missing.`,
  integration_filter: { list: 'Ids of integrations, or null for all. A PUT without it clears it.' },
})

const ActionQuery = Type.Object({ ...pageQuery, ...namedQuery })

/** The webhooks under the names that old Terraform configurations know (contract grafana-oncall 2.8). */
export function actionRoutes(app: App, { db, settings }: { readonly db: Database; readonly settings: WebhookSettings }): void {
  const { vault } = settings

  app.get(
    '/api/v1/actions/',
    {
      config: read,
      schema: { summary: 'List webhooks as actions', tags, querystring: ActionQuery, response: { 200: pageOf(ActionShape) } },
    },
    async (request) => {
      const filter = await namedFilter(db.sql, request.actor, request.query)
      const listing = listWebhooks(db.sql, request.actor, { filter, vault })
      return paginate(request, { pageSize: 50, listing, show: shownAction })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/actions/',
    idName: 'webhookId',
    noun: 'webhook',
    tags,
    access: { read, write },
    forms: { body: ActionBody, shape: ActionShape, show: shownAction },
    summaries: {
      create: 'Add a webhook as an action',
      show: 'Show a webhook as an action',
      change: 'Change a webhook as an action',
      remove: 'Delete a webhook as an action',
    },
    commands: {
      find: (sql, actor, id) => readWebhook(sql, actor, { id, vault }),
      create: (tx, actor, body) => asAction(createWebhook(tx, actor, { settings, body: webhookOfNewAction(body) })),
      update: (tx, actor, { id, body }) =>
        asAction(updateWebhook(tx, actor, { id, settings, body: webhookOfAction(body), replaces: false })),
      replace: (tx, actor, { id, body }) =>
        asAction(updateWebhook(tx, actor, { id, settings, body: webhookOfAction(body), replaces: true })),
      remove: deleteWebhook,
    },
  })
}

/** Rejections are told in the names that the client knows. */
async function asAction<Value>(done: Promise<Value>): Promise<Value> {
  try {
    return await done
  } catch (fault) {
    throw fault instanceof Rejection ? new Rejection(refusalOfAction(fault.refusal)) : fault
  }
}
