import { type Static, Type } from 'typebox'
import { lenientInput } from '../../http/lenient.ts'
import { choice, nullable } from '../../http/schema.ts'
import type { App } from '../../http/server.ts'
import { asId, type WebhookId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { newQueues } from '../../lib/queues.ts'
import { isoZ } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { newPace } from '../rendering/pace-commands.ts'
import { type Preview, previewWebhook, type PreviewWorld } from './commands.ts'
import { shownExcerpt } from '../rendering/response.ts'
import { triggers, triggerTypes } from '../trigger.ts'

export type PreviewRoutesOptions = Pick<Ports, 'clock' | 'random' | 'db'> &
  Pick<PreviewWorld, 'settings' | 'baseUrl' | 'userAgent' | 'historiesOf' | 'pastEventOf'>

const PreviewBody = lenientInput({
  event_sequence: 'The `sequence` of an event of the log; missing: an example.',
  trigger: `Of what the example is: ${triggerTypes.join(', ')}. Missing: of what the webhook waits for.`,
  webhook: 'What shall be different of the webhook, as in a PATCH of it. It is not saved.',
})

const Condition = Type.Object({
  passes: Type.Boolean(),
  reason: nullable(Type.String({ description: 'Why not, or why it cannot be judged.' })),
})

const PreviewShape = Type.Object({
  event: Type.Object({
    sequence: nullable(Type.Integer({ description: 'Null: an example.' })),
    type: Type.String(),
    trigger: choice(triggers),
    at: Type.String({ format: 'date-time' }),
  }),
  would_send: Type.Boolean({ description: 'All conditions pass, and at least one request has no fault.' }),
  conditions: Type.Object({
    is_webhook_enabled: Condition,
    trigger_type: Condition,
    integration_filter: Condition,
    schedule_filter: Condition,
    filter: Condition,
    trigger_template: Condition,
  }),
  requests: Type.Array(
    Type.Object({
      http_method: Type.String(),
      url: Type.String(),
      headers: Type.Unsafe<Readonly<Record<string, string>>>({
        type: 'object',
        additionalProperties: { type: 'string' },
        description: 'Credentials are masked. Each attempt has some more.',
      }),
      body: nullable(
        Type.String({ description: 'Of more than 64 KiB there is an object instead: `truncated`, `bytes` and `beginning`.' }),
      ),
      fault: nullable(Type.String({ description: 'Why it would not be sent; it stands in place of the part that has it, too.' })),
    }),
  ),
})

/** As many people of one organization look at a webhook at the same moment, and more. */
const waitingMax = 20

/** What webhooks would make of events; nothing is saved or sent. */
export function previewRoutes(app: App, { db, ...options }: PreviewRoutesOptions): void {
  const queues = newQueues(waitingMax)
  const world = { ...options, db: db.sql, pace: newPace(options.clock) }
  app.post(
    '/api/v1/webhooks/:webhookId/preview/',
    {
      config: { permission: 'outgoing-webhooks:write' },
      schema: {
        summary: 'Show what a webhook would make of an event',
        tags: ['webhooks'],
        params: Type.Object({ webhookId: Type.String() }),
        body: PreviewBody,
        response: {
          200: PreviewShape,
          429: Type.Object({ detail: Type.String() }, { description: 'Too many previews wait already; see Retry-After.' }),
        },
      },
    },
    async ({ actor, params, body }) => {
      const id = asId<WebhookId>(storable(params.webhookId))
      return queues.take(actor.organizationId, async () => previewShape(await previewWebhook(world, actor, { id, body })))
    },
  )
}

function previewShape({ event, conditions, requests }: Preview): Static<typeof PreviewShape> {
  const isSent = Object.values(conditions).every(({ passes }) => passes) && requests.some(({ fault }) => fault === null)
  return {
    event: {
      sequence: event.sequence === 0 ? null : event.sequence,
      type: event.type,
      trigger: event.trigger,
      at: isoZ(event.at),
    },
    would_send: isSent,
    conditions,
    requests: requests.map(({ method, url, headers, body, fault }) => ({
      http_method: method,
      url,
      headers,
      body: body === null ? null : body.isWhole ? body.text : shownExcerpt(body),
      fault,
    })),
  }
}
