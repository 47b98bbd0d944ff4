import type { Delivery, Rendered } from '../deliveries/delivery.ts'
import type { MessageId } from '../lib/ids.ts'
import type { Excerpt } from '../lib/excerpt.ts'
import type { Sql } from '../ports.ts'
import { renderWebhooks } from '../webhooks/commands.ts'
import type { WebhookSettings } from '../webhooks/settings.ts'
import { findKeptEvents, readEventDataWithin, readEventExcerpts } from './commands.ts'
import { type EventKey, wipedData } from './event.ts'

/** How deliveries get their bytes: from the events that caused them, through the webhooks that asked. */
export function renderDeliveries(settings: Pick<WebhookSettings, 'vault'>) {
  return async (db: Sql, deliveries: readonly Delivery[]): Promise<ReadonlyMap<MessageId, Rendered>> => {
    const wanted = wantedOf(deliveries)
    const told = await readEventDataWithin(db, wanted, renderedBytesMax)
    const later = new Set(told.flatMap(({ index, isWithin }) => (isWithin ? [] : (wanted[index]?.messageId ?? []))))
    const data = new Map(told.flatMap((event) => (event.data === null ? [] : [[nameOf(event), event.data] as const])))
    const eventData = toldTo(wanted, data, (text) => text)
    const requests = deliveries
      .filter(({ messageId }) => !later.has(messageId))
      .map((delivery) => ({ delivery, eventData: eventData.get(delivery.messageId) ?? null }))
    const rendered = await renderWebhooks(db, settings, requests)
    return new Map([...rendered, ...[...later].map((messageId) => [messageId, { kind: 'later' }] as const)])
  }
}

/** What is rendered at once says so many bytes, or one event more: an event can be megabytes, and has a request for each webhook. */
const renderedBytesMax = 8 * 1024 * 1024

type Caused = Pick<Delivery, 'organizationId' | 'messageId' | 'messageAt' | 'eventSequence'>

/** The messages of which it is still stored what their events said. */
export async function toldOfKeptEvents(db: Sql, caused: readonly Caused[]): Promise<ReadonlySet<MessageId>> {
  const wanted = wantedOf(caused)
  const kept = new Set((await findKeptEvents(db, [...keysOf(wanted).values()])).map(nameOf))
  return new Set(wanted.filter((key) => kept.has(nameOf(key))).map(({ messageId }) => messageId))
}

/**
 * What the events said that a list of attempts tells of, by message id, as JSON texts; long ones are not read whole, and what
 * is not stored any more is missing.
 */
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
