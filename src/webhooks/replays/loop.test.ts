import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../../test/support/delivery-world.ts'
import { actor, doDue, settingsWith, webhookWorld } from '../../../test/support/webhook-world.ts'
import { lanes } from '../../deliveries/delivery.ts'
import { publish } from '../../events/commands.ts'
import { webhooksLoop } from '../../events/loop.ts'
import { type AlertGroupId, asId, type IntegrationId, type ReplayId, type WebhookId } from '../../lib/ids.ts'
import { hours, type Instant, isoZ, minutes, seconds } from '../../lib/time.ts'
import { shownReplay } from './replay.ts'
import { cancelReplay, readReplay, startReplay } from './commands.ts'
import { replaysLoop } from './loop.ts'
import { createWebhook, deleteWebhook, updateWebhook } from '../commands.ts'

const settings = settingsWith()

let status = 500
let world: DeliveryWorld
let since: Instant
beforeEach(async () => {
  status = 500
  world = await webhookWorld({ behave: ({ url }) => ({ afterMs: 10, status: url.includes('well') ? 200 : status }) })
  since = world.now()
})
afterEach(() => world.close())

const newWebhook = (fields: Record<string, unknown> = {}) =>
  world.db.tx('test', (tx) => {
    const usual = { name: 'desk', url: 'https://desk.example/', http_method: 'POST', trigger_type: 'acknowledge', retry: 'none' }
    return createWebhook(tx, actor, { settings, body: { ...usual, max_age: 60, ...fields } })
  })

/** So many things happen, and become of them what will. */
async function happen(count: number): Promise<void> {
  await world.db.tx('test', async (tx) => {
    for (let number = 0; number < count; number += 1) {
      const alertGroup = { id: asId<AlertGroupId>('I1'), integrationId: asId<IntegrationId>('CAAAAAAAAAAAA') }
      publish(tx, { type: 'alert_group.acknowledged', actor, alertGroup, data: { number }, webhookId: null })
    }
  })
  await world.pass(minutes(10))
}

/** So many more were missed of the first event. */
async function missed(ownerId: WebhookId, count: number): Promise<void> {
  await sql`
    insert into dead_deliveries (organization_id, delivery_id, state, message_id, message_at, endpoint_id, event_sequence, lane,
      attempts_count, reason, at)
    select e.organization_id, 1000000 + n, 'dead', gen_random_uuid(), v.at, e.id, v.sequence, 2, 0, 'missed', v.at
    from endpoints e, events v, generate_series(1, ${count}::int) n
    where e.owner_id = ${ownerId} and v.type = 'alert_group.acknowledged'`.execute(world.db.sql)
}

const start = (id: WebhookId, body: Record<string, unknown> = {}) =>
  world.db.tx('test', (tx) => startReplay(tx, actor, { id, body: { since: isoZ(since), ...body }, deliveryLogDays: 30 }))
const read = async (webhookId: WebhookId, id: ReplayId) => shownReplay(await readReplay(world.db.sql, actor, { webhookId, id }))
const runLoop = () => replaysLoop(world.ports).run(world.shards)

/** The loops run until the replay has ended. */
async function finish(webhookId: WebhookId, id: ReplayId) {
  for (let round = 0; round < 200; round += 1) {
    await runLoop()
    await world.pass(seconds(1))
    const shown = await read(webhookId, id)
    if (shown.state !== 'running') return shown
  }
  throw new Error('the replay has not ended')
}

const idsFrom = (index: number) => world.received.slice(index).map(({ id }) => id)
const waiting = async () => {
  const rows = await world.db.sql.selectFrom('deliveries').select('message_id').where('lane', '=', lanes.replay).execute()
  return rows.map((row) => row.message_id)
}

describe('a replay', () => {
  it('sends again what failed, with the same ids and bytes, and counts it', async () => {
    const { id } = await newWebhook()
    await newWebhook({ name: 'other', url: 'https://other.example/' })
    await happen(4)
    const sentBefore = world.received.filter(({ url }) => url === 'https://desk.example/')
    const replay = await start(id)
    expect(shownReplay(replay)).toMatchObject({ state: 'running', total: 4, done: 0, only: 'failed', since: isoZ(since) })
    status = 200
    const index = world.received.length
    expect(await finish(id, replay.id)).toMatchObject({
      state: 'finished',
      total: 4,
      done: 4,
      counts: { replayed: 4, under_way: 0, past_retention: 0, url_removed: 0, url_disabled: 0, pages: 0, taken_back: 0 },
    })
    await world.pass(minutes(1))
    expect(idsFrom(index).toSorted()).toEqual(sentBefore.map((one) => one.id).toSorted())
    expect(sentBefore.map(({ request }) => [request.headers['webhook-id'], String(request.body)])).toEqual(
      expect.arrayContaining(
        world.received.slice(index).map(({ request }) => [request.headers['webhook-id'], String(request.body)]),
      ),
    )
  })

  it('takes only events of its time, and only what has failed and was not sent again since', async () => {
    const { id } = await newWebhook()
    await happen(1)
    since = world.now()
    await happen(2)
    const until = world.now()
    status = 200
    await happen(3)
    const first = await start(id, { until: isoZ(until) })
    expect(await finish(id, first.id)).toMatchObject({ total: 2, counts: { replayed: 2 } })
    await world.pass(minutes(1))
    const second = await start(id)
    expect(await finish(id, second.id)).toMatchObject({ total: 0, done: 0, state: 'finished' })
  })

  it('of all takes what was delivered too, each message once, also when it was sent again before', async () => {
    const { id } = await newWebhook()
    await happen(2)
    status = 200
    await happen(3)
    const first = await start(id)
    await finish(id, first.id)
    await world.pass(minutes(1))
    for (const round of [1, 2]) {
      const index = world.received.length
      const replay = await start(id, { only: 'all' })
      expect(await finish(id, replay.id)).toMatchObject({ total: 5, done: 5, counts: { replayed: 5 } })
      await world.pass(minutes(1))
      expect({ round, ids: new Set(idsFrom(index)).size, count: idsFrom(index).length }).toEqual({ round, ids: 5, count: 5 })
    }
  })

  it('owes each message once when two nodes are at it, and nothing when its transaction fails', async () => {
    const { id } = await newWebhook()
    await happen(6)
    const replay = await start(id)
    world.breakTransaction('advance replay')
    await runLoop()
    expect(await waiting()).toEqual([])
    expect(await read(id, replay.id)).toMatchObject({ state: 'running', done: 0 })
    world.heal()
    await world.pass(minutes(2))
    await Promise.all([runLoop(), runLoop(), runLoop()])
    expect(new Set(await waiting()).size).toBe(6)
    expect(await waiting()).toHaveLength(6)
    await world.pass(minutes(5))
    expect(await finish(id, replay.id)).toMatchObject({ done: 6, counts: { replayed: 6 } })
  })

  it('goes on after a crash where it was', async () => {
    const { id } = await newWebhook()
    await happen(1)
    await missed(id, 699)
    const replay = await start(id)
    await runLoop()
    expect(await read(id, replay.id)).toMatchObject({ state: 'running', total: 700, done: 500 })
    world.crash()
    await runLoop()
    expect(await read(id, replay.id)).toMatchObject({ state: 'running', done: 700, counts: { replayed: 700 } })
    expect(new Set(await waiting()).size).toBe(700)
  })

  it('keeps no more than a thousand waiting, so that others are not behind it for long', async () => {
    const { id } = await newWebhook()
    await happen(1)
    await missed(id, 1299)
    const replay = await start(id)
    for (let round = 0; round < 5; round += 1) await runLoop()
    expect(await waiting()).toHaveLength(1000)
    expect(await read(id, replay.id)).toMatchObject({ state: 'running', done: 1000 })
  })

  it('sends to the URL that has come in the place of the old one', async () => {
    const { id } = await newWebhook()
    await happen(2)
    await world.db.tx('test', (tx) =>
      updateWebhook(tx, actor, { id, settings, body: { url: 'https://well.example/' }, replaces: false }),
    )
    const index = world.received.length
    const replay = await start(id)
    expect(await finish(id, replay.id)).toMatchObject({ counts: { replayed: 2, url_removed: 0 } })
    await world.pass(minutes(1))
    expect(world.received.slice(index).map(({ url }) => url)).toEqual(['https://well.example/', 'https://well.example/'])
    const next = await start(id)
    expect(await finish(id, next.id)).toMatchObject({ total: 0 })
  })

  it('counts what is past its retention, and what has no URL any more or one that gets nothing', async () => {
    const urls = ['gone', 'moved', 'closed'].map((name) => ({ url: `https://${name}.example/` }))
    const { id } = await newWebhook({ url: urls[0]?.url, urls })
    await happen(1)
    await world.db.sql.deleteFrom('messages').where('target', '=', 'https://gone.example/').execute()
    const left = urls.filter(({ url }) => !url.includes('moved'))
    await world.db.tx('test', (tx) => updateWebhook(tx, actor, { id, settings, body: { urls: left }, replaces: false }))
    const closed = world.db.sql.updateTable('endpoints').where('url', '=', 'https://closed.example/')
    await closed.set({ disabled_at: new Date(world.now()), disabled_reason: 'gone' }).execute()
    const replay = await start(id)
    expect(await finish(id, replay.id)).toMatchObject({
      total: 3,
      done: 3,
      counts: { replayed: 0, past_retention: 1, url_removed: 1, url_disabled: 1, pages: 0, taken_back: 0 },
    })
  })

  it('counts what has paged people and leaves it, so that nobody is paged about what is long over', async () => {
    const { id } = await newWebhook({ trigger_types: ['acknowledge', 'personal notification'] })
    await happen(3)
    const [first] = await world.db.sql.selectFrom('dead_deliveries').select('delivery_id').orderBy('delivery_id').execute()
    const asPage = world.db.sql.updateTable('dead_deliveries').set({ lane: lanes.page })
    await asPage.where('delivery_id', '=', first?.delivery_id ?? 0).execute()
    const index = world.received.length
    const replay = await start(id)
    expect(await finish(id, replay.id)).toMatchObject({ total: 3, done: 3, counts: { replayed: 2, pages: 1 } })
    await world.pass(minutes(1))
    expect(world.received).toHaveLength(index + 2)
  })

  it('takes no tests, and nothing that was not wanted', async () => {
    const { id } = await newWebhook({ trigger_template: 'no' })
    await happen(2)
    const replay = await start(id)
    expect(await finish(id, replay.id)).toMatchObject({ total: 0, done: 0 })
  })
})

describe('a replay ends', () => {
  const begun = async () => {
    const { id } = await newWebhook()
    await happen(2)
    return { id, replay: await start(id) }
  }

  it('when it is cancelled, once, and then another may begin', async () => {
    const { id, replay } = await begun()
    await expect(start(id)).rejects.toThrow('A replay of this webhook is running. Wait for its end, or cancel it.')
    const cancel = () => world.db.tx('test', (tx) => cancelReplay(tx, actor, { webhookId: id, id: replay.id }))
    expect(shownReplay(await cancel())).toMatchObject({ state: 'cancelled', reason: null, done: 0, total: 2 })
    const endedAt = (await read(id, replay.id)).ended_at
    await world.pass(minutes(1))
    await runLoop()
    expect(await waiting()).toEqual([])
    expect(shownReplay(await cancel())).toMatchObject({ state: 'cancelled', ended_at: endedAt })
    expect(shownReplay(await start(id))).toMatchObject({ state: 'running', total: 2 })
  })

  it('when it is cancelled, and what waits is taken back, seen, told to nobody, and taken by the next one', async () => {
    const { id } = await newWebhook()
    await happen(1)
    await missed(id, 519)
    const dead = (reason: string) => world.db.sql.selectFrom('dead_deliveries').select('delivery_id').where('reason', '=', reason)
    const replay = await start(id)
    for (let round = 0; round < 2; round += 1) {
      await world.db.sql
        .updateTable('webhook_replays')
        .set({ created_at: new Date(since) })
        .execute()
      await runLoop()
    }
    expect(await read(id, replay.id)).toMatchObject({ total: 520 })
    const waitingCount = (await waiting()).length
    expect(waitingCount).toBeGreaterThan(499)
    const cancel = () => world.db.tx('test', (tx) => cancelReplay(tx, actor, { webhookId: id, id: replay.id }))
    expect(shownReplay(await cancel())).toMatchObject({
      state: 'cancelled',
      done: waitingCount,
      counts: { replayed: 0, taken_back: waitingCount },
    })
    expect(await waiting()).toEqual([])
    expect(await dead('Its replay was cancelled before this could be sent.').execute()).toHaveLength(waitingCount)
    const index = world.received.length
    await world.pass(minutes(1))
    expect(world.received).toHaveLength(index)
    status = 200
    const next = await start(id)
    expect(next.totalCount).toBe(520)
    expect(await finish(id, next.id)).toMatchObject({ state: 'finished', counts: { replayed: 520 } })
    await world.pass(minutes(2))
    expect(new Set(idsFrom(index)).size).toBe(520)
  })

  it('also after all of it is in line, when somebody cancels it then', async () => {
    const { id, replay } = await begun()
    await world.db.sql
      .updateTable('endpoints')
      .set({ paused_until: new Date(world.now() + hours(1)) })
      .execute()
    expect(await finish(id, replay.id)).toMatchObject({ state: 'finished', counts: { replayed: 2 } })
    const cancel = () => world.db.tx('test', (tx) => cancelReplay(tx, actor, { webhookId: id, id: replay.id }))
    expect(shownReplay(await cancel())).toMatchObject({ state: 'cancelled', counts: { replayed: 0, taken_back: 2 } })
    const again = await start(id)
    await world.db.sql.updateTable('endpoints').set({ paused_until: null }).execute()
    await finish(id, again.id)
    await world.pass(minutes(1))
    const cancelled = await world.db.tx('test', (tx) => cancelReplay(tx, actor, { webhookId: id, id: again.id }))
    expect(shownReplay(cancelled)).toMatchObject({ state: 'finished', counts: { replayed: 2, taken_back: 0 } })
  })

  it('when the webhook is switched off or deleted', async () => {
    const { id, replay } = await begun()
    await world.db.tx('test', (tx) =>
      updateWebhook(tx, actor, { id, settings, body: { is_webhook_enabled: false }, replaces: false }),
    )
    expect(await finish(id, replay.id)).toMatchObject({ state: 'cancelled', reason: 'The webhook was switched off.' })
    await expect(start(id)).rejects.toThrow('The webhook is switched off. Switch it on, and replay then.')
    await world.db.tx('test', (tx) =>
      updateWebhook(tx, actor, { id, settings, body: { is_webhook_enabled: true }, replaces: false }),
    )
    await start(id)
    await world.db.tx('test', (tx) => deleteWebhook(tx, actor, id))
    await runLoop()
    const rows = await world.db.sql.selectFrom('webhook_replays').select(['state', 'reason']).orderBy('created_at').execute()
    expect(rows[1]).toEqual({ state: 'cancelled', reason: 'The webhook was deleted.' })
  })

  it('not while five others of the organization run', async () => {
    for (let number = 0; number < 5; number += 1) {
      const { id } = await newWebhook({ name: `webhook ${number}` })
      await start(id, { since: isoZ((since - hours(1)) as Instant) })
    }
    const { id } = await newWebhook({ name: 'one more' })
    await expect(start(id, { since: isoZ((since - hours(1)) as Instant) })).rejects.toThrow(
      '5 replays of this organization are running. Wait for the end of one, or cancel it.',
    )
  })
})

it('what is sent again by an ordered webhook leaves one at a time, too, in the order of the events', async () => {
  const { id } = await newWebhook({ ordered: true })
  await happen(20)
  status = 200
  const index = world.received.length
  const replay = await start(id)
  expect(await finish(id, replay.id)).toMatchObject({ counts: { replayed: 20 } })
  await world.pass(minutes(1))
  const again = world.received.slice(index)
  const numbers = again.map(({ request }) => JSON.parse(String(request.body)).number)
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, number) => number))
  const gaps = again.slice(1).map(({ at }, before) => Number(at) - Number(again[before]?.at))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10)
})

describe('what a URL missed that was switched off', () => {
  it('is told when the webhook is saved, until it is replayed', async () => {
    const { id } = await newWebhook()
    status = 410
    await happen(1)
    status = 200
    const offSince = await world.db.sql.selectFrom('endpoints').select('disabled_at').executeTakeFirstOrThrow()
    await happen(2)
    await doDue(world, webhooksLoop(world.ports))
    const save = () =>
      world.db.tx('test', (tx) => updateWebhook(tx, actor, { id, settings, body: { is_webhook_enabled: true }, replaces: false }))
    const { missedSince } = await save()
    expect(missedSince).toBeLessThanOrEqual(offSince.disabled_at?.getTime() ?? 0)
    expect((await save()).missedSince).toBe(missedSince)
    const cancelled = await start(id, { since: isoZ(missedSince as Instant) })
    await world.db.tx('test', (tx) => cancelReplay(tx, actor, { webhookId: id, id: cancelled.id }))
    const beginning = await start(id, { since: isoZ(missedSince as Instant), until: isoZ((Number(missedSince) + 1) as Instant) })
    expect(await finish(id, beginning.id)).toMatchObject({ state: 'finished', total: 0 })
    expect((await save()).missedSince).toBe(missedSince)
    const index = world.received.length
    const replay = await start(id, { since: isoZ(missedSince as Instant) })
    expect((await save()).missedSince).toBe(missedSince)
    expect(await finish(id, replay.id)).toMatchObject({ counts: { replayed: 3 } })
    expect((await save()).missedSince).toBeNull()
    await world.pass(minutes(1))
    expect(world.received.slice(index)).toHaveLength(3)
  })

  it('is told also when the webhook was switched off by a person before', async () => {
    const urls = [{ url: 'https://desk.example/' }, { url: 'https://well.example/' }]
    const { id } = await newWebhook({ urls, url: undefined, http_method: undefined })
    status = 410
    await happen(1)
    await doDue(world, webhooksLoop(world.ports))
    const turn = (is_webhook_enabled: boolean) =>
      world.db.tx('test', (tx) => updateWebhook(tx, actor, { id, settings, body: { is_webhook_enabled }, replaces: false }))
    const { missedSince } = await turn(false)
    expect(missedSince).not.toBeNull()
    expect((await turn(true)).missedSince).toBe(missedSince)
  })
})
