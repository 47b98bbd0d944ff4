import { actorOf } from '../integrations/integration.ts'
import type { AlertGroupId } from '../lib/ids.ts'
import { minutes } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { whatIsHeard } from '../webhooks/matching/heard-commands.ts'
import type { AddedKey } from './added-store.ts'
import * as added from './added-store.ts'
import type { Placement } from './intake.ts'
import { originOf } from './origin-commands.ts'
import type { AlertSettings } from './settings.ts'
import * as store from './store.ts'
import { tell } from './telling-commands.ts'

/** So long webhooks are left alone after they were told that alerts joined a group: what joins meanwhile is told together. */
const pause = minutes(1)

/** Notes alerts that say once more what opened their groups, where a webhook waits for that; the loop tells of them. */
export async function noteAdded(tx: Tx, placements: readonly Placement[]): Promise<void> {
  const joining = placements.filter(({ opening, arrival }) => opening === null && arrival.signal.action === 'open')
  if (joining.length === 0) return
  const organizationIds = joining.map(({ arrival }) => arrival.source.organizationId)
  const isHeard = await whatIsHeard(tx, organizationIds, ['alert added'])
  const counts = new Map<AlertGroupId, AddedKey & { readonly count: number }>()
  for (const { alertGroupId: id, arrival } of joining) {
    const { organizationId } = arrival.source
    if (isHeard(organizationId, 'alert added')) counts.set(id, { organizationId, id, count: (counts.get(id)?.count ?? 0) + 1 })
  }
  if (counts.size === 0) return
  await added.countUntold(tx, [...counts.values()], pause)
  tx.wake('alerts')
}

/** Tells webhooks that alerts have joined a group since they were told last. Nothing happens when somebody was faster. */
export async function tellAdded(tx: Tx, settings: AlertSettings, key: AddedKey): Promise<void> {
  const group = await store.lockGroup(tx, key.organizationId, key.id)
  const count = await added.takeUntold(tx, key)
  if (group === null || count === 0) return
  const origin = await originOf(tx, group)
  await tell(tx, settings, {
    actor: actorOf(origin.source),
    group,
    ...origin,
    fact: 'alert_group.alert_added',
    particulars: { alerts_added: count },
    newestAlert: null,
    groupingKey: null,
    webhookId: null,
  })
}

/** Lets nobody hear of alerts that joined so far, in all organizations. */
export const forgetAllAdded = added.forgetAllUntold
