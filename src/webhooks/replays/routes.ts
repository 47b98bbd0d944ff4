import { Type } from 'typebox'
import { lenientInput } from '../../http/lenient.ts'
import { pageOf, pageQuery, paginate } from '../../http/pagination.ts'
import { choice, nullable } from '../../http/schema.ts'
import type { App } from '../../http/server.ts'
import { asId, type ReplayId, type WebhookId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import type { Ports } from '../../ports.ts'
import { cancelReplay, listReplays, readReplay, startReplay } from './commands.ts'
import { replayChoices, replayStates, shownReplay } from './replay.ts'

type BulkReplayRoutesOptions = Pick<Ports, 'db'> & { readonly deliveryLogDays: number }

const listPath = '/api/v1/webhooks/:webhookId/replays/'
const path = '/api/v1/webhooks/:webhookId/replays/:replayId/'
const tags = ['webhooks']
const read = { permission: 'outgoing-webhooks:read' } as const
const write = { permission: 'outgoing-webhooks:write' } as const

const ReplayBody = lenientInput({
  since:
    'An instant, or a number of seconds ago. Required. Events from then on are sent again; not longer ago than deliveries are kept.',
  until: 'Likewise: only events before it. Missing: now.',
  only: 'failed: what was given up and not sent again since; all: also what was delivered. Missing: failed.',
})

const count = (description: string) => Type.Integer({ description })

const ReplayShape = Type.Object({
  id: Type.String(),
  webhook_id: Type.String(),
  since: Type.String({ format: 'date-time' }),
  until: Type.String({ format: 'date-time' }),
  only: choice(replayChoices),
  state: choice(replayStates),
  reason: nullable(Type.String({ description: 'Why it was cancelled, where nobody did so.' })),
  total: nullable(Type.Integer({ description: 'How many deliveries it comes to; null: too many to count.' })),
  done: count('How many of them it has come to.'),
  counts: Type.Object({
    replayed: count('They have a new delivery.'),
    under_way: count('They were being sent again already.'),
    past_retention: count('What was sent is not stored any more.'),
    url_removed: count('The webhook does not have their URL any more, and no single one in its place.'),
    url_disabled: count('Their URL gets nothing any more.'),
    pages: count('They have paged people, which is done again one by one only.'),
    taken_back: count('They waited when it was cancelled, and were not sent.'),
  }),
  user_id: nullable(Type.String({ description: 'Who asked for it.' })),
  created_at: Type.String({ format: 'date-time' }),
  ended_at: nullable(Type.String({ format: 'date-time' })),
})

const listParams = Type.Object({ webhookId: Type.String() })
const params = Type.Object({ webhookId: Type.String(), replayId: Type.String() })
const webhookIdOf = (text: string) => asId<WebhookId>(storable(text))
const keyOf = (given: { readonly webhookId: string; readonly replayId: string }) => ({
  webhookId: webhookIdOf(given.webhookId),
  id: asId<ReplayId>(storable(given.replayId)),
})

/** The API of replays: what a webhook has sent, or failed to, is sent again. */
export function bulkReplayRoutes(app: App, { db, deliveryLogDays }: BulkReplayRoutesOptions): void {
  app.get(
    listPath,
    {
      config: read,
      schema: {
        summary: 'List the replays of a webhook, newest first',
        tags,
        params: listParams,
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(ReplayShape) },
      },
    },
    async (request) => {
      const listing = await listReplays(db.sql, request.actor, webhookIdOf(request.params.webhookId))
      return paginate(request, { pageSize: 50, listing, show: shownReplay })
    },
  )

  app.post(
    listPath,
    {
      config: write,
      schema: {
        summary: 'Send again what a webhook has sent, or failed to',
        tags,
        params: listParams,
        body: ReplayBody,
        response: {
          201: ReplayShape,
          409: Type.Object({ detail: Type.String() }, { description: 'The webhook is switched off, or one is running already.' }),
        },
      },
    },
    async ({ actor, params: { webhookId }, body }, reply) => {
      const order = { id: webhookIdOf(webhookId), body, deliveryLogDays }
      const replay = await db.tx('start replay', (tx) => startReplay(tx, actor, order))
      return reply.code(201).send(shownReplay(replay))
    },
  )

  app.get(
    path,
    { config: read, schema: { summary: 'Show how far a replay has come', tags, params, response: { 200: ReplayShape } } },
    async ({ actor, params: given }) => shownReplay(await readReplay(db.sql, actor, keyOf(given))),
  )

  app.post(
    `${path}cancel/`,
    {
      config: write,
      schema: { summary: 'Let a replay go no further, and take back what waits', tags, params, response: { 200: ReplayShape } },
    },
    async ({ actor, params: given }) => shownReplay(await db.tx('cancel replay', (tx) => cancelReplay(tx, actor, keyOf(given)))),
  )
}
