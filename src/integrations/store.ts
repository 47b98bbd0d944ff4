import { sql } from 'kysely'
import { idsThatExist, lockExisting, markDeleted } from '../db/existing.ts'
import { countRows, oldestFirst, withNameAndTeam } from '../db/listing.ts'
import { unlessTaken } from '../db/violation.ts'
import type { IntegrationId, OrganizationId, TeamId } from '../lib/ids.ts'
import type { NamedFilter, Window } from '../lib/listing.ts'
import { toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { integrationColumns, everyIntegration, integrationOf, type SealedIntegration } from './row-store.ts'

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
  const rows = await oldestFirst(
    filtered(db, organizationId, filter).select(integrationColumns),
    'integrations',
    window,
  ).execute()
  return rows.map(integrationOf)
}

export async function findIntegration(
  db: Sql,
  organizationId: OrganizationId,
  id: IntegrationId,
): Promise<SealedIntegration | null> {
  const row = await filtered(db, organizationId, {})
    .select(integrationColumns)
    .where('integrations.id', '=', id)
    .executeTakeFirst()
  return row === undefined ? null : integrationOf(row)
}

export function integrationsThatExist(
  db: Sql,
  organizationId: OrganizationId,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  return idsThatExist(db, 'integrations', { organizationId, ids })
}

function filtered(db: Sql, organizationId: OrganizationId, filter: NamedFilter) {
  const existing = everyIntegration(db)
    .where('integrations.organization_id', '=', organizationId)
    .where('integrations.deleted_at', 'is', null)
  return withNameAndTeam(existing, 'integrations', filter)
}
