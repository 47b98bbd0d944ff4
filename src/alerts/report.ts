import type { User } from '../accounts/user.ts'
import { type AlertSource, integrationTypes } from '../integrations/integration.ts'
import type { EscalationChainId } from '../lib/ids.ts'
import { type Instant, isoZ } from '../lib/time.ts'
import type { AlertReport, Named, ReportedAssignee } from '../webhooks/alert-report.ts'
import { type Person, personDocument } from '../webhooks/person.ts'
import type { AlertGroup } from './alert-group.ts'
import { assigneeOf } from './assignee.ts'
import { permalink } from './document.ts'

/** What the report of an event is made of. */
export type ReportView = {
  readonly group: AlertGroup
  readonly source: AlertSource
  /** The chain of its route now, or else of its team. */
  readonly chainId: EscalationChainId | null
  readonly groupingKey: string | null
  readonly baseUrl: string
  readonly person: User | null
  readonly acknowledgedBy: User | null
  readonly resolvedBy: User | null
  readonly notified: readonly User[]
  readonly toBeNotified: readonly User[]
  readonly names: Names
}

/** Those whom alert groups are for, by their ids; who is missing does not exist any more. */
export type Names = {
  readonly people: ReadonlyMap<string, User>
  readonly teams: ReadonlyMap<string, string>
  readonly chains: ReadonlyMap<string, string>
}

/** What webhooks in the form of other products tell of an alert group. */
export function reportOf(view: ReportView): AlertReport {
  const { source, names } = view
  return {
    organization: { id: source.organizationId, name: source.organizationName },
    integration: integrationOf(source),
    service: serviceOf(source),
    team: source.teamId === null || source.teamName === null ? null : { id: source.teamId, name: source.teamName },
    escalation_chain: view.chainId === null ? null : named(view.chainId, names.chains),
    alert_group: groupOf(view),
    assigned_to: assignedTo(view),
    person: personOrNull(view.person),
    acknowledged_by: personOrNull(view.acknowledgedBy),
    resolved_by: personOrNull(view.resolvedBy),
    notified: view.notified.map(personDocument),
    first_to_page: personOrNull(view.toBeNotified[0] ?? null),
  }
}

const integrationOf = ({ id, name, type, createdAt }: AlertSource): AlertReport['integration'] => ({
  id,
  name,
  type,
  type_title: integrationTypes[type].title,
  created_at: isoZ(createdAt),
})

function serviceOf({ service }: AlertSource): AlertReport['service'] {
  if (service === null) return null
  return { id: service.id, name: service.name, team_id: service.teamId, created_at: isoZ(service.createdAt) }
}

function groupOf({ group, groupingKey, baseUrl }: ReportView): AlertReport['alert_group'] {
  return {
    id: group.id,
    title: group.title,
    message: group.message,
    url: permalink(baseUrl, group),
    source_link: group.sourceLink,
    grouping_key: groupingKey,
    urgency: group.urgency,
    labels: group.labels,
    state: group.state,
    alerts_count: group.alertsCount,
    created_at: isoZ(group.startedAt),
    acknowledged_at: orNull(group.acknowledgedAt),
    resolved_at: orNull(group.resolvedAt),
  }
}

function assignedTo({ group, chainId, names }: ReportView): ReportedAssignee | null {
  const assignee = assigneeOf(group, chainId)
  switch (assignee?.type) {
    case undefined:
      return null
    case 'user': {
      const user = names.people.get(assignee.id)
      return user === undefined ? null : { type: 'user', user: personDocument(user) }
    }
    case 'team':
      return { type: 'team', ...named(assignee.id, names.teams) }
    case 'escalation_chain':
      return { type: 'escalation_chain', ...named(assignee.id, names.chains) }
  }
}

/** What was deleted in between is called by its id. */
const named = (id: string, names: ReadonlyMap<string, string>): Named => ({ id, name: names.get(id) ?? id })

const personOrNull = (user: User | null): Person | null => (user === null ? null : personDocument(user))

const orNull = (at: Instant | null): string | null => (at === null ? null : isoZ(at))
