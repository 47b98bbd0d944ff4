import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DeliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import { doDue, renderingWorld, settingsWith } from '../../test/support/webhook-world.ts'
import type { Actor } from '../accounts/actor.ts'
import { createOrganization } from '../accounts/commands.ts'
import { publish } from '../events/commands.ts'
import { webhooksLoop } from '../events/loop.ts'
import { type AlertGroupId, asId, type IntegrationId } from '../lib/ids.ts'
import { hours, minutes } from '../lib/time.ts'
import { createWebhook } from '../webhooks/commands.ts'
import { linkKeyFrom } from './link.ts'
import { notificationsLoop } from './loop.ts'

const settings = settingsWith()
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
  world = await renderingWorld({
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
  await doDue(world, webhooksLoop(world.ports))
  await world.pass(minutes(2))
  await doDue(world, notificationsLoop(world.ports, notifications))
  await world.pass(1_000)
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
