import { known } from '../../lib/check.ts'
import { jsonText, RawJson } from '../../lib/json.ts'
import { memberText } from '../../lib/raw-member.ts'
import { type Instant, isoMicroseconds, parseInstant } from '../../lib/time.ts'
import type { AlertReport, ReportedAssignee } from '../alert-report.ts'
import { holderOf, type PastEvent } from '../history.ts'
import type { AlertTelling } from './telling.ts'

/** What Squadcast calls the triggers that it knows. */
const actions = new Map([
  ['alert group created', 'triggered'],
  ['reassigned', 'reassigned'],
  ['acknowledge', 'acknowledged'],
  ['resolve', 'resolved'],
])

/**
 * What happened to an alert group as version 2 of Squadcast's webhooks tells of it, members in the order of its documents;
 * null: it has no word for it.
 */
export function squadcastBody(telling: AlertTelling): string | null {
  const { event, report } = telling
  const action = actions.get(event.trigger)
  if (action === undefined) return null
  return jsonText({
    version: 'v2',
    event: { id: event.id, type: `incident.${action}`, resource: 'incident', timestamp: goTime(event.at) },
    data: {
      resource_data: {
        ...subjectOf(report),
        // Only what triggers an incident says which request that was.
        ...(action === 'triggered' ? { request_id: event.id } : {}),
        ...stateOf(telling),
      },
      resource_type: 'incident',
      organization: report.organization,
      team: ownerOf(report),
    },
  })
}

const subjectOf = ({ alert_group, integration, service }: AlertReport) => ({
  id: alert_group.id,
  message: alert_group.title,
  description: alert_group.message,
  url: alert_group.url,
  alert_source: { id: integration.id, type: integration.type_title, short_name: integration.type.replaceAll('_', '') },
  service: named(service ?? integration),
})

const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name, slug: slugOf(name) })

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')

function stateOf({ event, report, history }: AlertTelling) {
  const { alert_group: group } = report
  const labels = Object.entries(group.labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    status: statuses[group.state],
    created_at: goTime(known(parseInstant(group.created_at), 'a report has instants')),
    assigned_to: assignedTo(history),
    tags: labels.length === 0 ? null : Object.fromEntries(labels.map(([key, value]) => [key, { value, color: usualColor }])),
    event_payload: new RawJson(memberText(event.data, 'alert_payload') ?? 'null'),
    timeline: history.flatMap(timelineEntry),
    event_count: group.alerts_count,
    owner: { ...ownerOf(report), type: 'team' },
  }
}

/** Squadcast knows no silence: what is silenced is not taken over. */
const statuses = { firing: 'triggered', silenced: 'triggered', acknowledged: 'acknowledged', resolved: 'resolved' } as const

/** What a tag has there that was given no colour. */
const usualColor = '#808080'

/** An alert source without a team belongs to the organization. */
const ownerOf = ({ team, organization }: AlertReport) => team ?? organization

function assignedTo(history: AlertTelling['history']) {
  const holders = history.map(holderOf)
  const holder = holders.at(-1) ?? null
  if (holder === null) return null
  const since = history[holders.findLastIndex((other) => !isSame(other, holder)) + 1]
  return { ...assigneeDocument(holder), assigned_at: goTime(known(since, 'somebody has it since something happened').at) }
}

const isSame = (a: ReportedAssignee | null, b: ReportedAssignee): boolean =>
  a !== null && a.type === b.type && assigneeDocument(a).id === assigneeDocument(b).id

function assigneeDocument(assignee: ReportedAssignee) {
  const { id, name } = assignee.type === 'user' ? assignee.user : assignee
  return { id, name, type: assigneeTypes[assignee.type] }
}

const assigneeTypes = { user: 'user', team: 'squad', escalation_chain: 'escalationpolicy' } as const

function timelineEntry(past: PastEvent) {
  const action = timelineActions.get(past.type)
  if (action === undefined) return []
  const holder = holderOf(past)
  const { type, name } = holder === null ? { type: '', name: '' } : assigneeDocument(holder)
  return [{ action, assigned_to: type, name, time: goTime(past.at) }]
}

const timelineActions: ReadonlyMap<string, string> = new Map([
  ['alert_group.created', 'triggered'],
  ['alert_group.reassigned', 'reassigned'],
  ['alert_group.acknowledged', 'acknowledged'],
  ['alert_group.resolved', 'resolved'],
])

/** As programs in Go write an instant: without the zeros at the end of its fraction. */
const goTime = (at: Instant): string => isoMicroseconds(at).replace(/\.?0+Z$/, 'Z')
