import { known } from '../lib/check.ts'
import { asId, type IntegrationId, type OrganizationId, type ScheduleId, type WebhookId } from '../lib/ids.ts'
import { isObject } from '../lib/json.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { parseInstant } from '../lib/time.ts'
import type { Sql } from '../ports.ts'
import type { ReceivedPayload } from '../webhooks/filter/event-record.ts'
import { withPageContext } from '../webhooks/rendering/page-context.ts'
import type { PastEvent } from '../webhooks/rendering/past-event.ts'
import { readShiftChange } from '../webhooks/shift-change.ts'
import { isAboutSchedule, isOperational, type Trigger, type WebhookCause } from '../webhooks/trigger.ts'
import { catalogue } from './catalogue.ts'
import { type RecordedEvent, wipedData } from './event.ts'
import { findEvent } from './store.ts'

/** An event of the log as webhooks heard of it; the reason, a sentence for people, says why they cannot be told of it. */
export async function pastEventOf(db: Sql, organizationId: OrganizationId, sequence: number): Promise<Result<PastEvent, string>> {
  const event = await findEvent(db, organizationId, sequence)
  if (event === null) return no('There is no such event.')
  const trigger = catalogue[event.type]
  if (trigger === null) return no(`Webhooks do not hear of "${event.type}".`)
  if (event.data === wipedData) return no('What this event said was wiped.')
  const { id, type, at, report } = event
  const data = withPageContext(event.data, report)
  return ok({ told: { id, type, trigger, sequence, at, data, report }, cause: causeOf(event, trigger) })
}

function causeOf({ organizationId, sequence, at, data, report, alertGroupId }: RecordedEvent, trigger: Trigger): WebhookCause {
  const common = { organizationId, eventSequence: sequence, eventAt: at }
  if (isAboutSchedule(trigger)) {
    const change = readShiftChange(data)
    const scheduledAt = known(parseInstant(change.scheduled_at), 'what is stored of a shift change has its instant')
    return { ...common, about: 'schedule', trigger, scheduleId: asId<ScheduleId>(change.schedule.id), scheduledAt, change }
  }
  const said: unknown = JSON.parse(data)
  if (isOperational(trigger))
    return { ...common, about: 'webhook', trigger, webhookId: asId<WebhookId>(String(memberOf(said, 'webhook_id'))) }
  return {
    ...common,
    about: 'alert group',
    trigger,
    alertGroupId: known(alertGroupId, 'what happens to an alert group names it'),
    integrationId: asId<IntegrationId>(String(memberOf(said, 'integration', 'id'))),
    webhookId: null,
    // Of which run is not in the log, and does not matter to what is past.
    pageOf: trigger === 'personal notification' ? '' : null,
    report,
    payload: payloadOf(memberOf(said, 'alert_group', 'last_alert', 'payload')),
  }
}

/** What had to be cut is kept as such an object. */
function payloadOf(json: unknown): ReceivedPayload | null {
  if (json === undefined) return null
  const isCut = isObject(json) && json['truncated'] === true && typeof json['text'] === 'string' && Object.keys(json).length === 2
  return { json: Buffer.from(isCut ? String(json['text']) : JSON.stringify(json)), truncated: isCut }
}

function memberOf(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), value)
}
