import type { User } from '../accounts/user.ts'
import { type AlertSource, displayName } from '../integrations/integration.ts'
import type { EscalationChainId } from '../lib/ids.ts'
import type { JsonWithRaw } from '../lib/json.ts'
import { type Instant, isoOffset, isoZ } from '../lib/time.ts'
import type { AlertTrigger } from '../webhooks/trigger.ts'
import { type Alert, type AlertGroup, payloadJson } from './alert-group.ts'
import { assigneeDocument, assigneeOf } from './assignee.ts'
import type { Labels } from './signal.ts'

/** An alert as the API and webhooks show it (contract grafana-oncall 4.11). */
export function alertDocument(alert: Alert): JsonWithRaw {
  return {
    id: alert.id,
    alert_group_id: alert.alertGroupId,
    created_at: isoZ(alert.receivedAt),
    payload: payloadJson(alert.payload),
  }
}

/** What an alert group is shown with. */
type GroupView = {
  readonly baseUrl: string
  readonly teamId: string | null
  /** The chain of its route now, or else of its team. */
  readonly chainId: EscalationChainId | null
  readonly lastAlert: Alert | null
}

/** An alert group as the API and webhooks show it (contract grafana-oncall 4.10), in the contract's order of members. */
export function alertGroupDocument(
  group: AlertGroup,
  { baseUrl, teamId, chainId, lastAlert }: GroupView,
): { readonly [key: string]: JsonWithRaw } {
  return {
    id: group.id,
    integration_id: group.integrationId,
    team_id: teamId,
    route_id: group.routeId,
    alerts_count: group.alertsCount,
    state: group.state,
    created_at: isoZ(group.startedAt),
    resolved_at: orNull(group.resolvedAt),
    resolved_by: group.resolvedBy,
    acknowledged_at: orNull(group.acknowledgedAt),
    acknowledged_by: group.acknowledgedBy,
    labels: labelDocuments(group.labels),
    title: group.title,
    permalinks: { slack: null, slack_app: null, telegram: null, web: permalink(baseUrl, group) },
    silenced_at: orNull(group.silencedAt),
    last_alert: lastAlert === null ? null : alertDocument(lastAlert),
    urgency: group.urgency,
    assigned_to: assigneeDocument(assigneeOf(group, chainId)),
  }
}

/** Sorted by key. The contract has ids beside names; here a name is its own id. */
function labelDocuments(labels: Labels): readonly JsonWithRaw[] {
  return Object.keys(labels)
    .toSorted()
    .map((key) => ({ key: named(key), value: named(labels[key] ?? '') }))
}

const named = (name: string): JsonWithRaw => ({ id: name, name })

/** The alert group's page in our UI. */
export const permalink = (baseUrl: string, group: Pick<AlertGroup, 'id'>): string => `${baseUrl}/alert-groups/${group.id}`

/** What an event tells of a person. */
type Person = Pick<User, 'id' | 'username' | 'email'>

/** All that an event says about an alert group: what webhooks send (contract grafana-oncall 3.3). */
export type EventView = {
  readonly type: AlertTrigger
  /** Who did it; null for machines. */
  readonly person: Person | null
  readonly group: AlertGroup
  readonly source: AlertSource
  readonly chainId: EscalationChainId | null
  /** What `event` says beside its type and the usual time. */
  readonly particulars: Readonly<Record<string, JsonWithRaw>>
  readonly baseUrl: string
  readonly firstAlert: Alert | null
  readonly lastAlert: Alert | null
  readonly notified: readonly Person[]
  readonly toBeNotified: readonly Person[]
  readonly acknowledgedBy: Person | null
  readonly resolvedBy: Person | null
  readonly now: Instant
}

export function eventData(view: EventView): JsonWithRaw {
  const { group, source } = view
  return {
    event: { type: view.type, ...eventTime(view), ...view.particulars },
    user: personDocument(view.person),
    alert_group: alertGroupDocument(group, {
      baseUrl: view.baseUrl,
      teamId: source.teamId,
      chainId: view.chainId,
      lastAlert: view.lastAlert,
    }),
    alert_group_id: group.id,
    alert_payload: view.firstAlert === null ? '' : payloadJson(view.firstAlert.payload),
    integration: { id: source.id, type: source.type, name: displayName(source), team: source.teamName },
    notified_users: view.notified.map(personDocument),
    users_to_be_notified: view.toBeNotified.map(personDocument),
    alert_group_acknowledged_by: personDocument(view.acknowledgedBy),
    alert_group_resolved_by: personDocument(view.resolvedBy),
  }
}

/** `unsilence`, `unresolve` and `unacknowledge` say no time; that is the contract's form. */
function eventTime({ type, group, now }: EventView): Readonly<Record<string, JsonWithRaw>> {
  switch (type) {
    case 'alert group created':
      return { time: isoOffset(group.startedAt) }
    case 'acknowledge':
      return { time: isoOffset(group.acknowledgedAt ?? now) }
    case 'resolve':
      return { time: isoOffset(group.resolvedAt ?? now) }
    case 'silence':
      return {
        time: isoOffset(group.silencedAt ?? now),
        until: group.silencedUntil === null ? null : isoOffset(group.silencedUntil),
      }
    case 'escalation':
    case 'reassigned':
    case 'personal notification':
    case 'alert added':
    case 'escalated':
    case 'notification failed':
      return { time: isoOffset(now) }
    case 'unsilence':
    case 'unresolve':
    case 'unacknowledge':
      return {}
  }
}

/** A person as events tell of them. */
export function personDocument(person: Person | null): JsonWithRaw {
  return person === null ? null : { id: person.id, username: person.username, email: person.email }
}

const orNull = (at: Instant | null): string | null => (at === null ? null : isoZ(at))
