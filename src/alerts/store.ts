import { type SqlBool, sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { violatedIndex } from '../db/violation.ts'
import { Again } from '../lib/again.ts'
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
import { jsonbText } from '../lib/json.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Urgency } from '../notifications/urgency.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Assignee } from './assignee.ts'
import { type AlertGroupFilter, labelsWith } from './query.ts'
import type { GroupKey } from './intake.ts'
import type { Labels } from './signal.ts'
import type { AlertGroupState } from './state.ts'
import type { AlertGroup } from './alert-group.ts'

/** A group that was found by a key, with what of the key its own columns do not say. */
export type FoundGroup = AlertGroup & { readonly hash: Buffer; readonly keyRouteId: RouteId | null }

/** The open groups of these keys, their rows locked in one order for everybody. */
export async function lockOpenGroups(tx: Tx, keys: readonly GroupKey[]): Promise<readonly FoundGroup[]> {
  const answer = await sql<FoundRow>`
    select g.*, k.route_id as key_route_id
    from ${keyTable(keys)} as k (organization_id, integration_id, route_id, grouping_hash)
    join alert_groups g on g.organization_id = k.organization_id and g.integration_id = k.integration_id
      and g.grouping_hash = k.grouping_hash and (k.route_id is null or g.route_id = k.route_id)
    where g.state <> 'resolved' and g.grouping_hash is not null
    order by g.organization_id, g.id
    for update of g`.execute(tx.sql)
  return answer.rows.map(foundOf)
}

/** The latest resolved group of each key, locked. */
export async function lockLatestResolvedGroups(tx: Tx, keys: readonly GroupKey[]): Promise<readonly FoundGroup[]> {
  const answer = await sql<FoundRow>`
    select g.*, k.route_id as key_route_id
    from ${keyTable(keys)} as k (organization_id, integration_id, route_id, grouping_hash)
    cross join lateral (
      select * from alert_groups
      where organization_id = k.organization_id and integration_id = k.integration_id and grouping_hash = k.grouping_hash
        and state = 'resolved' and (k.route_id is null or route_id = k.route_id)
      order by started_at desc limit 1
      for update) g
    order by g.organization_id, g.id`.execute(tx.sql)
  return answer.rows.map(foundOf)
}

type FoundRow = GroupRow & { readonly grouping_hash: Buffer; readonly key_route_id: string | null }

const foundOf = (row: FoundRow): FoundGroup => ({
  ...groupOf(row),
  hash: row.grouping_hash,
  keyRouteId: row.key_route_id === null ? null : asId<RouteId>(row.key_route_id),
})

/** The routes of the groups that are known by these keys on any route: of an open one before a resolved one, on the own route before others. */
export async function findRoutesOfGroups(
  tx: Tx,
  keys: readonly GroupKey[],
): Promise<readonly (GroupKey & { readonly routeId: RouteId })[]> {
  const answer = await sql<{ organization_id: string; integration_id: string; route_id: string; grouping_hash: Buffer }>`
    select k.organization_id, k.integration_id, k.grouping_hash, g.route_id
    from ${keyTable(keys)} as k (organization_id, integration_id, route_id, grouping_hash)
    cross join lateral (
      (select o.route_id from alert_groups o
        where o.organization_id = k.organization_id and o.integration_id = k.integration_id
          and o.grouping_hash = k.grouping_hash and o.state <> 'resolved'
        order by o.route_id = k.route_id desc, o.started_at desc limit 1)
      union all
      (select r.route_id from alert_groups r
        where r.organization_id = k.organization_id and r.integration_id = k.integration_id
          and r.grouping_hash = k.grouping_hash and r.state = 'resolved'
        order by r.started_at desc limit 1)
      limit 1) g`.execute(tx.sql)
  return answer.rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    integrationId: asId<IntegrationId>(row.integration_id),
    routeId: asId<RouteId>(row.route_id),
    hash: row.grouping_hash,
  }))
}

function keyTable(keys: readonly GroupKey[]) {
  return sql`unnest(
    ${keys.map((key) => key.organizationId)}::text[],
    ${keys.map((key) => key.integrationId)}::text[],
    ${keys.map((key) => key.routeId)}::text[],
    ${keys.map((key) => key.hash)}::bytea[])`
}

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

/**
 * Makes a group stand alone when another one with its key is open: then it takes no further alerts. A key that is an id is
 * taken by a group of any route.
 */
export async function standAloneIfKeyIsTaken(
  tx: Tx,
  group: AlertGroup,
  { keyIsId }: { readonly keyIsId: boolean },
): Promise<void> {
  await sql`
    update alert_groups g set grouping_hash = null
    where g.organization_id = ${group.organizationId} and g.id = ${group.id}
      and exists (select 1 from alert_groups o
        where o.organization_id = g.organization_id and o.integration_id = g.integration_id
          and (${keyIsId}::boolean or o.route_id is not distinct from g.route_id)
          and o.grouping_hash = g.grouping_hash and o.state <> 'resolved')`.execute(tx.sql)
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

/** A deleted route keeps its row, for the key of the groups that took it; nobody is shown it any more. */
function withRoutes(db: Sql) {
  return db
    .selectFrom('alert_groups')
    .leftJoin('routes', (join) =>
      join
        .onRef('routes.organization_id', '=', 'alert_groups.organization_id')
        .onRef('routes.id', '=', 'alert_groups.route_id')
        .on('routes.deleted_at', 'is', null),
    )
}

// Lists ----------------------------------------------------------------------------------------------------------------

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

// The end of silences --------------------------------------------------------------------------------------------------

/** Groups whose silence is over, the longest overdue first. */
type Silences = {
  readonly shards: readonly number[]
  /** Groups that are not looked at. */
  readonly except: readonly AlertGroupId[]
}

export async function endedSilences(
  db: Sql,
  { shards, except, now, limit }: Silences & { readonly now: Instant; readonly limit: number },
): Promise<readonly { readonly organizationId: OrganizationId; readonly id: AlertGroupId }[]> {
  const answer = await sql<{ organization_id: string; id: string }>`
    select organization_id, id from alert_groups
    where shard = any(${[...shards]}::smallint[]) and silenced_until <= ${toDate(now)}
      and id <> all(${[...except]}::text[])
    order by silenced_until, id limit ${limit}`.execute(db)
  return answer.rows.map((row) => ({ organizationId: asId<OrganizationId>(row.organization_id), id: asId<AlertGroupId>(row.id) }))
}

export async function nextSilenceEnd(db: Sql, { shards, except }: Silences): Promise<Instant | null> {
  const answer = await sql<{ until: Date | null }>`
    select min(silenced_until) as until from alert_groups
    where shard = any(${[...shards]}::smallint[]) and silenced_until is not null
      and id <> all(${[...except]}::text[])`.execute(db)
  const until = answer.rows[0]?.until ?? null
  return until === null ? null : fromDate(until)
}

/** Takes the end off the silences of all organizations: they are for ever now. */
export async function clearSilenceEnds(tx: Tx): Promise<void> {
  await tx.sql.updateTable('alert_groups').set({ silenced_until: null }).where('silenced_until', 'is not', null).execute()
}

type GroupRow = {
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

function groupOf(row: GroupRow): AlertGroup {
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
