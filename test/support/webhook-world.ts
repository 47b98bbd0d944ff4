import type { Actor } from '../../src/accounts/actor.ts'
import { egressPolicy } from '../../src/deliveries/egress/egress.ts'
import { renderDeliveries } from '../../src/events/render-commands.ts'
import { asId, type OrganizationId } from '../../src/lib/ids.ts'
import type { Loop } from '../../src/lib/loop.ts'
import { type DeliveryWorld, deliveryWorld, testVault, type WorldOptions } from './delivery-world.ts'

const baseUrl = 'https://bell.example'
export const organizationId = asId<OrganizationId>('OAAAAAAAAAAAA')
export const actor: Actor = { kind: 'system', organizationId }

/** What webhooks are made and changed by, where there are these schedules and no integrations. */
export const settingsWith = (scheduleIds: readonly string[] = []) => ({
  vault: testVault,
  egress: egressPolicy([], baseUrl),
  integrationsThatExist: async () => new Set<string>(),
  schedulesThatExist: async () => new Set<string>(scheduleIds),
})

/** A world whose deliveries are rendered as those of webhooks are. It has no organization yet. */
export async function renderingWorld(options: Omit<WorldOptions, 'render'>): Promise<DeliveryWorld> {
  const world: DeliveryWorld = await deliveryWorld({
    ...options,
    render: (db, deliveries) =>
      renderDeliveries({ ...world.ports, settings: settingsWith(), baseUrl, userAgent: 'Watchbell/1' })(db, deliveries),
  })
  return world
}

/** A world with the organization whose webhooks the test makes. */
export async function webhookWorld(options: Omit<WorldOptions, 'render'>): Promise<DeliveryWorld> {
  const world = await renderingWorld(options)
  await world.db.sql
    .insertInto('organizations')
    .values({ id: organizationId, name: 'Acme', event_sequence: 0, created_at: new Date(world.now()) })
    .execute()
  return world
}

/** The loop does all that is due by now. */
export async function doDue(world: DeliveryWorld, loop: Loop): Promise<void> {
  for (let at = await loop.run(world.shards); at !== null && at <= world.now(); ) at = await loop.run(world.shards)
}
