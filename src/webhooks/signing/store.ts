import { sql } from 'kysely'
import { asId, type OrganizationId, type WebhookId } from '../../lib/ids.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { SealedSigningKey } from './key.ts'
import type { WebhookKey } from '../webhook.ts'

/** The keys that webhooks sign with at an instant; of each webhook first the one that nothing has replaced. */
export async function validSigningKeys(
  db: Sql,
  webhooks: readonly WebhookKey[],
  now: Instant,
): Promise<readonly SealedSigningKey[]> {
  const rows = await db
    .selectFrom('webhook_signing_keys')
    .selectAll()
    .where(
      sql<boolean>`(organization_id, webhook_id) in (select * from unnest(
        ${webhooks.map((webhook) => webhook.organizationId)}::text[], ${webhooks.map((webhook) => webhook.id)}::text[]))`,
    )
    .where((where) => where.or([where('valid_until', 'is', null), where('valid_until', '>', toDate(now))]))
    .orderBy('valid_until', (order) => order.desc().nullsFirst())
    .orderBy('id', 'desc')
    .execute()
  return rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: row.id,
    webhookId: asId<WebhookId>(row.webhook_id),
    secretSealed: row.secret_sealed,
    seedSealed: row.seed_sealed,
    publicKey: row.public_key,
    createdAt: fromDate(row.created_at),
    validUntil: row.valid_until === null ? null : fromDate(row.valid_until),
  }))
}

export async function insertSigningKey(tx: Tx, key: SealedSigningKey): Promise<void> {
  await tx.sql
    .insertInto('webhook_signing_keys')
    .values({
      organization_id: key.organizationId,
      id: key.id,
      webhook_id: key.webhookId,
      secret_sealed: Buffer.from(key.secretSealed),
      seed_sealed: key.seedSealed === null ? null : Buffer.from(key.seedSealed),
      public_key: key.publicKey === null ? null : Buffer.from(key.publicKey),
      created_at: toDate(key.createdAt),
      valid_until: key.validUntil === null ? null : toDate(key.validUntil),
    })
    .execute()
}

/** Ends the keys of a webhook at the instant, or sooner where they end sooner. */
export async function limitSigningKeys(tx: Tx, webhook: WebhookKey, until: Instant): Promise<void> {
  await tx.sql
    .updateTable('webhook_signing_keys')
    .set({ valid_until: sql<Date>`least(valid_until, ${toDate(until)}::timestamptz)` })
    .where('organization_id', '=', webhook.organizationId)
    .where('webhook_id', '=', webhook.id)
    .execute()
}

/** Deletes the keys of a webhook that sign no more at the instant. */
export async function deleteEndedSigningKeys(tx: Tx, webhook: WebhookKey, now: Instant): Promise<void> {
  await keysOf(tx, webhook).where('valid_until', '<=', toDate(now)).execute()
}

/** Deletes all keys of a webhook and returns how many there were. */
export async function deleteSigningKeys(tx: Tx, webhook: WebhookKey): Promise<number> {
  const result = await keysOf(tx, webhook).executeTakeFirst()
  return Number(result.numDeletedRows)
}

const keysOf = (tx: Tx, { organizationId, id }: WebhookKey) =>
  tx.sql.deleteFrom('webhook_signing_keys').where('organization_id', '=', organizationId).where('webhook_id', '=', id)
