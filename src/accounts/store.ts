import { sql } from 'kysely'
import { oldestFirst } from '../db/listing.ts'
import { jsonbText } from '../lib/json.ts'
import { asId, type OrganizationId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Organization } from './organization.ts'

// Organizations --------------------------------------------------------------------------------------------------------

export async function insertOrganization(tx: Tx, { id, name }: Organization): Promise<void> {
  await tx.sql
    .insertInto('organizations')
    .values({ id, name, event_sequence: 0, created_at: toDate(tx.now) })
    .execute()
}

/** Oldest first. */
export async function listOrganizations(db: Sql, window: Window): Promise<readonly Organization[]> {
  const rows = await oldestFirst(db.selectFrom('organizations').select(['id', 'name']), 'organizations', window).execute()
  return rows.map(({ id, name }) => ({ id: asId<OrganizationId>(id), name }))
}

export async function findOrganization(db: Sql, id: OrganizationId): Promise<Organization | null> {
  const row = await db.selectFrom('organizations').select('name').where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : { id, name: row.name }
}

export async function isEmpty(db: Sql): Promise<boolean> {
  const row = await db.selectFrom('organizations').select('id').limit(1).executeTakeFirst()
  return row === undefined
}

/** From here to the commit nobody else makes an organization. */
export async function lockOrganizations(tx: Tx): Promise<void> {
  await sql`lock table organizations in share row exclusive mode`.execute(tx.sql)
}

// Set-up links ---------------------------------------------------------------------------------------------------------

export async function insertSetupLink(tx: Tx, digest: Buffer): Promise<void> {
  await tx.sql
    .insertInto('setup_links')
    .values({ digest, created_at: toDate(tx.now) })
    .execute()
}

export async function deleteUnusedSetupLinks(tx: Tx): Promise<void> {
  await tx.sql.deleteFrom('setup_links').where('used_at', 'is', null).execute()
}

/** False when the link is unknown or used. Of two at the same instant, the second waits for the first. */
export async function takeSetupLink(tx: Tx, digest: Buffer): Promise<boolean> {
  const taken = await tx.sql
    .updateTable('setup_links')
    .set({ used_at: toDate(tx.now) })
    .where('digest', '=', digest)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return taken.numUpdatedRows === 1n
}

export async function isSetupLinkUnused(db: Sql, digest: Buffer): Promise<boolean> {
  const row = await db
    .selectFrom('setup_links')
    .select('digest')
    .where('digest', '=', digest)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

// Audit ----------------------------------------------------------------------------------------------------------------

type AuditRow = {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly actor: Readonly<Record<string, string>>
  readonly action: string
  readonly subjectId: string
  readonly details: object
}

export async function insertAudit(tx: Tx, { id, organizationId, actor, action, subjectId, details }: AuditRow): Promise<void> {
  await tx.sql
    .insertInto('audit_entries')
    .values({
      organization_id: organizationId,
      id,
      at: toDate(tx.now),
      actor: jsonbText(actor),
      action,
      subject_id: subjectId,
      details: jsonbText(details),
    })
    .execute()
}
