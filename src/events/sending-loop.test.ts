import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../test/support/delivery-world.ts'
import { actor, settingsWith, webhookWorld } from '../../test/support/webhook-world.ts'
import { type AlertGroupId, asId, type IntegrationId, type WebhookId } from '../lib/ids.ts'
import { createWebhook, updateWebhook } from '../webhooks/commands.ts'
import type { AlertGroupEventType } from './catalogue.ts'
import { publish } from './commands.ts'

const settings = settingsWith()

let world: DeliveryWorld
let names = 0
beforeAll(async () => {
  world = await webhookWorld({
    behave: ({ url }) => (url.includes('hangs') ? 'hang' : { afterMs: 10, status: url.includes('fails') ? 500 : 200 }),
  })
})
afterAll(() => world.close())

const newWebhook = (fields: Record<string, unknown>) =>
  world.db.tx('test', (tx) => createWebhook(tx, actor, { settings, body: { name: `desk ${(names += 1)}`, ...fields } }))

const change = (id: WebhookId, body: Record<string, unknown>) =>
  world.db.tx('test', (tx) => updateWebhook(tx, actor, { id, settings, body, replaces: false }))

const happen = (type: AlertGroupEventType) =>
  world.db.tx('test', async (tx) => {
    const alertGroup = { id: asId<AlertGroupId>('I1'), integrationId: asId<IntegrationId>('CAAAAAAAAAAAA') }
    publish(tx, { type, actor, alertGroup, data: { event: { type } }, webhookId: null })
  })

/** What was sent from now on within the time. */
const sentWithin = async (durationMs: number) => {
  const before = world.received.length
  await world.pass(durationMs)
  return world.received.slice(before)
}

describe('a webhook of several URLs', () => {
  it('sends each event to all of them, by the method of each, under ids of their own', async () => {
    const urls = [
      { url: 'https://a.example/', http_method: 'PUT' },
      { url: 'https://b.example/', http_method: 'GET' },
    ]
    await newWebhook({ urls, trigger_types: ['resolve', 'unresolve'] })
    await happen('alert_group.resolved')
    await happen('alert_group.unresolved')
    await happen('alert_group.silenced')
    const sent = await sentWithin(1_000)
    const told = sent.map(({ url, request }) => `${request.method} ${url} ${request.body === null ? 'nothing' : 'body'}`)
    expect(told.toSorted()).toEqual([
      'GET https://b.example/ nothing',
      'GET https://b.example/ nothing',
      'PUT https://a.example/ body',
      'PUT https://a.example/ body',
    ])
    expect(new Set(sent.map(({ id }) => id)).size).toBe(4)
  })

  it('tries the one that fails again, and not the others', async () => {
    const urls = [{ url: 'https://fails.example/' }, { url: 'https://well.example/' }]
    await newWebhook({ urls, trigger_type: 'unsilence', retry: [20] })
    await happen('alert_group.unsilenced')
    const sent = await sentWithin(100_000)
    expect(sent.map(({ url }) => url).toSorted()).toEqual([
      'https://fails.example/',
      'https://fails.example/',
      'https://well.example/',
    ])
  })
})

describe('a webhook with ways of its own', () => {
  it('sends its static headers, beneath those that its headers name', async () => {
    const headers = '{"x-team": "from headers"}'
    const static_headers = { 'X-Team': 'static', 'X-Api-Key': 'sesame', 'X-Braces': '{{ no template }}' }
    await newWebhook({ url: 'https://h.example/', http_method: 'POST', trigger_type: 'acknowledge', headers, static_headers })
    await happen('alert_group.acknowledged')
    const [sent] = await sentWithin(1_000)
    expect(sent?.request.headers).toMatchObject({
      'x-team': 'from headers',
      'X-Api-Key': 'sesame',
      'X-Braces': '{{ no template }}',
    })
    expect(sent?.request.headers).not.toHaveProperty('X-Team')
  })

  it('is given up after its age, and tells one after the other when it is ordered', async () => {
    const { id } = await newWebhook({
      url: 'https://hangs.example/',
      http_method: 'POST',
      trigger_type: 'unacknowledge',
      max_age: 5,
      ordered: true,
    })
    await happen('alert_group.unacknowledged')
    await happen('alert_group.unacknowledged')
    const sent = await sentWithin(60_000)
    // The second had to wait for the first, and was too old then.
    expect(sent.length).toBe(1)
    const dead = await world.db.sql.selectFrom('dead_deliveries').select('reason').orderBy('at').execute()
    expect(dead.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([
        'Out of time after one attempt. No answer (timeout): no answer in time',
        'Out of time before the first attempt. It had to wait too long.',
      ]),
    )
    await change(id, { retry: 'none', max_age: null, timeout: 3 })
    await happen('alert_group.unacknowledged')
    expect((await sentWithin(60_000)).map(({ request }) => request.deadlineMs)).toEqual([3_000])
  })
})
