import { known } from '../../lib/check.ts'
import { before, type Instant, isoMicroseconds, minutes, parseInstant } from '../../lib/time.ts'
import type { AlertReport } from '../alert-report.ts'
import type { Person } from '../person.ts'
import type { AlertTelling } from './telling.ts'

/** What Zenduty calls the triggers that it knows. */
const eventTypes = new Map([
  ['alert group created', 'triggered'],
  ['acknowledge', 'acknowledged'],
  ['resolve', 'resolved'],
])

/**
 * What happened to an alert group as the incident webhooks of Zenduty's services tell of it, members in the order of its
 * documents; null: it has no word for it. What Zenduty has and we do not is null, or as it is by default there.
 */
export function zendutyIncidentBody({ event, report, history }: AlertTelling): string | null {
  const eventType = eventTypes.get(event.trigger)
  if (eventType === undefined) return null
  const { alert_group: group } = report
  const createdAt = instantOf(group.created_at)
  const [beginning] = history
  const incident = {
    summary: group.message,
    incident_number: beginning?.sequence ?? event.sequence,
    creation_date: isoMicroseconds(createdAt),
    status: statuses[group.state],
    unique_id: group.id,
    title: group.title,
    incident_key: beginning?.groupingKey ?? group.id,
    service: serviceDocument(report),
    urgency: group.urgency === 'high' || group.urgency === 'critical' ? 1 : 0,
    merged_with: null,
    assigned_to: personDocument(assignedTo(report)),
    resolved_date: microseconds(group.resolved_at),
    acknowledged_date: microseconds(group.acknowledged_at),
    context_window_start: isoMicroseconds(before(createdAt, minutes(30))),
    context_window_end: isoMicroseconds(createdAt),
  }
  return JSON.stringify({ payload: { event_type: eventType, incident } })
}

const statuses = { firing: 1, silenced: 1, acknowledged: 2, resolved: 3 } as const

/** Alerts of a source that belongs to no service come from the source itself. */
function serviceDocument({ service, integration, team, escalation_chain }: AlertReport) {
  const { id, name, created_at } = service ?? integration
  return {
    name,
    creation_date: isoMicroseconds(instantOf(created_at)),
    summary: '',
    description: '',
    unique_id: id,
    auto_resolve_timeout: 0,
    created_by: null,
    team_priority: null,
    task_template: null,
    acknowledgement_timeout: 0,
    status: 1,
    escalation_policy: escalation_chain?.id ?? null,
    team: (service === null ? team?.id : service.team_id) ?? null,
    sla: null,
    collation_time: 0,
    collation: 0,
  }
}

/** Who acknowledged it, else the user whom it is for, else who is paged first. */
function assignedTo({ acknowledged_by, assigned_to, first_to_page }: AlertReport): Person | null {
  if (acknowledged_by !== null) return acknowledged_by
  return assigned_to?.type === 'user' ? assigned_to.user : first_to_page
}

const personDocument = (person: Person | null) =>
  person === null
    ? null
    : { username: person.username, first_name: person.first_name, last_name: person.last_name, email: person.email }

const microseconds = (text: string | null): string | null => (text === null ? null : isoMicroseconds(instantOf(text)))

const instantOf = (text: string): Instant => known(parseInstant(text), 'a report has instants')
