import { closingEndpoints, endWaiting, hasResults, takeResults } from '../deliveries/commands.ts'
import { type ClosingEndpoint, type DeliveryResult, lanes } from '../deliveries/delivery.ts'
import { asId, type WebhookId } from '../lib/ids.ts'
import type { Loop } from '../lib/loop.ts'
import { after, minutes } from '../lib/time.ts'
import type { Ports, Tx } from '../ports.ts'
import { webhooksEvenDeleted } from '../webhooks/commands.ts'
import { publish } from './commands.ts'
import { eventDataOf } from './render-commands.ts'
import { closedFact, webhookFact } from './webhook-entry.ts'

const batchSize = 100
const webhookLanes = [lanes.live, lanes.replay]

/** How many closed endpoints are looked at in a round. */
const closingMax = 100

/** What could not be ended is tried again this much later. */
const pauseAfterFault = minutes(1)

/**
 * Takes what became of deliveries to webhooks into the timelines, and ends what waits for webhooks that were switched off
 * or deleted, some in each round. It sleeps until a delivery ends or a webhook is closed.
 */
export function webhooksLoop({ clock, db, log }: Pick<Ports, 'clock' | 'db' | 'log'>): Loop {
  const recordAll = async (shards: readonly number[]): Promise<void> => {
    const record = () => db.tx('record webhook results', (tx) => recordResults(tx, shards))
    while ((await hasResults(db.sql, { lanes: webhookLanes, shards })) && (await record()) === batchSize);
  }

  /** False: it failed, and holds up no other. */
  const end = async (closing: ClosingEndpoint): Promise<boolean> => {
    try {
      await db.tx('end waiting deliveries', (tx) => endWaitingFor(tx, closing))
      return true
    } catch (fault) {
      log.error('deliveries not ended', { endpoint_id: closing.id, error: fault instanceof Error ? fault.stack : String(fault) })
      return false
    }
  }

  return {
    name: 'webhooks',
    run: async (shards) => {
      if (shards.length === 0) return null
      let goesOn = false
      const closing = await closingEndpoints(db.sql, shards, closingMax)
      for (const endpoint of closing) goesOn = (await end(endpoint)) || goesOn
      await recordAll(shards)
      if (closing.length === 0) return null
      return goesOn ? clock.now() : after(clock.now(), pauseAfterFault)
    },
  }
}

async function endWaitingFor(tx: Tx, closing: ClosingEndpoint): Promise<void> {
  const { count, haveResults } = await endWaiting(tx, closing)
  if (haveResults) return
  const [webhook] = await webhooksEvenDeleted(tx.sql, [
    { organizationId: closing.organizationId, id: asId<WebhookId>(closing.ownerId) },
  ])
  if (webhook !== undefined) publish(tx, closedFact({ closing, webhook, count }))
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
