import type { OrganizationId } from '../../lib/ids.ts'
import type { Tx } from '../../ports.ts'
import { triggersWaitedFor } from './heard-store.ts'
import type { Trigger } from '../trigger.ts'

/** Whether any webhook of an organization waits for a trigger, for whoever makes no event that nobody hears of. */
export async function whatIsHeard(
  tx: Tx,
  organizationIds: readonly OrganizationId[],
  triggers: readonly Trigger[],
): Promise<(organizationId: OrganizationId, trigger: Trigger) => boolean> {
  const found = await triggersWaitedFor(tx, [...new Set(organizationIds)], triggers)
  return (organizationId, trigger) => found.some((one) => one.organizationId === organizationId && one.trigger === trigger)
}
