import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type DeliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import { actor, doDue, organizationId, settingsWith, webhookWorld } from '../../test/support/webhook-world.ts'
import { handOver } from '../../test/support/shift-changes.ts'
import { attemptsOf } from '../deliveries/commands.ts'
import { asId, type ScheduleId } from '../lib/ids.ts'
import { pythonJson } from '../lib/python-json.ts'
import { after, seconds } from '../lib/time.ts'
import { createWebhook, switchOffAllWebhooks } from '../webhooks/commands.ts'
import type { ShiftChange } from '../webhooks/shift-change.ts'
import type { Webhook } from '../webhooks/webhook.ts'
import { publish, readEvents } from './commands.ts'
import type { ScheduleFact } from './event.ts'
import { webhooksLoop } from './loop.ts'
import { eventExcerptsOf } from './render-commands.ts'

const scheduleId = asId<ScheduleId>(handOver.schedule.id)
const settings = settingsWith([scheduleId, 'SOTHER1111111'])

let world: DeliveryWorld
let names = 0
beforeAll(async () => {
  const behave = ({ url }: { readonly url: string }) => ({
    afterMs: 10,
    ...(url.includes('broken') ? { status: 422, headers: { 'webhook-delivery': 'abort-message' } } : {}),
  })
  world = await webhookWorld({
    behave,
  })
})
afterEach(async () => {
  await world.db.tx('test', switchOffAllWebhooks)
  await world.pass(3_600_000)
  await log()
  world.received.splice(0)
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

/** Each list is what happens at one instant, all of it in one transaction. */
const happenTogether = (...instants: readonly (readonly ShiftChange[])[]) =>
  world.db.tx('test', async (tx) => {
    for (const [index, changes] of instants.entries()) {
      const schedule = { id: scheduleId, scheduledAt: after(tx.now, seconds(index)) }
      for (const data of changes) publish(tx, { type: 'schedule.shift_changed', actor, schedule, data })
    }
  })

const bodiesTo = (url: string) =>
  world.received.filter((received) => received.url === url).map(({ request }) => Buffer.from(request.body ?? []).toString())

const attemptsTo = (webhook: Webhook) =>
  attemptsOf(world.db.sql, { organizationId, ownerId: webhook.id, vault: testVault }, { limit: 10, offset: 0 })

const shownFor = async (webhook: Webhook) => Object.fromEntries(await eventExcerptsOf(world.db.sql, await attemptsTo(webhook)))

const log = async () => {
  await doDue(world, webhooksLoop(world.ports))
  return readEvents(world.db.sql, organizationId, { after: 0, limit: 1000 })
}

const reached = () => world.received.map(({ url }) => url)

describe('a shift change', () => {
  it('reaches the webhooks that wait for it, and what they answered is in the log and in no timeline', async () => {
    const wanted = await newWebhook({ trigger_type: 'shift change', url: 'https://wanted.example/' })
    await newWebhook({ trigger_type: 'shift change', url: 'https://filtered.example/', schedule_filter: [scheduleId] })
    await newWebhook({ trigger_type: 'shift change', url: 'https://other.example/', schedule_filter: ['SOTHER1111111'] })
    await newWebhook({ trigger_type: 'schedule gap', url: 'https://gaps.example/' })
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
    await newWebhook({ trigger_type: 'shift change', url: 'https://ordered.example/' })
    await happen()
    const rows = await world.db.sql.selectFrom('deliveries').selectAll().execute()
    expect(new Set(rows.map(({ lane, expires_at }) => `${lane} ${expires_at?.toISOString()}`))).toEqual(
      new Set([`1 ${new Date(world.now() + 3_600_000).toISOString()}`]),
    )
  })

  it('is told with its number in the log, in our own form, and so says the response log', async () => {
    const webhook = await newWebhook({ trigger_type: 'shift change', url: 'https://native.example/' })
    await happen()
    await world.pass(1_000)
    const change = (await log()).findLast(({ type }) => type === 'schedule.shift_changed')
    const [body] = bodiesTo('https://native.example/')
    expect(JSON.parse(body ?? '').event).toMatchObject({ type: 'shift change', sequence: change?.sequence, change_number: 12 })
    const [attempt] = await attemptsTo(webhook)
    const shown = (await shownFor(webhook))[attempt?.messageId ?? '']
    expect({ ...shown, text: pythonJson(shown?.text ?? '') }).toEqual({ text: body, bytes: shown?.text.length, isWhole: true })
  })

  it('of several schedules at one instant is one message to Zenduty, and the response log lists what it told', async () => {
    const webhook = await newWebhook({ preset: 'zenduty', url: 'https://zenduty.example/' })
    const other = { ...handOver, schedule: { ...handOver.schedule, id: 'SOTHER1111111', name: 'Other' } }
    await happenTogether([handOver, other], [handOver])
    await world.pass(1_000)
    const [together, alone] = bodiesTo('https://zenduty.example/').map((body) => JSON.parse(body).transitions.Harbour)
    expect([together, alone].map((schedules) => Object.keys(schedules))).toEqual([['Primary', 'Other'], ['Primary']])
    const shown = Object.values(await shownFor(webhook)).map(({ text }) => JSON.parse(text))
    const sequences = (await log())
      .flatMap(({ type, sequence }) => (type === 'schedule.shift_changed' ? [sequence] : []))
      .slice(-3)
    expect(shown.toSorted((a) => (Array.isArray(a) ? -1 : 1))).toMatchObject([
      [{ event: { sequence: sequences[0] } }, { event: { sequence: sequences[1] }, schedule: { name: 'Other' } }],
      { event: { sequence: sequences[2] } },
    ])
    const stored = await world.db.sql.selectFrom('messages').select('grouped_sequences').execute()
    expect(stored.flatMap(({ grouped_sequences: grouped }) => (grouped === null ? [] : [grouped.map(Number)]))).toEqual([
      sequences.slice(0, 2),
    ])
  })

  it('of hundreds of schedules is shown by its beginning, and keeps what it told when nobody took it', async () => {
    const webhook = await newWebhook({ preset: 'zenduty', url: 'https://broken.example/crowd' })
    const crowd = Array.from({ length: 600 }, (_, index) => ({
      ...handOver,
      schedule: { ...handOver.schedule, name: `Schedule ${index}` },
    }))
    await happenTogether(crowd)
    await world.pass(10_000)
    const excerpts = Object.values(await shownFor(webhook))
    expect(excerpts.map(({ isWhole, text }) => [isWhole, text.slice(0, 10)])).toEqual([
      [false, '[{"event":'],
      [false, '[{"event":'],
    ])
    const ended = await world.db.sql.selectFrom('dead_deliveries').select('grouped_sequences').execute()
    expect(ended.map(({ grouped_sequences: grouped }) => grouped?.length ?? null)).toEqual(expect.arrayContaining([500, 100]))
  })

  it('that leaves nobody on call, or ends that, is a gap to those who wait for gaps', async () => {
    await newWebhook({ trigger_type: 'schedule gap', url: 'https://gap.example/' })
    await happen('schedule.gap_started')
    await happen('schedule.gap_ended')
    await world.pass(1_000)
    expect(reached()).toEqual(['https://gap.example/', 'https://gap.example/'])
  })
})
