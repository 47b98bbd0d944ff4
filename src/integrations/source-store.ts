import { sql } from 'kysely'
import { asId, type IntegrationId, type OrganizationId, type ServiceId, type TeamId } from '../lib/ids.ts'
import { fromDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { AlertService, AlertSource } from './integration.ts'
import { integrationColumns, everyIntegration, integrationOf, type IntegrationRow } from './row-store.ts'

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

const existingSources = (db: Sql) => sources(db).where('integrations.deleted_at', 'is', null)

/** With what their alerts tell beside. */
function sources(db: Sql) {
  return everyIntegration(db)
    .innerJoin('organizations', 'organizations.id', 'integrations.organization_id')
    .leftJoin('services', (join) =>
      join
        .onRef('services.organization_id', '=', 'integrations.organization_id')
        .onRef('services.id', '=', 'integrations.service_id'),
    )
    .select(integrationColumns)
    .select([
      'organizations.name as organization_name',
      'services.name as service_name',
      'services.team_id as service_team_id',
      'services.created_at as service_created_at',
    ])
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
