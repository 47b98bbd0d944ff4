import { asId, type OrganizationId, type ScheduleId, type UserId } from '../../lib/ids.ts'
import { fromDate, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { ExportKey, ExportToken } from './token.ts'

/** False when the user has an active token of this calendar already; then nothing is stored. */
export async function insertExportToken(
  tx: Tx,
  organizationId: OrganizationId,
  { digest, ...token }: ExportToken & { readonly digest: Buffer },
): Promise<boolean> {
  const inserted = await tx.sql
    .insertInto('export_tokens')
    .values({
      organization_id: organizationId,
      id: token.id,
      user_id: token.userId,
      schedule_id: token.scheduleId,
      digest,
      created_at: toDate(token.createdAt),
    })
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'user_id', 'schedule_id']).where('revoked_at', 'is', null).doNothing(),
    )
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** The active token of a calendar. */
export async function findExportToken(db: Sql, organizationId: OrganizationId, key: ExportKey): Promise<ExportToken | null> {
  const row = await db
    .selectFrom('export_tokens')
    .select(['id', 'created_at'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', key.userId)
    .where('schedule_id', 'is not distinct from', key.scheduleId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : { ...key, id: row.id, createdAt: fromDate(row.created_at) }
}

/** False when it is revoked already. */
export async function markExportTokenRevoked(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const revoked = await tx.sql
    .updateTable('export_tokens')
    .set({ revoked_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return revoked.numUpdatedRows === 1n
}

/** What a token opens, and whether it is still good; null for one that never was. */
export async function findExport(
  db: Sql,
  digest: Buffer,
): Promise<(ExportKey & { readonly organizationId: OrganizationId; readonly isRevoked: boolean }) | null> {
  const row = await db
    .selectFrom('export_tokens')
    .select(['organization_id', 'user_id', 'schedule_id', 'revoked_at'])
    .where('digest', '=', digest)
    .executeTakeFirst()
  if (row === undefined) return null
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    userId: asId<UserId>(row.user_id),
    scheduleId: row.schedule_id === null ? null : asId<ScheduleId>(row.schedule_id),
    isRevoked: row.revoked_at !== null,
  }
}
