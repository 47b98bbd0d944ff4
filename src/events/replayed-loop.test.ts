import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DeliveryWorld, deliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import type { Actor } from '../accounts/actor.ts'
import { egressPolicy } from '../deliveries/egress/egress.ts'
import { findEndedDelivery } from '../deliveries/replays/commands.ts'
import { known } from '../lib/check.ts'
import { type AlertGroupId, asId, type IntegrationId, type OrganizationId, type WebhookId } from '../lib/ids.ts'
import { createWebhook, updateWebhook } from '../webhooks/commands.ts'
import { replayEnded } from '../webhooks/records/redelivery-commands.ts'
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
  it('goes to the URL that it was meant for, with the same bytes', async () => {
    const { id, deliveryIds } = await sentOnce()
    expect(await replay(id, deliveryIds)).toMatchObject([{ kind: 'owed' }, { kind: 'owed' }])
    status = 200
    await world.pass(1_000)
    const said = world.received.map(({ url, id: messageId, request }) => [url, messageId, String(request.body)])
    expect(said.slice(2).toSorted()).toEqual(said.slice(0, 2).toSorted())
  })

  it('goes to the URL that has come in its place, as another message that is made by the webhook as it is now', async () => {
    const { id, deliveryIds } = await sentOnce()
    const authorization_header = 'Bearer of the night'
    const nightDesk = { url: 'https://night-desk.example/', http_method: 'PUT' }
    await save(id, { urls: [nightDesk, { url: 'https://ward.example/' }], authorization_header })
    expect(await replay(id, deliveryIds)).toMatchObject([{ kind: 'owed' }, { kind: 'owed' }])
    await world.pass(1_000)
    const ofUrl = (part: string) => world.received.filter(({ url }) => url.includes(part))
    const [[desk], [night], [ward, wardAgain]] = [ofUrl('//desk'), ofUrl('//night-desk'), ofUrl('//ward')]
    expect(world.received).toHaveLength(4)
    expect(night?.request).toMatchObject({ method: 'PUT', headers: { Authorization: authorization_header } })
    expect(night?.id).not.toBe(desk?.id)
    expect(wardAgain?.request.headers['Authorization']).toBeUndefined()
    expect(wardAgain?.id).toBe(ward?.id)
    // The same wish once more is the same message.
    expect(await replay(id, deliveryIds)).toMatchObject([{ kind: 'owed' }, { kind: 'owed' }])
    expect(await replay(id, deliveryIds)).toEqual([{ kind: 'waiting' }, { kind: 'waiting' }])
    await world.pass(1_000)
    expect(ofUrl('//night-desk').map((one) => one.id)).toEqual([night?.id, night?.id])
  })

  it('goes nowhere when its URL is no more and the others were told themselves, or more than one has come', async () => {
    const { id, deliveryIds } = await sentOnce()
    await save(id, { urls: [{ url: 'https://ward.example/' }] })
    expect(await replay(id, deliveryIds)).toMatchObject([{ kind: 'moved' }, { kind: 'owed' }])
    await save(id, { urls: ['east', 'west'].map((name) => ({ url: `https://${name}.example/` })) })
    expect(await replay(id, deliveryIds)).toEqual([{ kind: 'moved' }, { kind: 'moved' }])
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
