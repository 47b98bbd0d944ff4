import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { WebhookKey } from '../webhook.ts'

/** When an example was sent last by a webhook; null: never. */
export async function testedAt(db: Sql, { organizationId, id }: WebhookKey): Promise<Instant | null> {
  const row = await db
    .selectFrom('webhooks')
    .select('tested_at')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  const at = row?.tested_at ?? null
  return at === null ? null : fromDate(at)
}

/** Notes that an example is sent now. */
export async function markTested(tx: Tx, { organizationId, id }: WebhookKey): Promise<void> {
  await tx.sql
    .updateTable('webhooks')
    .set({ tested_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}
