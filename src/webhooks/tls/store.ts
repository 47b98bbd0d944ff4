import { sql } from 'kysely'
import { asId, type OrganizationId, type WebhookId } from '../../lib/ids.ts'
import { toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { WebhookKey } from '../webhook.ts'

/** What webhooks show and trust, sealed; what is missing has nothing of its own. */
export async function findTls(
  db: Sql,
  webhooks: readonly WebhookKey[],
): Promise<readonly (WebhookKey & { readonly sealed: Uint8Array })[]> {
  const rows = await db
    .selectFrom('webhook_tls')
    .select(['organization_id', 'webhook_id', 'sealed'])
    .where(
      sql<boolean>`(organization_id, webhook_id) in (select * from unnest(
        ${webhooks.map((webhook) => webhook.organizationId)}::text[], ${webhooks.map((webhook) => webhook.id)}::text[]))`,
    )
    .execute()
  return rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<WebhookId>(row.webhook_id),
    sealed: row.sealed,
  }))
}

/** Keeps it in place of what was there. */
export async function keepTls(tx: Tx, webhook: WebhookKey, sealed: Uint8Array): Promise<void> {
  const kept = { sealed: Buffer.from(sealed), updated_at: toDate(tx.now) }
  await tx.sql
    .insertInto('webhook_tls')
    .values({ organization_id: webhook.organizationId, webhook_id: webhook.id, ...kept })
    .onConflict((conflict) => conflict.columns(['organization_id', 'webhook_id']).doUpdateSet(kept))
    .execute()
}

/** False: there was none. */
export async function deleteTls(tx: Tx, webhook: WebhookKey): Promise<boolean> {
  const result = await tx.sql
    .deleteFrom('webhook_tls')
    .where('organization_id', '=', webhook.organizationId)
    .where('webhook_id', '=', webhook.id)
    .executeTakeFirst()
  return result.numDeletedRows === 1n
}
