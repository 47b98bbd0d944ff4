import type { Delivery, Rendered } from '../deliveries/delivery.ts'
import type { MessageId } from '../lib/ids.ts'
import type { Excerpt } from '../lib/excerpt.ts'
import type { Sql } from '../ports.ts'
import { renderWebhooks } from '../webhooks/commands.ts'
import type { WebhookSettings } from '../webhooks/settings.ts'
import { readEventExcerpts, readEventsByKey } from './commands.ts'
import { type EventKey, wipedData } from './event.ts'

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
  const wanted = wantedOf(caused)
  const events = await readEventsByKey(db, [...keysOf(wanted).values()])
  const data = new Map(events.map((event) => [nameOf(event), event.data]))
  return toldTo(wanted, data, (text) => text)
}

/** The same for a list of attempts, of which long texts are not read whole. */
export async function eventExcerptsOf(db: Sql, caused: readonly Caused[]): Promise<ReadonlyMap<MessageId, Excerpt>> {
  const wanted = wantedOf(caused)
  const events = await readEventExcerpts(db, [...keysOf(wanted).values()])
  const excerpts = new Map(events.map((event) => [nameOf(event), event.excerpt]))
  return toldTo(wanted, excerpts, ({ text }) => text)
}

type Wanted = EventKey & { readonly messageId: MessageId }

const wantedOf = (caused: readonly Caused[]): readonly Wanted[] =>
  caused.flatMap(({ organizationId, messageId, messageAt: at, eventSequence: sequence }) =>
    sequence === null ? [] : [{ organizationId, messageId, at, sequence }],
  )

const nameOf = ({ organizationId, sequence }: EventKey): string => `${organizationId} ${sequence}`

const keysOf = (wanted: readonly Wanted[]): ReadonlyMap<string, EventKey> => new Map(wanted.map((key) => [nameOf(key), key]))

/** By message id; what is not stored any more, or was wiped, is missing. */
function toldTo<Said>(
  wanted: readonly Wanted[],
  said: ReadonlyMap<string, Said>,
  textOf: (said: Said) => string,
): ReadonlyMap<MessageId, Said> {
  return new Map(
    wanted.flatMap((key) => {
      const found = said.get(nameOf(key))
      return found === undefined || textOf(found) === wipedData ? [] : [[key.messageId, found] as const]
    }),
  )
}
