import { sql } from 'kysely'
import { idsThatExist, lockExisting, markDeleted } from '../db/existing.ts'
import { countRows, oldestFirst, withNameAndTeam } from '../db/listing.ts'
import { unlessTaken } from '../db/violation.ts'
import { asId, type EscalationChainId, type IntegrationId, type OrganizationId, type ServiceId, type TeamId } from '../lib/ids.ts'
import type { NamedFilter, Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Urgency } from '../notifications/urgency.ts'
import type { AlertService, AlertSource, Integration, IntegrationType } from './integration.ts'
import { routeOf } from './route-store.ts'

/** An integration as stored: its secrets are sealed. */
export type SealedIntegration = Omit<Integration, 'token' | 'headerToken'> & {
  readonly tokenSealed: Buffer
  readonly headerTokenSealed: Buffer | null
}

export type StoredIntegration = Omit<SealedIntegration, 'teamName' | 'teamChainId' | 'defaultRoute'> & {
  readonly tokenDigest: Buffer
}

/** False: another integration of the team has the name, and the transaction is lost. */
export function insertIntegration(tx: Tx, integration: StoredIntegration): Promise<boolean> {
  return unlessTaken('integrations_name', () =>
    tx.sql
      .insertInto('integrations')
      .values({
        organization_id: integration.organizationId,
        id: integration.id,
        type: integration.type,
        ...changeable(integration),
        token_digest: integration.tokenDigest,
        token_sealed: integration.tokenSealed,
        created_at: toDate(integration.createdAt),
      })
      .execute(),
  )
}

/** False: another integration of the team has the name, and the transaction is lost. */
export function updateIntegration(tx: Tx, integration: SealedIntegration): Promise<boolean> {
  return unlessTaken('integrations_name', () =>
    tx.sql
      .updateTable('integrations')
      .set(changeable(integration))
      .where('organization_id', '=', integration.organizationId)
      .where('id', '=', integration.id)
      .execute(),
  )
}

type Changeable = Pick<
  SealedIntegration,
  'name' | 'description' | 'teamId' | 'serviceId' | 'urgency' | 'enabled' | 'headerTokenSealed'
>

const changeable = ({ name, description, teamId, serviceId, urgency, enabled, headerTokenSealed }: Changeable) => ({
  name,
  description,
  team_id: teamId,
  service_id: serviceId,
  urgency,
  enabled,
  header_token_sealed: headerTokenSealed,
})

/** Whether the integration exists; if so, nobody else changes it before the commit. */
export function lockIntegration(tx: Tx, organizationId: OrganizationId, id: IntegrationId): Promise<boolean> {
  return lockExisting(tx, 'integrations', { organizationId, id })
}

/** Makes it known that the routes of an integration are others now; its row is locked. */
export async function countRoutesVersion(tx: Tx, organizationId: OrganizationId, id: IntegrationId): Promise<void> {
  await tx.sql
    .updateTable('integrations')
    .set({ routes_version: sql`routes_version + 1` })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

/** Takes the integration out of use; its alert groups keep it as their source. Its token is never given out again. */
export async function markIntegrationDeleted(tx: Tx, organizationId: OrganizationId, id: IntegrationId): Promise<void> {
  await markDeleted(tx, 'integrations', { organizationId, id })
}

/** Those of the names that integrations of a team have, or those of no team. */
export async function takenNames(
  tx: Tx,
  organizationId: OrganizationId,
  { names, teamId }: { readonly names: readonly string[]; readonly teamId: TeamId | null },
): Promise<ReadonlySet<string>> {
  const rows = await tx.sql
    .selectFrom('integrations')
    .select('name')
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`name = any(${[...names]}::text[])`)
    .where(sql<boolean>`team_id is not distinct from ${teamId}`)
    .where('deleted_at', 'is', null)
    .execute()
  return new Set(rows.map((row) => row.name))
}

export function countIntegrations(db: Sql, organizationId: OrganizationId, filter: NamedFilter): Promise<number> {
  return countRows(filtered(db, organizationId, filter))
}

/** Oldest first. */
export async function listIntegrations(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: NamedFilter },
): Promise<readonly SealedIntegration[]> {
  const rows = await oldestFirst(filtered(db, organizationId, filter).select(columns), 'integrations', window).execute()
  return rows.map(integrationOf)
}

export async function findIntegration(
  db: Sql,
  organizationId: OrganizationId,
  id: IntegrationId,
): Promise<SealedIntegration | null> {
  const row = await filtered(db, organizationId, {}).select(columns).where('integrations.id', '=', id).executeTakeFirst()
  return row === undefined ? null : integrationOf(row)
}

/** The integration that an inbound URL belongs to. */
export async function findByTokenDigest(db: Sql, digest: Buffer): Promise<AlertSource | null> {
  const row = await existingSources(db).where('integrations.token_digest', '=', digest).executeTakeFirst()
  return row === undefined ? null : sourceOf(row)
}

/** The sources as they are now, in a transaction that is about to rely on them; deleted ones are missing. */
export async function findSources(
  tx: Tx,
  keys: readonly { readonly organizationId: OrganizationId; readonly id: IntegrationId }[],
): Promise<readonly AlertSource[]> {
  const rows = await existingSources(tx.sql)
    .where(
      sql<boolean>`(integrations.organization_id, integrations.id) in (select * from unnest(
        ${keys.map((key) => key.organizationId)}::text[], ${keys.map((key) => key.id)}::text[]))`,
    )
    .execute()
  return rows.map(sourceOf)
}

export function integrationsThatExist(
  db: Sql,
  organizationId: OrganizationId,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  return idsThatExist(db, 'integrations', { organizationId, ids })
}

/** The source of an alert group may be deleted by now; its name and type are still told. */
export async function findSourceEvenDeleted(
  db: Sql,
  organizationId: OrganizationId,
  id: IntegrationId,
): Promise<AlertSource | null> {
  const row = await sources(db)
    .where('integrations.organization_id', '=', organizationId)
    .where('integrations.id', '=', id)
    .executeTakeFirst()
  return row === undefined ? null : sourceOf(row)
}

function everyOne(db: Sql) {
  return db
    .selectFrom('integrations')
    .innerJoin('routes', (join) =>
      join
        .onRef('routes.organization_id', '=', 'integrations.organization_id')
        .onRef('routes.integration_id', '=', 'integrations.id')
        .on('routes.is_default', '=', true),
    )
    .leftJoin('teams', (join) =>
      join.onRef('teams.organization_id', '=', 'integrations.organization_id').onRef('teams.id', '=', 'integrations.team_id'),
    )
}

/** With what their alerts tell beside. */
function sources(db: Sql) {
  return everyOne(db)
    .innerJoin('organizations', 'organizations.id', 'integrations.organization_id')
    .leftJoin('services', (join) =>
      join
        .onRef('services.organization_id', '=', 'integrations.organization_id')
        .onRef('services.id', '=', 'integrations.service_id'),
    )
    .select(columns)
    .select([
      'organizations.name as organization_name',
      'services.name as service_name',
      'services.team_id as service_team_id',
      'services.created_at as service_created_at',
    ])
}

const existingSources = (db: Sql) => sources(db).where('integrations.deleted_at', 'is', null)

const joined = (db: Sql) => everyOne(db).where('integrations.deleted_at', 'is', null)

function filtered(db: Sql, organizationId: OrganizationId, filter: NamedFilter) {
  return withNameAndTeam(joined(db).where('integrations.organization_id', '=', organizationId), 'integrations', filter)
}

const columns = [
  'integrations.organization_id',
  'integrations.id',
  'integrations.type',
  'integrations.name',
  'integrations.description',
  'integrations.team_id',
  'teams.name as team_name',
  'teams.escalation_chain_id as team_chain_id',
  'integrations.service_id',
  'integrations.urgency',
  'integrations.enabled',
  'integrations.header_token_sealed',
  'integrations.token_sealed',
  'integrations.routes_version',
  'integrations.created_at',
  'routes.id as route_id',
  'routes.escalation_chain_id',
  'routes.position',
  'routes.messengers',
] as const

type IntegrationRow = {
  readonly organization_id: string
  readonly id: string
  readonly type: string
  readonly name: string
  readonly description: string | null
  readonly team_id: string | null
  readonly team_name: string | null
  readonly team_chain_id: string | null
  readonly service_id: string | null
  readonly urgency: string
  readonly enabled: boolean
  readonly header_token_sealed: Buffer | null
  readonly token_sealed: Buffer
  readonly routes_version: number
  readonly created_at: Date
  readonly route_id: string
  readonly escalation_chain_id: string | null
  readonly position: number
  readonly messengers: unknown
}

type SourceRow = IntegrationRow & {
  readonly organization_name: string
  readonly service_name: string | null
  readonly service_team_id: string | null
  readonly service_created_at: Date | null
}

const sourceOf = (row: SourceRow): AlertSource => ({
  ...integrationOf(row),
  organizationName: row.organization_name,
  service: serviceOf(row),
  routesVersion: row.routes_version,
})

function serviceOf({ service_id, service_name, service_team_id, service_created_at }: SourceRow): AlertService | null {
  if (service_id === null || service_name === null || service_created_at === null) return null
  return {
    id: asId<ServiceId>(service_id),
    name: service_name,
    teamId: service_team_id === null ? null : asId<TeamId>(service_team_id),
    createdAt: fromDate(service_created_at),
  }
}

function integrationOf(row: IntegrationRow): SealedIntegration {
  const id = asId<IntegrationId>(row.id)
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id,
    type: row.type as IntegrationType,
    name: row.name,
    description: row.description,
    teamId: row.team_id === null ? null : asId<TeamId>(row.team_id),
    teamName: row.team_name,
    teamChainId: row.team_chain_id === null ? null : asId<EscalationChainId>(row.team_chain_id),
    serviceId: row.service_id === null ? null : asId<ServiceId>(row.service_id),
    urgency: row.urgency as Urgency,
    enabled: row.enabled,
    headerTokenSealed: row.header_token_sealed,
    tokenSealed: row.token_sealed,
    createdAt: fromDate(row.created_at),
    defaultRoute: routeOf({
      id: row.route_id,
      integration_id: row.id,
      position: row.position,
      routing_type: 'regex',
      routing_regex: null,
      is_default: true,
      escalation_chain_id: row.escalation_chain_id,
      messengers: row.messengers,
    }),
  }
}
