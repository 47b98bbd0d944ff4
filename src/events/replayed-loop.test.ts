import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DeliveryWorld, deliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import type { Actor } from '../accounts/actor.ts'
import { egressPolicy } from '../deliveries/egress.ts'
import { findEndedDelivery } from '../deliveries/replay-commands.ts'
import { known } from '../lib/check.ts'
import { type AlertGroupId, asId, type IntegrationId, type OrganizationId, type WebhookId } from '../lib/ids.ts'
import { createWebhook, updateWebhook } from '../webhooks/commands.ts'
import { replayEnded } from '../webhooks/replay-commands.ts'
import { findWebhook } from '../webhooks/store.ts'
import { publish } from './commands.ts'
import { webhooksLoop } from './loop.ts'
import { renderDeliveries } from './render-commands.ts'

const organizationId = asId<OrganizationId>('OAAAAAAAAAAAA')
const actor: Actor = { kind: 'system', organizationId }
const settings = {
  vault: testVault,
  egress: egressPolicy([], 'https://bell.example'),
  integrationsThatExist: async () => new Set<string>(),
  schedulesThatExist: async () => new Set<string>(),
}

let status = 500
let world: DeliveryWorld
beforeEach(async () => {
  status = 500
  world = await deliveryWorld({
    render: (db, deliveries) =>
      renderDeliveries({ ...world.ports, settings, baseUrl: 'https://bell.example', userAgent: 'Watchbell/1' })(db, deliveries),
    behave: () => ({ afterMs: 10, status }),
  })
  await world.db.sql
    .insertInto('organizations')
    .values({ id: organizationId, name: 'Acme', event_sequence: 0, created_at: new Date(world.now()) })
    .execute()
})
afterEach(() => world.close())

const urls = [{ url: 'https://desk.example/' }, { url: 'https://ward.example/' }]

/** A webhook to which something was owed once, and its deliveries, which have ended. */
async function sentOnce() {
  const { id } = await world.db.tx('test', (tx) =>
    createWebhook(tx, actor, { settings, body: { name: 'desk', urls, trigger_type: 'acknowledge', retry: 'none', max_age: 60 } }),
  )
  await world.db.tx('test', async (tx) => {
    const alertGroup = { id: asId<AlertGroupId>('I1'), integrationId: asId<IntegrationId>('CAAAAAAAAAAAA') }
    publish(tx, { type: 'alert_group.acknowledged', actor, alertGroup, data: {}, webhookId: null })
  })
  await world.pass(1_000)
  const rows = await world.db.sql.selectFrom('attempts').select('delivery_id').orderBy('delivery_id').execute()
  return { id, deliveryIds: rows.map((row) => row.delivery_id) }
}

const save = (id: WebhookId, body: Record<string, unknown>) =>
  world.db.tx('test', (tx) => updateWebhook(tx, actor, { id, settings, body, replaces: false }))

const replay = (id: WebhookId, deliveryIds: readonly number[]) =>
  world.db.tx('test', async (tx) => {
    const webhook = known(await findWebhook(tx.sql, organizationId, id), 'the test has a webhook')
    const ended = await Promise.all(deliveryIds.map((deliveryId) => findEndedDelivery(tx.sql, organizationId, deliveryId)))
    return replayEnded(
      tx,
      { webhook, cancelKey: null },
      ended.flatMap((one) => one ?? []),
    )
  })

describe('what a webhook sends again', () => {
  it('goes to the URL that it was meant for, and not where that is no more', async () => {
    const { id, deliveryIds } = await sentOnce()
    await save(id, { urls: [{ url: 'https://night-desk.example/' }, { url: 'https://ward.example/' }] })
    expect(await replay(id, deliveryIds)).toMatchObject([{ kind: 'moved' }, { kind: 'owed' }])
    status = 200
    await world.pass(1_000)
    expect(world.received.map(({ url }) => url).slice(2)).toEqual(['https://ward.example/'])
    expect(world.received[2]?.request.body).toEqual(world.received[1]?.request.body)
  })

  it('does not go to a URL that wants nothing any more, but goes there once that is opened anew', async () => {
    status = 410
    const { id, deliveryIds } = await sentOnce()
    expect(await replay(id, deliveryIds)).toEqual([{ kind: 'disabled' }, { kind: 'disabled' }])
    await webhooksLoop(world.ports).run(world.shards)
    await save(id, { is_webhook_enabled: true })
    expect(await replay(id, deliveryIds)).toMatchObject([{ kind: 'owed' }, { kind: 'owed' }])
    status = 200
    await world.pass(1_000)
    expect(world.received).toHaveLength(4)
  })

  it('may be older than the webhook lets things be, but waits no longer than that', async () => {
    const { id, deliveryIds } = await sentOnce()
    await world.pass(3_600_000)
    await replay(id, deliveryIds)
    const rows = await world.db.sql.selectFrom('deliveries').select('expires_at').execute()
    expect(rows.map((row) => row.expires_at?.getTime())).toEqual([world.now() + 60_000, world.now() + 60_000])
  })
})
