import {
  type AlertGroupId,
  asId,
  type EscalationChainId,
  type IntegrationId,
  type OrganizationId,
  type RouteId,
  type TeamId,
  type UserId,
} from '../lib/ids.ts'
import { fromDate, type Instant } from '../lib/time.ts'
import type { Urgency } from '../notifications/urgency.ts'
import type { Sql } from '../ports.ts'
import type { AlertGroup } from './alert-group.ts'
import type { Assignee } from './assignee.ts'
import type { Labels } from './signal.ts'
import type { AlertGroupState } from './state.ts'

/** A deleted route keeps its row, for the key of the groups that took it; nobody is shown it any more. */
export function withRoutes(db: Sql) {
  return db
    .selectFrom('alert_groups')
    .leftJoin('routes', (join) =>
      join
        .onRef('routes.organization_id', '=', 'alert_groups.organization_id')
        .onRef('routes.id', '=', 'alert_groups.route_id')
        .on('routes.deleted_at', 'is', null),
    )
}

export type GroupRow = {
  readonly organization_id: string
  readonly id: string
  readonly integration_id: string
  readonly route_id: string | null
  readonly title: string
  readonly message: string
  readonly source_link: string | null
  readonly urgency: string
  readonly labels: unknown
  readonly state: string
  readonly alerts_count: number
  readonly started_at: Date
  readonly acknowledged_at: Date | null
  readonly acknowledged_by: string | null
  readonly silenced_at: Date | null
  readonly silenced_until: Date | null
  readonly resolved_at: Date | null
  readonly resolved_by: string | null
  readonly assigned_user_id: string | null
  readonly assigned_team_id: string | null
  readonly assigned_chain_id: string | null
}

export function groupOf(row: GroupRow): AlertGroup {
  const at = (date: Date | null): Instant | null => (date === null ? null : fromDate(date))
  const person = (id: string | null): UserId | null => (id === null ? null : asId<UserId>(id))
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<AlertGroupId>(row.id),
    integrationId: asId<IntegrationId>(row.integration_id),
    routeId: row.route_id === null ? null : asId<RouteId>(row.route_id),
    title: row.title,
    message: row.message,
    sourceLink: row.source_link,
    urgency: row.urgency as Urgency,
    labels: row.labels as Labels,
    state: row.state as AlertGroupState,
    alertsCount: row.alerts_count,
    startedAt: fromDate(row.started_at),
    acknowledgedAt: at(row.acknowledged_at),
    acknowledgedBy: person(row.acknowledged_by),
    silencedAt: at(row.silenced_at),
    silencedUntil: at(row.silenced_until),
    resolvedAt: at(row.resolved_at),
    resolvedBy: person(row.resolved_by),
    assignee: assigneeFrom(row),
  }
}

function assigneeFrom(row: GroupRow): Assignee | null {
  if (row.assigned_user_id !== null) return { type: 'user', id: asId<UserId>(row.assigned_user_id) }
  if (row.assigned_team_id !== null) return { type: 'team', id: asId<TeamId>(row.assigned_team_id) }
  if (row.assigned_chain_id === null) return null
  return { type: 'escalation_chain', id: asId<EscalationChainId>(row.assigned_chain_id) }
}
