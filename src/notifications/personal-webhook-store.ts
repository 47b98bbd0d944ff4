import { sql } from 'kysely'
import { asId, type OrganizationId, type UserId, type WebhookId } from '../lib/ids.ts'
import type { Sql, Tx } from '../ports.ts'
import type { PersonalWebhook } from './personal-webhook.ts'

type Key = Pick<PersonalWebhook, 'organizationId' | 'userId'>

/** What people have chosen; who has not is missing. */
export async function findPersonalWebhooks(db: Sql, people: readonly Key[]): Promise<readonly PersonalWebhook[]> {
  const rows = await db
    .selectFrom('personal_webhooks')
    .selectAll()
    .where(
      sql<boolean>`(organization_id, user_id) in (select * from unnest(
        ${people.map((person) => person.organizationId)}::text[], ${people.map((person) => person.userId)}::text[]))`,
    )
    .execute()
  return rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    userId: asId<UserId>(row.user_id),
    webhookId: asId<WebhookId>(row.webhook_id),
    context: row.context,
  }))
}

/** Keeps it in place of what was there. */
export async function keepPersonalWebhook(
  tx: Tx,
  { organizationId, userId, webhookId, context }: PersonalWebhook,
): Promise<void> {
  const kept = { webhook_id: webhookId, context }
  await tx.sql
    .insertInto('personal_webhooks')
    .values({ organization_id: organizationId, user_id: userId, ...kept })
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doUpdateSet(kept))
    .execute()
}

/** False: there was none. */
export async function deletePersonalWebhook(tx: Tx, { organizationId, userId }: Key): Promise<boolean> {
  const result = await tx.sql
    .deleteFrom('personal_webhooks')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return result.numDeletedRows === 1n
}
