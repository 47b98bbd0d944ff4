import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeliveryWorld, deliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import { handOver } from '../../test/support/shift-changes.ts'
import type { Actor } from '../accounts/actor.ts'
import { egressPolicy } from '../deliveries/egress.ts'
import { asId, type OrganizationId, type ScheduleId } from '../lib/ids.ts'
import { createWebhook } from '../webhooks/commands.ts'
import { publish, readEvents } from './commands.ts'
import type { ScheduleFact } from './event.ts'
import { webhooksLoop } from './loop.ts'
import { renderDeliveries } from './render-commands.ts'

const organizationId = asId<OrganizationId>('OAAAAAAAAAAAA')
const actor: Actor = { kind: 'system', organizationId }
const scheduleId = asId<ScheduleId>(handOver.schedule.id)
const settings = {
  vault: testVault,
  egress: egressPolicy([], 'https://bell.example'),
  integrationsThatExist: async () => new Set<string>(),
  schedulesThatExist: async () => new Set<string>([scheduleId, 'SOTHER1111111']),
}

let world: DeliveryWorld
let names = 0
beforeAll(async () => {
  const behave = ({ url }: { readonly url: string }) => ({ afterMs: 10, status: url.includes('broken') ? 410 : 200 })
  world = await deliveryWorld({ render: renderDeliveries(settings), behave })
  await world.db.sql
    .insertInto('organizations')
    .values({ id: organizationId, name: 'Acme', event_sequence: 0, created_at: new Date(world.now()) })
    .execute()
})
afterAll(() => world.close())

const newWebhook = (fields: Record<string, unknown>) =>
  world.db.tx('test', (tx) => {
    const body = { name: `desk ${(names += 1)}`, http_method: 'POST', ...fields }
    return createWebhook(tx, actor, { settings, body })
  })

type ShiftFact = Exclude<ScheduleFact, { type: 'schedule.upcoming' | 'schedule.shift_moved' }>

const happen = (type: ShiftFact['type'] = 'schedule.shift_changed') =>
  world.db.tx('test', async (tx) => {
    publish(tx, { type, actor, schedule: { id: scheduleId, scheduledAt: tx.now }, data: handOver })
  })

const log = async () => {
  while ((await webhooksLoop(world.ports).run(world.shards)) !== null);
  return readEvents(world.db.sql, organizationId, { after: 0, limit: 1000 })
}

const reached = () => world.received.splice(0).map(({ url }) => url)

describe('a shift change', () => {
  it('reaches the webhooks that wait for it, and what they answered is in the log and in no timeline', async () => {
    const wanted = await newWebhook({ trigger_type: 'shift change', url: 'https://wanted.example/' })
    await newWebhook({ trigger_type: 'shift change', url: 'https://filtered.example/', schedule_filter: [scheduleId] })
    await newWebhook({ trigger_type: 'shift change', url: 'https://other.example/', schedule_filter: ['SOTHER1111111'] })
    await newWebhook({ trigger_type: 'schedule gap', url: 'https://gap.example/' })
    await newWebhook({ trigger_type: 'status change', url: 'https://alerts.example/' })
    const broken = await newWebhook({ trigger_type: 'shift change', url: 'https://broken.example/' })
    await happen()
    await world.pass(1_000)
    expect(reached().toSorted()).toEqual(['https://broken.example/', 'https://filtered.example/', 'https://wanted.example/'])
    const [change, ...results] = await log()
    expect(change).toMatchObject({ type: 'schedule.shift_changed', alertGroupId: null })
    expect(JSON.parse(change?.data ?? '')).toEqual(handOver)
    expect(results.map(({ type, alertGroupId, data }) => [type, alertGroupId, JSON.parse(data).webhook_id])).toEqual(
      expect.arrayContaining([
        ['webhook.delivered', null, wanted.id],
        ['webhook.failed', null, broken.id],
      ]),
    )
  })

  it('reaches a webhook after those before it, for an hour at most', async () => {
    await happen()
    const rows = await world.db.sql.selectFrom('deliveries').selectAll().execute()
    expect(new Set(rows.map(({ lane, expires_at }) => `${lane} ${expires_at?.toISOString()}`))).toEqual(
      new Set([`1 ${new Date(world.now() + 3_600_000).toISOString()}`]),
    )
    await world.pass(1_000)
    reached()
  })

  it('that leaves nobody on call, or ends that, is a gap to those who wait for gaps', async () => {
    await happen('schedule.gap_started')
    await happen('schedule.gap_ended')
    await world.pass(1_000)
    expect(reached()).toEqual(['https://gap.example/', 'https://gap.example/'])
  })
})
