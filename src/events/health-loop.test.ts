import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DeliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import { actor, doDue, organizationId, settingsWith, webhookWorld } from '../../test/support/webhook-world.ts'
import { type AlertGroupId, asId, type IntegrationId, type WebhookId } from '../lib/ids.ts'
import { hours, minutes } from '../lib/time.ts'
import { createWebhook, readWebhook, updateWebhook } from '../webhooks/commands.ts'
import { newPace } from '../webhooks/rendering/pace-commands.ts'
import { testWebhook } from '../webhooks/test-requests/commands.ts'
import { publish, readEvents } from './commands.ts'
import { webhooksLoop } from './loop.ts'

const integrationId = asId<IntegrationId>('CAAAAAAAAAAAA')
const settings = settingsWith()

/** How each receiver answers, by the beginning of its host name; 200 if it is not here. */
let statuses: Record<string, number | 'refused'> = {}
let headers: Record<string, string> = {}
let world: DeliveryWorld
beforeEach(async () => {
  statuses = {}
  headers = {}
  world = await webhookWorld({
    behave: ({ url }) => {
      const status = statuses[new URL(url).hostname.split('.')[0] ?? ''] ?? 200
      return status === 'refused' ? status : { afterMs: 10, status, headers }
    },
  })
})
afterEach(() => world.close())

const newWebhook = (fields: Record<string, unknown> = {}) =>
  world.db.tx('test', (tx) => {
    const body = { name: 'desk', url: 'https://desk.example/', http_method: 'POST', trigger_type: 'acknowledge', ...fields }
    return createWebhook(tx, actor, { settings, body })
  })

const save = (id: WebhookId, body: Record<string, unknown>) =>
  world.db.tx('test', (tx) => updateWebhook(tx, actor, { id, settings, body, replaces: false }))

const isEnabled = async (id: WebhookId) => (await readWebhook(world.db.sql, actor, { id, vault: testVault })).isEnabled

const happen = () =>
  world.db.tx('test', async (tx) => {
    const alertGroup = { id: asId<AlertGroupId>('I1'), integrationId }
    publish(tx, { type: 'alert_group.acknowledged', actor, alertGroup, data: {}, webhookId: null })
  })

/** Something happens once in so long, and both loops do all that is due. */
async function pass(hoursCount: number, everyMs = hours(hoursCount)): Promise<void> {
  for (let passed = 0; passed < hours(hoursCount); passed += everyMs) {
    await happen()
    await world.pass(everyMs)
    await lookRound()
  }
}

async function lookRound(): Promise<void> {
  await doDue(world, webhooksLoop(world.ports))
}

async function told(): Promise<readonly string[]> {
  const events = await readEvents(world.db.sql, organizationId, { after: 0, limit: 1000 })
  return events
    .map(({ type }) => type)
    .filter((type) => ['webhook.failing', 'webhook.disabled', 'webhook.recovered'].includes(type))
}

const deadReasons = async () => {
  const rows = await world.db.sql.selectFrom('dead_deliveries').select('reason').execute()
  return [...new Set(rows.map(({ reason }) => reason))].toSorted()
}

describe('a webhook whose receiver fails', () => {
  it('is told of after an hour and after a day, and once it works again', async () => {
    const { id } = await newWebhook()
    const types = ['webhook.failing', 'webhook.recovered', 'webhook.disabled']
    await newWebhook({ name: 'watcher', url: 'https://watcher.example/', trigger_type: types[0], trigger_types: types })
    statuses = { desk: 500 }
    await pass(26, hours(1))
    expect(await told()).toEqual(['webhook.failing', 'webhook.failing'])
    statuses = {}
    await pass(1)
    expect(await told()).toEqual(['webhook.failing', 'webhook.failing', 'webhook.recovered'])
    await world.pass(1_000)
    const bodies = world.received
      .filter(({ url }) => url === 'https://watcher.example/')
      .map(({ request }) => JSON.parse(String(Buffer.from(request.body ?? []))))
    expect(bodies.map(({ event, webhook_id, url }) => [event.type, webhook_id, url])).toEqual(
      ['webhook.failing', 'webhook.failing', 'webhook.recovered'].map((type) => [type, id, 'https://desk.example']),
    )
    expect(await isEnabled(id)).toBe(true)
  })

  it('is told of, too, where its address is one that this server does not call', async () => {
    await newWebhook()
    statuses = { desk: 'refused' }
    await pass(3, hours(1))
    expect(await told()).toEqual(['webhook.failing'])
    statuses = {}
    await pass(1)
    expect(await told()).toEqual(['webhook.failing', 'webhook.recovered'])
  })

  it('is not told of when it works again within the hour', async () => {
    await newWebhook()
    statuses = { desk: 500 }
    await pass(0.5, minutes(10))
    statuses = {}
    await pass(3, minutes(30))
    expect(await told()).toEqual([])
  })

  it('is switched off after five days, keeps what it misses, and begins anew when a person switches it on', async () => {
    const { id } = await newWebhook()
    statuses = { desk: 500 }
    await pass(126, hours(3))
    expect(await told()).toEqual(['webhook.failing', 'webhook.failing', 'webhook.disabled'])
    expect(await isEnabled(id)).toBe(false)
    const sentCount = world.received.length
    await pass(2, hours(1))
    expect(world.received.length).toBe(sentCount)
    expect(await deadReasons()).toContain('The receiver is switched off: it failed for too long, or wanted nothing any more.')
    statuses = {}
    await save(id, { is_webhook_enabled: true })
    await pass(1)
    expect(world.received.length).toBe(sentCount + 1)
    expect(await isEnabled(id)).toBe(true)
  })
})

describe('a webhook that is off', () => {
  const tryOut = (id: WebhookId) => {
    const means = {
      userAgent: 'Watchbell/1',
      pace: newPace(world.ports.clock),
      historiesOf: async () => new Map(),
      messageVault: testVault,
    }
    return testWebhook({ ...world.ports, settings, baseUrl: 'https://bell.example', ...means }, actor, { id, body: {} })
  }

  it('is not told of when tests fail, and has not failed yet when it is switched on', async () => {
    const { id } = await newWebhook({ is_webhook_enabled: false })
    statuses = { desk: 500 }
    await tryOut(id)
    await pass(144, hours(12))
    expect(world.received.length).toBeGreaterThan(0)
    expect(await told()).toEqual([])
    await save(id, { is_webhook_enabled: true })
    await pass(1, minutes(30))
    expect(await told()).toEqual([])
    await pass(1)
    expect(await told()).toEqual(['webhook.failing'])
  })
})

describe('a receiver that is gone', () => {
  it('gets nothing more at once, and the webhook is off', async () => {
    const { id } = await newWebhook()
    statuses = { desk: 410 }
    await pass(1)
    expect(await told()).toEqual(['webhook.disabled'])
    expect(await isEnabled(id)).toBe(false)
    await pass(3, hours(1))
    expect(world.received.length).toBe(1)
  })

  it('leaves the other URLs of the webhook alone, and is called again when the webhook is saved', async () => {
    const { id } = await newWebhook({ urls: [{ url: 'https://desk.example/' }, { url: 'https://other.example/' }] })
    statuses = { desk: 410 }
    await pass(2, hours(1))
    expect(world.received.map(({ url }) => new URL(url).hostname).toSorted()).toEqual([
      'desk.example',
      'other.example',
      'other.example',
    ])
    expect(await isEnabled(id)).toBe(true)
    statuses = {}
    await save(id, { description: 'mended' })
    await pass(1)
    expect(world.received.filter(({ url }) => url.includes('desk')).length).toBe(2)
  })

  it('is the only one that counts where the webhook had another URL before', async () => {
    const { id } = await newWebhook({ url: 'https://old.example/' })
    await pass(1)
    await save(id, { url: 'https://desk.example/' })
    statuses = { desk: 410 }
    await pass(1)
    expect(await isEnabled(id)).toBe(false)
  })

  it('may say so with a header, also when it took the message', async () => {
    const { id } = await newWebhook()
    headers = { 'webhook-delivery': 'disable' }
    await pass(1)
    expect(await isEnabled(id)).toBe(false)
    expect(await deadReasons()).toEqual([])
  })
})
