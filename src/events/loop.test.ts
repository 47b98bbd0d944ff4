import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import { actor, doDue, organizationId, settingsWith, webhookWorld } from '../../test/support/webhook-world.ts'
import { attemptsOf, countDeliveries } from '../deliveries/commands.ts'
import { type AlertGroupId, asId, type IntegrationId, type WebhookId } from '../lib/ids.ts'
import { type JsonWithRaw, RawJson } from '../lib/json.ts'
import { after, minutes, ms } from '../lib/time.ts'
import { createWebhook, deleteWebhook, updateWebhook } from '../webhooks/commands.ts'
import type { AlertGroupEventType } from './catalogue.ts'
import { publish, readEvents } from './commands.ts'
import { webhooksLoop } from './loop.ts'
import { eventExcerptsOf } from './render-commands.ts'

const integrationId = asId<IntegrationId>('CAAAAAAAAAAAA')
const settings = settingsWith()

let world: DeliveryWorld
let names = 0
beforeAll(async () => {
  world = await webhookWorld({
    behave: ({ url }) => {
      if (url.includes('hangs')) return 'hang'
      return url.includes('broken') ? { afterMs: 10, status: 410 } : { afterMs: 10, body: '{"ticket":7}' }
    },
  })
})
afterAll(() => world.close())

const newWebhook = (fields: Record<string, unknown>) =>
  world.db.tx('test', (tx) => {
    const body = { name: `desk ${(names += 1)}`, url: 'https://desk.example/', http_method: 'POST', ...fields }
    return createWebhook(tx, actor, { settings, body })
  })

const happen = (type: AlertGroupEventType, group: string, data: JsonWithRaw = {}, webhookId: WebhookId | null = null) =>
  world.db.tx('test', async (tx) => {
    const alertGroup = { id: asId<AlertGroupId>(group), integrationId }
    publish(tx, { type, actor, alertGroup, data: { ...Object(data), integration: { id: integrationId } }, webhookId })
  })

const timelineOf = async (group: string) => {
  await doDue(world, webhooksLoop(world.ports))
  const events = await readEvents(world.db.sql, organizationId, { after: 0, limit: 1000 })
  return events.filter((event) => event.alertGroupId === group).map((event) => ({ type: event.type, ...JSON.parse(event.data) }))
}

const sentTo = (url: string) =>
  world.received.filter((received) => received.url === url).map(({ request }) => Buffer.from(request.body ?? []).toString())

describe('an event', () => {
  it('reaches the webhooks that wait for it, as it was, and the timeline tells how', async () => {
    const webhook = await newWebhook({ trigger_type: 'acknowledge', url: 'https://ack.example/' })
    await newWebhook({ trigger_type: 'resolve', url: 'https://resolve.example/' })
    await newWebhook({ trigger_type: 'acknowledge', url: 'https://off.example/', is_webhook_enabled: false })
    await happen('alert_group.acknowledged', 'I1', { alert_payload: new RawJson('{"value":1.50}') })
    await world.pass(1_000)
    expect(sentTo('https://ack.example/')).toEqual(['{"alert_payload": {"value": 1.50}, "integration": {"id": "CAAAAAAAAAAAA"}}'])
    expect(world.received.length).toBe(1)
    const [attempt] = await attemptsOf(
      world.db.sql,
      { organizationId, ownerId: webhook.id, vault: testVault },
      { limit: 10, offset: 0 },
    )
    expect(await timelineOf('I1')).toMatchObject([
      { type: 'alert_group.acknowledged' },
      {
        type: 'webhook.delivered',
        webhook_name: webhook.name,
        webhook_id: webhook.id,
        trigger: 'acknowledge',
        response_id: attempt?.id,
        status_code: 200,
        reason: '200',
        attempts_count: 1,
        text: `outgoing webhook \`${webhook.name}\` triggered by acknowledge`,
      },
    ])
    expect([...(await eventExcerptsOf(world.db.sql, attempt === undefined ? [] : [attempt])).values()]).toEqual([
      { text: '{"alert_payload":{"value":1.50},"integration":{"id":"CAAAAAAAAAAAA"}}', bytes: 69, isWhole: true },
    ])
  })

  it('carries what other webhooks were answered about the same alert group', async () => {
    const first = await newWebhook({ trigger_type: 'alert group created', url: 'https://first.example/' })
    await newWebhook({ trigger_type: 'silence', url: 'https://second.example/' })
    await happen('alert_group.created', 'I2')
    await world.pass(1_000)
    await happen('alert_group.silenced', 'I2')
    await happen('alert_group.silenced', 'I3')
    await world.pass(1_000)
    const integration = '"integration": {"id": "CAAAAAAAAAAAA"}'
    expect(sentTo('https://second.example/').toSorted()).toEqual([
      `{${integration}, "responses": {"${first.id}": {"ticket": 7}}}`,
      `{${integration}}`,
    ])
  })

  it('of an escalation step reaches the one webhook that it names', async () => {
    const named = await newWebhook({ trigger_type: 'escalation', url: 'https://named.example/' })
    await newWebhook({ trigger_type: 'escalation', url: 'https://unnamed.example/' })
    await happen('alert_group.escalated', 'I4', {}, named.id)
    await world.pass(1_000)
    expect(sentTo('https://named.example/').length).toBe(1)
    expect(sentTo('https://unnamed.example/')).toEqual([])
  })

  it('is told as what the webhook heard it as, of all that this waits for', async () => {
    const types = ['alert group created', 'status change', 'unresolve']
    const webhook = await newWebhook({ trigger_types: types, url: 'https://several.example/' })
    await happen('alert_group.unresolved', 'I15')
    await happen('alert_group.unsilenced', 'I15')
    await happen('alert_group.escalated', 'I15', {}, webhook.id)
    await world.pass(1_000)
    const told = (await timelineOf('I15')).filter(({ webhook_id }) => webhook_id === webhook.id)
    expect(told.map(({ trigger, text }) => [trigger, text]).toSorted()).toEqual(
      ['escalation', 'status change', 'unresolve'].map((trigger) => [
        trigger,
        `outgoing webhook \`${webhook.name}\` triggered by ${trigger}`,
      ]),
    )
    await world.db.tx('test', (tx) => deleteWebhook(tx, actor, webhook.id))
  })

  it('that no receiver takes is told with the reason', async () => {
    const webhook = await newWebhook({ trigger_type: 'unsilence', url: 'https://broken.example/' })
    await happen('alert_group.unsilenced', 'I5')
    await world.pass(1_000)
    expect((await timelineOf('I5')).at(-1)).toMatchObject({
      type: 'webhook.failed',
      status_code: 410,
      reason: 'The receiver answered 410: it is gone for good.',
      text: `skipped unsilence outgoing webhook \`${webhook.name}\`: The receiver answered 410: it is gone for good.`,
    })
  })

  it('of which a template can make no request is told with the fault, in the log and the timeline, and is not tried again', async () => {
    const webhook = await newWebhook({
      trigger_type: 'unresolve',
      url: 'https://faulty.example/',
      forward_all: false,
      data: '{{ alert_payload.x.y }}',
    })
    await happen('alert_group.unresolved', 'I14', { alert_payload: {} })
    await world.pass(1_000)
    const reason = "Data - Template Warning: 'dict object' has no attribute 'x'"
    const log = { organizationId, ownerId: webhook.id, vault: testVault }
    const [attempt, ...others] = await attemptsOf(world.db.sql, log, { limit: 10, offset: 0 })
    expect(others).toEqual([])
    expect(attempt).toMatchObject({
      outcome: 'dead',
      number: 1,
      status: null,
      detail: null,
      responseBody: null,
      message: { target: 'https://faulty.example/', headersShown: '{}', requestTrigger: '', body: { text: reason } },
    })
    expect((await timelineOf('I14')).at(-1)).toMatchObject({
      type: 'webhook.failed',
      response_id: attempt?.id,
      status_code: null,
      reason,
      text: `skipped unresolve outgoing webhook \`${webhook.name}\`: ${reason}`,
    })
    expect(sentTo('https://faulty.example/')).toEqual([])
    expect(await countDeliveries(world.db.sql)).toBe(0)
    await world.db.tx('test', (tx) => deleteWebhook(tx, actor, webhook.id))
  })

  it('does not reach a webhook that is deleted or switched off while it waits, and the timeline says so', async () => {
    const deleted = await newWebhook({ trigger_type: 'unresolve', url: 'https://deleted.example/' })
    const disabled = await newWebhook({ trigger_type: 'unresolve', url: 'https://disabled.example/' })
    await happen('alert_group.unresolved', 'I6')
    await world.db.tx('test', (tx) => deleteWebhook(tx, actor, deleted.id))
    const update = { id: disabled.id, settings, body: { is_webhook_enabled: false }, replaces: false }
    await world.db.tx('test', (tx) => updateWebhook(tx, actor, update))
    await world.pass(1_000)
    expect([...sentTo('https://deleted.example/'), ...sentTo('https://disabled.example/')]).toEqual([])
    expect(
      (await timelineOf('I6'))
        .slice(1)
        .map(({ type, reason }) => [type, reason])
        .toSorted(),
    ).toEqual([
      ['webhook.failed', 'The webhook was deleted before this could be sent.'],
      ['webhook.failed', 'The webhook was switched off before this could be sent.'],
    ])
  })

  it('that waits in thousands for a webhook that is deleted ends without holding up the deletion, and the log counts it', async () => {
    const webhook = await newWebhook({ trigger_type: 'escalation', url: 'https://backlog.example/' })
    await happen('alert_group.escalated', 'I9', {}, webhook.id)
    await sql`
      insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at, event_sequence, subject_id)
      select d.organization_id, endpoint_id, d.shard, lane, 3, due_at + interval '1 day', gen_random_uuid(), message_at, event_sequence, subject_id
      from deliveries d join endpoints e on e.id = d.endpoint_id cross join generate_series(1, 1019)
      where e.owner_id = ${webhook.id}`.execute(world.db.sql)
    await world.db.tx('test', (tx) => deleteWebhook(tx, actor, webhook.id))
    expect(await countDeliveries(world.db.sql)).toBe(1020)
    await world.pass(1_000)
    expect((await timelineOf('I9')).map(({ type }) => type)).toEqual([
      'alert_group.escalated',
      ...Array(20).fill('webhook.failed'),
    ])
    expect(await countDeliveries(world.db.sql)).toBe(0)
    expect(sentTo('https://backlog.example/')).toEqual([])
    const events = await readEvents(world.db.sql, organizationId, { after: 0, limit: 1000 })
    const reason = 'The webhook was deleted before this could be sent.'
    const counted = { webhook_id: webhook.id, deliveries_count: 500, attempts_count: null, reason }
    expect(
      events
        .filter(({ type, alertGroupId }) => type === 'webhook.failed' && alertGroupId === null)
        .map(({ data }) => JSON.parse(data)),
    ).toMatchObject([counted, counted])
    const dead = await world.db.sql.selectFrom('dead_deliveries').selectAll().where('subject_id', '=', 'I9').execute()
    expect(dead.length).toBe(1020)
    expect(new Set(dead.map((row) => row.reason))).toEqual(new Set([reason]))
    expect(await webhooksLoop(world.ports).run(world.shards)).toBeNull()
  })

  it('whose outcome cannot be read is put off, and holds up the outcome of no other delivery', async () => {
    await newWebhook({ trigger_type: 'acknowledge', url: 'https://desk.example/' })
    await happen('alert_group.acknowledged', 'I10')
    await happen('alert_group.acknowledged', 'I11')
    await world.pass(1_000)
    const tell = (result: string) =>
      world.db.sql.updateTable('delivery_results').set({ result }).where('subject_id', '=', 'I10').execute()
    await tell('null')
    expect(await webhooksLoop(world.ports).run(world.shards)).toBe(after(world.now(), minutes(1)))
    const events = await readEvents(world.db.sql, organizationId, { after: 0, limit: 1000 })
    const delivered = events.filter(({ type }) => type === 'webhook.delivered')
    expect(delivered.some(({ alertGroupId }) => alertGroupId === 'I11')).toBe(true)
    expect(delivered.some(({ alertGroupId }) => alertGroupId === 'I10')).toBe(false)
    await tell('{"kind":"delivered","status":200,"attemptId":"018f","attemptsCount":1}')
    await world.pass(60_000)
    expect(await webhooksLoop(world.ports).run(world.shards)).toBeNull()
  })

  it('is told at once, and what ends within a tenth of a second after it together', async () => {
    await newWebhook({ trigger_type: 'silence', url: 'https://gathered.example/' })
    const loop = webhooksLoop(world.ports)
    const run = async () => {
      const nextAt = await loop.run(world.shards)
      const events = await readEvents(world.db.sql, organizationId, { after: 0, limit: 1000 })
      const groups = events.filter(({ type }) => type === 'webhook.delivered').map(({ alertGroupId }) => alertGroupId)
      return { nextAt, told: ['I20', 'I21', 'I22'].filter((group) => groups.includes(asId<AlertGroupId>(group))) }
    }
    const end = async (group: string) => {
      await happen('alert_group.silenced', group)
      await world.pass(20)
    }
    // What may have been committed late is looked for then.
    const wholeLookAt = after(world.now(), ms(4_000))
    await loop.run(world.shards)
    await world.pass(1_000)
    await end('I20')
    expect(await run()).toEqual({ nextAt: null, told: ['I20'] })
    const restsUntil = after(world.now(), ms(100))
    await end('I21')
    await end('I22')
    expect(await run()).toEqual({ nextAt: restsUntil, told: ['I20'] })
    await world.pass(100)
    expect(await run()).toEqual({ nextAt: wholeLookAt, told: ['I20', 'I21', 'I22'] })
  })

  it('goes where the webhook went when it happened, although the URL was changed since', async () => {
    const webhook = await newWebhook({ trigger_type: 'unacknowledge', url: 'https://old.example/' })
    await happen('alert_group.unacknowledged', 'I7')
    const update = { id: webhook.id, settings, body: { url: 'https://new.example/' }, replaces: false }
    await world.db.tx('test', (tx) => updateWebhook(tx, actor, update))
    await happen('alert_group.unacknowledged', 'I7')
    await world.pass(1_000)
    expect([sentTo('https://old.example/').length, sentTo('https://new.example/').length]).toEqual([1, 1])
  })

  it('that was wiped before it was sent is not sent', async () => {
    await newWebhook({ trigger_type: 'resolve', url: 'https://wiped.example/' })
    await happen('alert_group.resolved', 'I8')
    await world.db.sql.updateTable('events').set({ data: '{"wiped":true}' }).where('alert_group_id', '=', 'I8').execute()
    await world.pass(1_000)
    expect(sentTo('https://wiped.example/')).toEqual([])
    const dead = await world.db.sql.selectFrom('dead_deliveries').selectAll().where('subject_id', '=', 'I8').execute()
    expect(dead.map(({ reason }) => reason)).toContain('What happened is not stored any more: it was wiped, or is past its time.')
  })
  it('of megabytes reaches many webhooks a few at a time, so that what is under way fits into memory', async () => {
    for (let number = 1; number <= 30; number += 1)
      await newWebhook({ trigger_type: 'unresolve', url: `https://hangs${number}.example/` })
    await happen('alert_group.unresolved', 'I12', { text: 'a'.repeat(2_000_000) })
    const reached = () => new Set(world.received.flatMap(({ url }) => (url.includes('hangs') ? [url] : [])))
    await world.pass(1_000)
    expect(reached().size).toBe(20)
    await world.pass(16_000)
    expect(reached().size).toBe(30)
  })

  it('is read for the response log whole up to 64 KiB, and of a longer one only the beginning', async () => {
    const webhook = await newWebhook({ trigger_type: 'acknowledge', url: 'https://long.example/' })
    await happen('alert_group.acknowledged', 'I13', { text: 'a'.repeat(65_488) })
    await happen('alert_group.acknowledged', 'I13', { text: 'a'.repeat(1_000_000) })
    await world.pass(1_000)
    const attempts = await attemptsOf(
      world.db.sql,
      { organizationId, ownerId: webhook.id, vault: testVault },
      { limit: 10, offset: 0 },
    )
    const excerpts = [...(await eventExcerptsOf(world.db.sql, attempts)).values()].toSorted((a, b) => a.bytes - b.bytes)
    expect(excerpts.map(({ text, ...excerpt }) => ({ ...excerpt, length: text.length }))).toEqual([
      { bytes: 65_536, isWhole: true, length: 65_536 },
      { bytes: 1_000_048, isWhole: false, length: 4096 },
    ])
  })
})
