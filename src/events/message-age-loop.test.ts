import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../test/support/delivery-world.ts'
import { actor, doDue, settingsWith, webhookWorld } from '../../test/support/webhook-world.ts'
import { publish } from './commands.ts'
import { webhooksLoop } from './loop.ts'
import { type AlertGroupId, asId, type IntegrationId } from '../lib/ids.ts'
import { days, hours } from '../lib/time.ts'
import { createWebhook } from '../webhooks/commands.ts'

let world: DeliveryWorld
beforeEach(async () => {
  world = await webhookWorld({ behave: () => ({ afterMs: 10, status: 429, headers: { 'retry-after': '86400' } }) })
})
afterEach(() => world.close())

/** Something happens of which the webhook hears, and then days pass. */
async function passDays(fields: Record<string, unknown>): Promise<void> {
  const usual = { name: 'desk', url: 'https://desk.example/', http_method: 'POST', trigger_type: 'acknowledge' }
  await world.db.tx('test', (tx) => createWebhook(tx, actor, { settings: settingsWith(), body: { ...usual, ...fields } }))
  await world.db.tx('test', async (tx) => {
    const alertGroup = { id: asId<AlertGroupId>('I1'), integrationId: asId<IntegrationId>('CAAAAAAAAAAAA') }
    publish(tx, { type: 'alert_group.acknowledged', actor, alertGroup, data: {}, webhookId: null })
  })
  await doDue(world, webhooksLoop(world.ports))
  await world.pass(days(10))
}

const ended = () => world.db.sql.selectFrom('dead_deliveries').select(['reason', 'message_at', 'at']).executeTakeFirstOrThrow()

it('a message is given up before the log of what was sent may end, whatever patience its receiver asks for', async () => {
  await passDays({})
  const { reason, message_at, at } = await ended()
  expect(reason).toBe('Out of time after 8 attempts. The receiver answered 429')
  expect(at.getTime() - message_at.getTime()).toBeLessThan(days(7.5))
})

it('a message is given up when it is as old as its webhook lets it become', async () => {
  await passDays({ max_age: hours(30) / 1000 })
  const { reason } = await ended()
  expect(reason).toBe('Out of time after 2 attempts. The receiver answered 429')
})
