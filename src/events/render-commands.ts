import type { Delivery, Rendered } from '../deliveries/delivery.ts'
import { known } from '../lib/check.ts'
import type { Excerpt } from '../lib/excerpt.ts'
import type { MessageId } from '../lib/ids.ts'
import type { Sql } from '../ports.ts'
import { type RenderWorld, renderWebhooks } from '../webhooks/rendering/render-commands.ts'
import { newPace } from '../webhooks/rendering/pace-commands.ts'
import { withPageContext } from '../webhooks/rendering/page-context.ts'
import type { Told } from '../webhooks/rendering/told.ts'
import type { Trigger } from '../webhooks/trigger.ts'
import { catalogue, type EventType } from './catalogue.ts'
import { findEventKinds, readEventDataWithin, readEventExcerpts } from './commands.ts'
import { type EventKey, wipedData } from './event.ts'
import { historiesOf } from './history-store.ts'
import { shownTogether } from './shown-event.ts'

/** How deliveries get their bytes: from the events that caused them, through the webhooks that asked. */
export function renderDeliveries(world: RenderWorld) {
  const pace = newPace(world.clock)
  return async function* (db: Sql, deliveries: readonly Delivery[]): AsyncGenerator<ReadonlyMap<MessageId, Rendered>, void> {
    const told = await readEventDataWithin(db, deliveries.map(keysOf), renderedBytesMax)
    const contents = new Map(
      told.flatMap(({ data, report, ...event }) =>
        data === null ? [] : [[nameOf(event), { data: withPageContext(data, report), report }] as const],
      ),
    )
    const later = new Set(told.flatMap(({ index, isWithin }) => (isWithin ? [] : (deliveries[index]?.messageId ?? []))))
    const events = Map.groupBy(told, ({ index }) => index)
    const requests = deliveries.flatMap((delivery, index) => {
      if (later.has(delivery.messageId)) return []
      const own = (events.get(index) ?? []).map(
        ({ id, type, ...key }): Told => ({
          id,
          type,
          trigger: triggerOf(type),
          sequence: key.sequence,
          at: key.at,
          ...(contents.get(nameOf(key)) ?? { data: wipedData, report: null }),
        }),
      )
      return [{ delivery, events: own.filter((event) => event.data !== wipedData) }]
    })
    yield* renderWebhooks(db, { ...world, pace, historiesOf }, requests)
    yield new Map([...later].map((messageId) => [messageId, { kind: 'later', until: null }] as const))
  }
}

/** What is rendered at once says so many bytes, or one message more: an event can be megabytes, and has a request for each webhook. */
const renderedBytesMax = 8 * 1024 * 1024

const triggerOf = (type: EventType) => known(catalogue[type], 'what webhooks are told is a trigger')

type Caused = Pick<Delivery, 'organizationId' | 'messageId' | 'messageAt' | 'eventSequence'>

/** What caused a message. */
export type MessageCause = {
  readonly trigger: Trigger
  /** Whether what the event said is still stored. */
  readonly isKept: boolean
}

/** What caused messages, by their ids; where the event is not stored any more, it is missing. */
export async function causesOfMessages(db: Sql, caused: readonly Caused[]): Promise<ReadonlyMap<MessageId, MessageCause>> {
  const keys = caused.map((one) => ({ messageId: one.messageId, key: keysOf({ ...one, groupedSequences: null })[0] }))
  const wanted = new Map(keys.flatMap(({ key }) => (key === undefined ? [] : [[nameOf(key), key] as const])))
  const found = new Map((await findEventKinds(db, [...wanted.values()])).map((kind) => [nameOf(kind), kind]))
  return new Map(
    keys.flatMap(({ messageId, key }) => {
      const kind = key === undefined ? undefined : found.get(nameOf(key))
      return kind === undefined ? [] : [[messageId, { trigger: triggerOf(kind.type), isKept: kind.isKept }] as const]
    }),
  )
}

/**
 * What the events said that a list of attempts tells of, by message id, as JSON texts; long ones are not read whole, and what
 * is not stored any more, or was wiped, is missing.
 */
export async function eventExcerptsOf(
  db: Sql,
  caused: readonly (Caused & Pick<Delivery, 'groupedSequences'>)[],
): Promise<ReadonlyMap<string, Excerpt>> {
  const messages = [...new Map(caused.map((one) => [one.messageId, one])).values()]
  const events = await readEventExcerpts(db, messages.map(keysOf))
  const kept = events.filter(({ excerpt }) => excerpt.text !== wipedData)
  return new Map(
    [...Map.groupBy(kept, ({ index }) => index)].map(([index, own]) => [
      known(messages[index], 'what is read was asked for').messageId,
      shownTogether(own),
    ]),
  )
}

const keysOf = ({
  organizationId,
  messageAt: at,
  eventSequence,
  groupedSequences,
}: Omit<Caused, 'messageId'> & Pick<Delivery, 'groupedSequences'>): readonly EventKey[] =>
  (groupedSequences ?? (eventSequence === null ? [] : [eventSequence])).map((sequence) => ({ organizationId, sequence, at }))

const nameOf = ({ organizationId, sequence }: EventKey): string => `${organizationId} ${sequence}`
