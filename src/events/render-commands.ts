import type { Delivery, Rendered } from '../deliveries/delivery.ts'
import type { MessageId } from '../lib/ids.ts'
import type { Sql } from '../ports.ts'
import { renderWebhooks } from '../webhooks/commands.ts'
import type { WebhookSettings } from '../webhooks/settings.ts'
import { readEventsByKey } from './commands.ts'
import { wipedData } from './event.ts'

/** How deliveries get their bytes: from the events that caused them, through the webhooks that asked. */
export function renderDeliveries(settings: Pick<WebhookSettings, 'vault'>) {
  return async (db: Sql, deliveries: readonly Delivery[]): Promise<ReadonlyMap<MessageId, Rendered>> => {
    const eventData = await eventDataOf(db, deliveries)
    const requests = deliveries.map((delivery) => ({ delivery, eventData: eventData.get(delivery.messageId) ?? null }))
    return renderWebhooks(db, settings, requests)
  }
}

type Caused = Pick<Delivery, 'organizationId' | 'messageId' | 'messageAt' | 'eventSequence'>

/** What the events said that deliveries tell of, by message id, as JSON texts. What is not stored any more is missing. */
export async function eventDataOf(db: Sql, caused: readonly Caused[]): Promise<ReadonlyMap<MessageId, string>> {
  const wanted = caused.flatMap(({ organizationId, messageId, messageAt: at, eventSequence: sequence }) =>
    sequence === null ? [] : [{ organizationId, messageId, at, sequence }],
  )
  const keys = new Map(wanted.map((key) => [`${key.organizationId} ${key.sequence}`, key]))
  const events = await readEventsByKey(db, [...keys.values()])
  const data = new Map(events.map((event) => [`${event.organizationId} ${event.sequence}`, event.data]))
  return new Map(
    wanted.flatMap(({ organizationId, messageId, sequence }) => {
      const text = data.get(`${organizationId} ${sequence}`)
      return text === undefined || text === wipedData ? [] : [[messageId, text] as const]
    }),
  )
}
