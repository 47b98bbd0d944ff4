import { hasResults, takeResults } from '../deliveries/commands.ts'
import { type DeliveryResult, lanes } from '../deliveries/delivery.ts'
import { asId, type WebhookId } from '../lib/ids.ts'
import type { Loop } from '../lib/loop.ts'
import type { Database, Tx } from '../ports.ts'
import { webhooksEvenDeleted } from '../webhooks/commands.ts'
import { publish } from './commands.ts'
import { eventDataOf } from './render-commands.ts'
import { webhookFact } from './webhook-entry.ts'

const batchSize = 100
const webhookLanes = [lanes.live, lanes.replay]

/** Takes what became of deliveries to webhooks into the timelines. It sleeps until a delivery ends. */
export function webhooksLoop({ db }: { readonly db: Database }): Loop {
  return {
    name: 'webhooks',
    run: async (shards) => {
      if (shards.length === 0) return null
      const record = () => db.tx('record webhook results', (tx) => recordResults(tx, shards))
      while ((await hasResults(db.sql, { lanes: webhookLanes, shards })) && (await record()) === batchSize);
      return null
    },
  }
}

async function recordResults(tx: Tx, shards: readonly number[]): Promise<number> {
  const results = await takeResults(tx, { lanes: webhookLanes, shards, limit: batchSize })
  if (results.length === 0) return 0
  const webhooks = await webhooksEvenDeleted(
    tx.sql,
    results.map((result) => ({ organizationId: result.organizationId, id: webhookIdOf(result) })),
  )
  const eventData = await eventDataOf(tx.sql, results)
  for (const result of results) {
    const webhook = webhooks.find(({ id }) => id === webhookIdOf(result))
    if (webhook !== undefined) publish(tx, webhookFact({ result, webhook, eventData: eventData.get(result.messageId) ?? null }))
  }
  return results.length
}

const webhookIdOf = (result: DeliveryResult): WebhookId => asId<WebhookId>(result.endpoint.ownerId)
