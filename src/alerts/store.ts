import { sql } from 'kysely'
import { violatedIndex } from '../db/violation.ts'
import { Again } from '../lib/again.ts'
import { type AlertGroupId, asId, type OrganizationId } from '../lib/ids.ts'
import { jsonbText } from '../lib/json.ts'
import { toDate } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import type { AlertGroup } from './alert-group.ts'
import type { Assignee } from './assignee.ts'
import { groupOf, withRoutes } from './row-store.ts'
import type { AlertGroupState } from './state.ts'

export type NewGroup = { readonly group: AlertGroup; readonly shard: number; readonly hash: Buffer | null }

/** Inserts firing groups, but for those that somebody else has opened meanwhile, and returns the ids that were inserted. */
export async function insertGroups(tx: Tx, groups: readonly NewGroup[]): Promise<ReadonlySet<AlertGroupId>> {
  const answer = await sql<{ id: string }>`
    insert into alert_groups (organization_id, id, integration_id, route_id, shard, grouping_hash, title, message, source_link,
      urgency, labels, alerts_count, started_at, state)
    select *, 'firing' from unnest(
      ${groups.map(({ group }) => group.organizationId)}::text[],
      ${groups.map(({ group }) => group.id)}::text[],
      ${groups.map(({ group }) => group.integrationId)}::text[],
      ${groups.map(({ group }) => group.routeId)}::text[],
      ${groups.map(({ shard }) => shard)}::smallint[],
      ${groups.map(({ hash }) => hash)}::bytea[],
      ${groups.map(({ group }) => group.title)}::text[],
      ${groups.map(({ group }) => group.message)}::text[],
      ${groups.map(({ group }) => group.sourceLink)}::text[],
      ${groups.map(({ group }) => group.urgency)}::text[],
      ${groups.map(({ group }) => jsonbText(group.labels))}::jsonb[],
      ${groups.map(({ group }) => group.alertsCount)}::bigint[],
      ${groups.map(({ group }) => toDate(group.startedAt))}::timestamptz[])
    on conflict do nothing
    returning id`.execute(tx.sql)
  return new Set(answer.rows.map((row) => asId<AlertGroupId>(row.id)))
}

export async function addToCounts(
  tx: Tx,
  additions: readonly { readonly organizationId: OrganizationId; readonly id: AlertGroupId; readonly count: number }[],
): Promise<void> {
  await sql`
    update alert_groups g set alerts_count = g.alerts_count + a.count
    from unnest(${additions.map((one) => one.organizationId)}::text[], ${additions.map((one) => one.id)}::text[],
      ${additions.map((one) => one.count)}::bigint[]) as a (organization_id, id, count)
    where g.organization_id = a.organization_id and g.id = a.id`.execute(tx.sql)
}

export async function lockGroup(tx: Tx, organizationId: OrganizationId, id: AlertGroupId): Promise<AlertGroup | null> {
  const row = await withRoutes(tx.sql)
    .selectAll('alert_groups')
    .select('routes.id as route_id')
    .where('alert_groups.organization_id', '=', organizationId)
    .where('alert_groups.id', '=', id)
    .forUpdate('alert_groups')
    .executeTakeFirst()
  return row === undefined ? null : groupOf(row)
}

/**
 * Writes the state that a group has turned to; the row is locked and known to be in the state `from`. When another
 * transaction has opened a group with the key at this instant, the work is done again.
 */
export async function saveState(tx: Tx, group: AlertGroup, from: AlertGroupState): Promise<number> {
  try {
    const result = await tx.sql
      .updateTable('alert_groups')
      .set(stateColumns(group))
      .where('organization_id', '=', group.organizationId)
      .where('id', '=', group.id)
      .where('state', '=', from)
      .executeTakeFirst()
    return Number(result.numUpdatedRows)
  } catch (fault) {
    if (violatedIndex(fault) === 'alert_groups_open') throw new Again()
    throw fault
  }
}

function stateColumns(group: AlertGroup) {
  const assigned = (type: Assignee['type']) => (group.assignee?.type === type ? group.assignee.id : null)
  return {
    state: group.state,
    acknowledged_at: group.acknowledgedAt === null ? null : toDate(group.acknowledgedAt),
    acknowledged_by: group.acknowledgedBy,
    silenced_at: group.silencedAt === null ? null : toDate(group.silencedAt),
    silenced_until: group.silencedUntil === null ? null : toDate(group.silencedUntil),
    resolved_at: group.resolvedAt === null ? null : toDate(group.resolvedAt),
    resolved_by: group.resolvedBy,
    assigned_user_id: assigned('user'),
    assigned_team_id: assigned('team'),
    assigned_chain_id: assigned('escalation_chain'),
  }
}

export async function rename(tx: Tx, group: AlertGroup): Promise<void> {
  await tx.sql
    .updateTable('alert_groups')
    .set({ title: group.title, message: group.message, source_link: group.sourceLink, labels: jsonbText(group.labels) })
    .where('organization_id', '=', group.organizationId)
    .where('id', '=', group.id)
    .execute()
}

export async function deleteGroup(tx: Tx, organizationId: OrganizationId, id: AlertGroupId): Promise<void> {
  for (const table of ['alerts', 'latest_alerts'] as const) {
    await tx.sql.deleteFrom(table).where('organization_id', '=', organizationId).where('alert_group_id', '=', id).execute()
  }
  await tx.sql.deleteFrom('alert_groups').where('organization_id', '=', organizationId).where('id', '=', id).execute()
}
