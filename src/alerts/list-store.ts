import { type SqlBool, sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { type AlertGroupId, asId, type EscalationChainId, type OrganizationId, type RouteId, type TeamId } from '../lib/ids.ts'
import { jsonbText } from '../lib/json.ts'
import { toDate } from '../lib/time.ts'
import type { Sql } from '../ports.ts'
import type { AlertGroup } from './alert-group.ts'
import { type AlertGroupFilter, labelsWith } from './query.ts'
import { groupOf, withRoutes } from './row-store.ts'

/** A group with what its integration adds to it. */
export type ListedGroup = AlertGroup & {
  readonly teamId: TeamId | null
  /** The chain of its route now, or else of its team. */
  readonly chainId: EscalationChainId | null
}

export async function findGroup(db: Sql, organizationId: OrganizationId, id: AlertGroupId): Promise<ListedGroup | null> {
  const [group] = await listGroups(db, organizationId, { filter: { id }, limit: 1, offset: 0 })
  return group ?? null
}

export function countGroups(db: Sql, organizationId: OrganizationId, filter: AlertGroupFilter): Promise<number> {
  return countRows(filtered(db, organizationId, filter))
}

/** The newest first. */
export async function listGroups(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: { readonly filter: AlertGroupFilter; readonly limit: number; readonly offset: number },
): Promise<readonly ListedGroup[]> {
  // What other tables add is looked up for the groups of the page alone, not for all that come before it.
  const page = filtered(db, organizationId, filter)
    .select('alert_groups.id')
    .orderBy('alert_groups.started_at', 'desc')
    .orderBy('alert_groups.id')
    .limit(limit)
    .offset(offset)
  const rows = await withRoutes(db)
    .innerJoin('integrations', (join) =>
      join
        .onRef('integrations.organization_id', '=', 'alert_groups.organization_id')
        .onRef('integrations.id', '=', 'alert_groups.integration_id'),
    )
    .selectAll('alert_groups')
    .select(['integrations.team_id', 'routes.id as route_id', chainWhereItComesFrom.as('chain_id')])
    .where('alert_groups.organization_id', '=', organizationId)
    .where('alert_groups.id', 'in', page)
    .orderBy('alert_groups.started_at', 'desc')
    .orderBy('alert_groups.id')
    .execute()
  return rows.map((row) => ({
    ...groupOf(row),
    teamId: row.team_id === null ? null : asId<TeamId>(row.team_id),
    chainId: row.chain_id === null ? null : asId<EscalationChainId>(row.chain_id),
  }))
}

/** As `originOf` finds it for one group. */
const chainWhereItComesFrom = sql<string | null>`coalesce(
  case when routes.id is not null then routes.escalation_chain_id
    else (select d.escalation_chain_id from routes d
      where d.organization_id = integrations.organization_id and d.integration_id = integrations.id and d.is_default) end,
  (select t.escalation_chain_id from teams t
    where t.organization_id = integrations.organization_id and t.id = integrations.team_id))`

function filtered(db: Sql, organizationId: OrganizationId, filter: AlertGroupFilter) {
  let query = db.selectFrom('alert_groups').where('alert_groups.organization_id', '=', organizationId)
  if (filter.labels !== undefined && filter.labels.length > 0)
    query = query.where(sql<SqlBool>`alert_groups.labels @> ${jsonbText(labelsWith(filter.labels))}::jsonb`)
  if (filter.id !== undefined) query = query.where('alert_groups.id', '=', filter.id)
  if (filter.integrationId !== undefined) query = query.where('alert_groups.integration_id', '=', filter.integrationId)
  if (filter.routeId !== undefined)
    query = query.where('alert_groups.route_id', 'in', shownRoute(db, organizationId, filter.routeId))
  if (filter.teamId !== undefined)
    query = query.where('alert_groups.integration_id', 'in', integrationsOf(db, organizationId, filter.teamId))
  if (filter.state !== undefined) query = query.where('alert_groups.state', '=', filter.state)
  if (filter.startedAt !== undefined) {
    query = query.where('alert_groups.started_at', '>=', toDate(filter.startedAt.from))
    query = query.where('alert_groups.started_at', '<=', toDate(filter.startedAt.to))
  }
  return query
}

/** The route, unless it was deleted. */
const shownRoute = (db: Sql, organizationId: OrganizationId, id: RouteId) =>
  db
    .selectFrom('routes')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)

const integrationsOf = (db: Sql, organizationId: OrganizationId, teamId: TeamId | null) =>
  db
    .selectFrom('integrations')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('team_id', 'is not distinct from', teamId)
