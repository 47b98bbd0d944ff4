import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DeliveryWorld, deliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import type { Actor } from '../accounts/actor.ts'
import { createOrganization } from '../accounts/commands.ts'
import { egressPolicy } from '../deliveries/egress.ts'
import { publish } from '../events/commands.ts'
import { webhooksLoop } from '../events/loop.ts'
import { renderDeliveries } from '../events/render-commands.ts'
import { type AlertGroupId, asId, type IntegrationId } from '../lib/ids.ts'
import type { Loop } from '../lib/loop.ts'
import { hours, minutes } from '../lib/time.ts'
import { createWebhook } from '../webhooks/commands.ts'
import { linkKeyFrom } from './link.ts'
import { notificationsLoop } from './loop.ts'

const settings = {
  vault: testVault,
  egress: egressPolicy([], 'https://bell.example'),
  integrationsThatExist: async () => new Set<string>(),
  schedulesThatExist: async () => new Set<string>(),
}
const notifications = {
  baseUrl: 'https://bell.example',
  mailFrom: 'bell@example.com',
  mailIsOn: true,
  linkKey: linkKeyFrom(new Uint8Array(32)),
  messageVault: testVault,
}

let status = 500
let world: DeliveryWorld
let actor: Actor
beforeEach(async () => {
  status = 500
  world = await deliveryWorld({
    render: (db, deliveries) => renderDeliveries({ ...world.ports, settings, baseUrl: 'https://bell.example' })(db, deliveries),
    behave: () => ({ afterMs: 10, status }),
  })
  const made = await world.db.tx('test', (tx) => createOrganization(tx, { name: 'Harbour', email: 'ada@example.com' }))
  actor = { kind: 'system', organizationId: made.organizationId }
})
afterEach(() => world.close())

const newWebhook = (name: string, fields: Record<string, unknown> = {}) =>
  world.db.tx('test', (tx) => {
    const url = `https://${name}.example/`
    const body = { name, url, http_method: 'POST', trigger_type: 'acknowledge', ...fields }
    return createWebhook(tx, actor, { settings, body })
  })

async function pass(everyMs: number): Promise<void> {
  await world.db.tx('test', async (tx) => {
    const alertGroup = { id: asId<AlertGroupId>('I1'), integrationId: asId<IntegrationId>('C1') }
    publish(tx, { type: 'alert_group.acknowledged', actor, alertGroup, data: {}, webhookId: null })
  })
  await world.pass(everyMs + minutes(1))
  await rounds(webhooksLoop(world.ports))
  await world.pass(minutes(2))
  await rounds(notificationsLoop(world.ports, notifications))
  await world.pass(1_000)
}

async function rounds(loop: Loop): Promise<void> {
  for (let at = await loop.run(world.shards); at !== null && at <= world.now(); ) at = await loop.run(world.shards)
}

const mails = () =>
  world.mails.map(({ mail }) => [mail.to, /^Subject: (.*)$/m.exec(Buffer.from(mail.raw).toString())?.[1]?.trim()])

it('webhooks of one address that fail together are told of in one mail, and later ones in another', async () => {
  await newWebhook('desk', { failure_email: 'ops@example.com' })
  await newWebhook('chat', { failure_email: 'ops@example.com' })
  await pass(hours(1))
  expect(mails()).toEqual([['ops@example.com', 'Webhooks that need you: 2']])
  await pass(hours(2))
  expect(mails().length).toBe(1)
  status = 200
  await pass(hours(1))
  expect(mails().slice(1)).toEqual([['ops@example.com', 'Webhooks that need you: 2']])
})

it('a webhook that names no address is told of to the admins where nobody has saved it', async () => {
  await newWebhook('desk')
  await pass(hours(1))
  expect(mails()).toEqual([['ada@example.com', 'Webhook fails: desk']])
  status = 410
  await pass(hours(20))
  expect(mails().slice(1)).toEqual([['ada@example.com', 'Webhook switched off: desk']])
})
