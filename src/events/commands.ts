import { actorRecord } from '../accounts/actor.ts'
import { type EventId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { known } from '../lib/check.ts'
import { jsonText } from '../lib/json.ts'
import type { Closing, Sql, Tx } from '../ports.ts'
import { matchWebhooks } from '../webhooks/matching/match-commands.ts'
import type { WebhookCause } from '../webhooks/trigger.ts'
import { catalogue, type QuietScheduleEventType } from './catalogue.ts'
import type { Event, Fact, RecordedEvent, ScheduleFact } from './event.ts'
import { insertEvents, takeSequences } from './store.ts'
import * as store from './store.ts'

/**
 * Records a fact: into the organization's log, the alert group's timeline, and to the webhooks that wait for it,
 * all in this transaction. The rows are its last statements, so that the organization's sequence is locked for
 * the commit only and sequence order is commit order.
 */
export function publish(tx: Tx, fact: Fact): void {
  tx.atEnd(publishing).push(fact)
  tx.tally(fact.type)
}

/** The events after a sequence, oldest first: reading on from the last one never misses any. */
export function readEvents(
  db: Sql,
  organizationId: OrganizationId,
  range: { after: number; limit: number },
): Promise<readonly Event[]> {
  return store.eventsAfter(db, organizationId, range)
}

/** An event by its sequence; null where the log has none. */
export async function findEventAt(db: Sql, organizationId: OrganizationId, sequence: number): Promise<Event | null> {
  const [event] = await store.eventsAfter(db, organizationId, { after: sequence - 1, limit: 1 })
  return event?.sequence === sequence ? event : null
}

/** Takes away what the events of an alert group said; that there were such events stays. */
export const wipeEvents = store.blankEvents

export const readTimeline = store.eventsOfAlertGroup
export const readEventDataWithin = store.eventDataWithin
export const findEventKinds = store.eventKinds
export const readEventExcerpts = store.eventExcerpts

const publishing: Closing<Fact[]> = {
  start: () => [],
  finish: async (tx, facts) => {
    const events: RecordedEvent[] = []
    const causes: WebhookCause[] = []
    // Always in the same order, so that two transactions with several organizations cannot wait for each other.
    for (const organizationId of [...new Set(facts.map((fact) => fact.actor.organizationId))].toSorted()) {
      const own = facts.filter((fact) => fact.actor.organizationId === organizationId)
      const first = await takeSequences(tx, organizationId, own.length)
      for (const [index, fact] of own.entries()) {
        const event = eventOf(tx, fact, first + index)
        events.push(event)
        causes.push(...causesOf(event, fact))
      }
    }
    await insertEvents(tx, events)
    if (causes.length > 0) await matchWebhooks(tx, causes)
  },
}

function eventOf(tx: Tx, fact: Fact, sequence: number): RecordedEvent {
  return {
    organizationId: fact.actor.organizationId,
    sequence,
    id: newUuid<EventId>(tx.now, tx.random.bytes),
    type: fact.type,
    at: tx.now,
    actor: actorRecord(fact.actor),
    alertGroupId: 'alertGroup' in fact ? (fact.alertGroup?.id ?? null) : null,
    data: jsonText(fact.data),
    report: 'alertGroup' in fact ? (fact.report ?? null) : null,
  }
}

function causesOf(event: Event, fact: Fact): readonly WebhookCause[] {
  const { organizationId, sequence: eventSequence, at: eventAt } = event
  const common = { organizationId, eventSequence, eventAt }
  if ('schedule' in fact) {
    if (isQuiet(fact)) return []
    const { id: scheduleId, scheduledAt } = fact.schedule
    return [{ ...common, about: 'schedule', trigger: catalogue[fact.type], scheduleId, scheduledAt, change: fact.data }]
  }
  if ('webhook' in fact) return [{ ...common, about: 'webhook', trigger: catalogue[fact.type], webhookId: fact.webhook.id }]
  const trigger = catalogue[fact.type]
  if (trigger === null || fact.alertGroup === null) return []
  const integrationId = known(fact.alertGroup.integrationId, 'what webhooks hear of names its integration')
  const { alertGroup, webhookId, report = null, payload = null, pageOf = null } = fact
  return [
    { ...common, about: 'alert group', trigger, alertGroupId: alertGroup.id, integrationId, webhookId, pageOf, report, payload },
  ]
}

const isQuiet = (fact: ScheduleFact): fact is Extract<ScheduleFact, { type: QuietScheduleEventType }> =>
  catalogue[fact.type] === null
