import { Type } from 'typebox'
import { lenientInput } from '../../http/lenient.ts'
import { choice } from '../../http/schema.ts'
import type { App } from '../../http/server.ts'
import { asId, deliveryIdOf, type WebhookId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { newQueues } from '../../lib/queues.ts'
import { newPace } from '../rendering/pace-commands.ts'
import { type TestWorld, testWebhook } from './commands.ts'
import { triggers, triggerTypes } from '../trigger.ts'

const TestBody = lenientInput({
  trigger: `Of what the example is: ${triggerTypes.join(', ')}. Missing: of what the webhook waits for.`,
})

const TestShape = Type.Object({
  trigger: choice(triggers),
  deliveries: Type.Array(
    Type.Object({
      id: Type.String(),
      url: Type.String({ description: 'As the webhook has it.' }),
      webhook_message_id: Type.String({ description: 'The receiver sees it as `webhook-id`.' }),
    }),
  ),
})

/** As many people of one organization send examples at the same moment, and more. */
const waitingMax = 20

/** Examples that are really sent. */
export function testRoutes(app: App, options: Omit<TestWorld, 'pace'>): void {
  const queues = newQueues(waitingMax)
  const world = { ...options, pace: newPace(options.clock) }
  app.post(
    '/api/v1/webhooks/:webhookId/test/',
    {
      config: { permission: 'outgoing-webhooks:write' },
      schema: {
        summary: 'Send an example to the receivers of a webhook',
        tags: ['webhooks'],
        params: Type.Object({ webhookId: Type.String() }),
        body: TestBody,
        response: {
          202: TestShape,
          409: Type.Object({ detail: Type.String() }, { description: 'One of its URLs gets nothing any more.' }),
          429: Type.Object({ detail: Type.String() }, { description: 'Too soon after the last one; see Retry-After.' }),
        },
      },
    },
    async ({ actor, params, body }, reply) => {
      const id = asId<WebhookId>(storable(params.webhookId))
      const { trigger, deliveries } = await queues.take(actor.organizationId, () => testWebhook(world, actor, { id, body }))
      const shown = deliveries.map(({ id: deliveryId, url, messageId }) => ({
        id: deliveryIdOf(deliveryId),
        url,
        webhook_message_id: messageId,
      }))
      return reply.code(202).send({ trigger, deliveries: shown })
    },
  )
}
