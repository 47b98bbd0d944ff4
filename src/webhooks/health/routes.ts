import { Type } from 'typebox'
import { healthOfUrls } from '../../deliveries/health/figures-commands.ts'
import type { App } from '../../http/app.ts'
import { choice, nullable } from '../../http/schema.ts'
import { asId, type WebhookId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { notFound } from '../../lib/rejection.ts'
import type { Ports } from '../../ports.ts'
import { healthStates, shownHealth } from './shown-health.ts'
import { findWebhook } from '../store.ts'

const instant = (description: string) => nullable(Type.String({ format: 'date-time', description }))

const SpanShape = Type.Object({
  since: Type.String({
    format: 'date-time',
    description: 'From when on attempts are counted: later where there were very many.',
  }),
  attempts_count: Type.Integer(),
  successes_count: Type.Integer(),
  success_rate: nullable(Type.Number({ description: 'From 0 to 1; null: nothing was sent.' })),
  duration_p50_ms: nullable(Type.Integer()),
  duration_p99_ms: nullable(Type.Integer()),
  dead_count: Type.Integer({ description: 'Deliveries that were given up.' }),
})

const HealthShape = Type.Object({
  is_webhook_enabled: Type.Boolean(),
  urls: Type.Array(
    Type.Object({
      url: Type.String(),
      state: choice(healthStates),
      since: instant('Since when it is failing or disabled.'),
      reason: nullable(Type.String({ description: 'Why it is disabled.' })),
      failures_count: Type.Integer({ description: 'Since the last success.' }),
      paused_until: instant('Nothing is sent before; null: nothing keeps it.'),
      last_success_at: instant('Null: none is known.'),
      last_failure_at: instant('Null: none is known.'),
      waiting: Type.Object({
        count: Type.Integer(),
        first_due_at: instant('When the first of it is due, or was.'),
        oldest_event_at: instant('When the event happened that has waited longest.'),
      }),
      last_hour: SpanShape,
      last_day: SpanShape,
    }),
  ),
})

/** The API of how the receivers of webhooks do. */
export function webhookHealthRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  app.get(
    '/api/v1/webhooks/:webhookId/health/',
    {
      config: { permission: 'outgoing-webhooks:read' },
      schema: {
        summary: 'Show how the receivers of a webhook do',
        tags: ['webhooks'],
        params: Type.Object({ webhookId: Type.String() }),
        response: { 200: HealthShape },
      },
    },
    async ({ actor: { organizationId }, params }) => {
      const webhook = await findWebhook(db.sql, organizationId, asId<WebhookId>(storable(params.webhookId)))
      if (webhook === null) throw notFound()
      const now = clock.now()
      const urls = webhook.urls.map(({ url }) => url)
      const health = await healthOfUrls(db.sql, { organizationId, ownerId: webhook.id, urls, now })
      return { is_webhook_enabled: webhook.isEnabled, urls: health.map((one) => shownHealth(one, now)) }
    },
  )
}
