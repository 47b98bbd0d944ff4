import { sql } from 'kysely'
import { asId, type OrganizationId } from '../../lib/ids.ts'
import type { Tx } from '../../ports.ts'
import type { Trigger } from '../trigger.ts'

type Heard = { readonly organizationId: OrganizationId; readonly trigger: Trigger }

/** Which of the triggers webhooks of the organizations wait for that are enabled, or given up: what these miss is kept. */
export async function triggersWaitedFor(
  tx: Tx,
  organizationIds: readonly OrganizationId[],
  triggers: readonly Trigger[],
): Promise<readonly Heard[]> {
  const answer = await sql<{ readonly organization_id: string; readonly trigger: Trigger }>`
    select distinct organization_id, trigger from webhooks, unnest(trigger_types) as trigger
    where organization_id = any(${[...organizationIds]}::text[]) and deleted_at is null
      and (enabled or given_up_at is not null) and trigger_types && ${[...triggers]}::text[]
      and trigger = any(${[...triggers]}::text[])`.execute(tx.sql)
  return answer.rows.map((row) => ({ organizationId: asId<OrganizationId>(row.organization_id), trigger: row.trigger }))
}
