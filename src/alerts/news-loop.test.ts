import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom, type Source } from '../../test/support/boiler-room.ts'
import { type Crew, type StillWorld, stillStart, stillWorld } from '../../test/support/still-world.ts'
import { seconds } from '../lib/time.ts'

let world: StillWorld
let room: BoilerRoom
let crew: Crew
let count = 0
beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  crew = room.crew
})
afterAll(() => world.close())
beforeEach(async () => {
  world.setTime(stillStart)
  const { json } = await crew.api('GET', 'webhooks/')
  for (const { id } of json.results) await crew.api('DELETE', `webhooks/${id}/`)
})

const listen = async (trigger_type: string, fields: object = {}) => {
  const body = {
    name: `hook ${(count += 1)}`,
    url: `http://127.0.0.1:9000/${count}`,
    http_method: 'POST',
    trigger_type,
    ...fields,
  }
  const { status, json, text } = await crew.api('POST', 'webhooks/', body)
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}

const page = (role: 'admin' | 'editor') => ({ type: 'notify_persons', persons_to_notify: [crew.users[role]] })
const wait = { type: 'wait', duration: 60 }

const dataOf = async (id: string, type: string): Promise<readonly any[]> =>
  (await room.timeline(id)).filter((event) => event.type === type).map(({ data }) => data)

async function pass(): Promise<void> {
  await world.runEscalations()
  await world.runAlerts()
  world.pass(seconds(60))
}

async function owedTo(webhookId: string) {
  return world.db.sql
    .selectFrom('deliveries as d')
    .innerJoin('endpoints as e', 'e.id', 'd.endpoint_id')
    .select(['d.lane', 'd.cancel_key', 'd.event_sequence'])
    .where('e.owner_id', '=', webhookId)
    .execute()
}

const newsCount = async (id: string) =>
  (await world.db.sql.selectFrom('subject_news').selectAll().where('subject_id', '=', id).execute()).length

describe('an escalation that comes to its next level', () => {
  let source: Source
  beforeEach(async () => {
    source = await room.newSource([page('editor'), wait, page('admin'), page('editor'), wait, wait, page('admin')])
  })

  test('is told with the level, the chain and whom it pages, but not for the first', async () => {
    await listen('escalated')
    const id = await room.newGroup('firing', source)
    await pass()
    expect(await dataOf(id, 'alert_group.level_reached')).toEqual([])
    await pass()
    await pass()
    await pass()
    const told = await dataOf(id, 'alert_group.level_reached')
    const person = (role: 'admin' | 'editor') => expect.objectContaining({ id: crew.users[role] })
    const common = { type: 'escalated', escalation_chain_id: source.default_route.escalation_chain_id }
    expect(told.map(({ event }) => event)).toEqual([
      { ...common, time: '2026-04-01T12:01:00+00:00', level: 2, recipients: [person('admin'), person('editor')] },
      { ...common, time: '2026-04-01T12:03:00+00:00', level: 3, recipients: [person('admin')] },
    ])
    expect(told[0]).toMatchObject({ user: null, alert_group_id: id, alert_group: { state: 'firing' } })
  })

  test('is told although somebody acknowledges right then', async () => {
    await listen('escalated')
    const id = await room.newGroup('firing', source)
    await pass()
    await world.runEscalations()
    await room.act(id, 'acknowledge')
    await world.runAlerts()
    expect(await dataOf(id, 'alert_group.level_reached')).toMatchObject([
      { event: { level: 2 }, alert_group: { state: 'acknowledged' } },
    ])
  })

  test('is no event where nobody waits for it, and when the group is deleted meanwhile', async () => {
    const quiet = await room.newGroup('firing', source)
    await pass()
    await pass()
    expect(await dataOf(quiet, 'alert_group.level_reached')).toEqual([])
    await listen('escalated')
    const gone = await room.newGroup('firing', source)
    await pass()
    await world.runEscalations()
    expect((await crew.api('DELETE', `alert_groups/${gone}/`)).status).toBe(204)
    expect(await newsCount(gone)).toBe(0)
    await world.runAlerts()
    expect(world.errors).toEqual([])
  })
})

describe('a page by a webhook', () => {
  let webhook: { readonly id: string }
  let source: Source
  beforeEach(async () => {
    const before = await crew.api('GET', `personal_notification_rules/?user_id=${crew.users.editor}`)
    for (const { id } of before.json.results) await crew.api('DELETE', `personal_notification_rules/${id}/`)
    const rule = { user_id: crew.users.editor, type: 'notify_by_webhook' }
    expect((await crew.api('POST', 'personal_notification_rules/', rule)).status).toBe(201)
    webhook = await listen('personal notification')
    await crew.api('PUT', `users/${crew.users.editor}/personal_webhook/`, { webhook: webhook.id, context: { z: 1, a: '+49' } })
    source = await room.newSource([page('editor')])
  })

  test('goes before all else, past all filters, and is taken back by an acknowledgement', async () => {
    const filter = { field: 'service', operator: 'is', value: 'no such' }
    expect((await crew.api('PATCH', `webhooks/${webhook.id}/`, { filter })).status).toBe(200)
    const id = await room.newGroup('firing', source)
    await world.runEscalations()
    await world.runAlerts()
    const [data] = await dataOf(id, 'alert_group.page_sent')
    expect(data).toMatchObject({ user: { id: crew.users.editor }, alert_group_id: id })
    expect(JSON.stringify(data.event)).toBe(
      '{"type":"personal notification","time":"2026-04-01T12:00:00+00:00","user":"****************","important":false}',
    )
    const [run] = await world.db.sql.selectFrom('notification_runs').select('id').where('subject_id', '=', id).execute()
    expect(await owedTo(webhook.id)).toEqual([{ lane: 0, cancel_key: run?.id, event_sequence: expect.any(Number) }])
    await room.act(id, 'acknowledge')
    expect(await owedTo(webhook.id)).toEqual([])
  })

  test('is not made any more when somebody acknowledges before', async () => {
    const id = await room.newGroup('firing', source)
    await world.runEscalations()
    expect(await newsCount(id)).toBe(1)
    await room.act(id, 'acknowledge')
    expect(await newsCount(id)).toBe(0)
    await world.runAlerts()
    expect(await room.typesOf(id)).not.toContain('alert_group.page_sent')
  })

  const failures = async (id: string) => (await dataOf(id, 'notification.failed')).map(({ channel, reason }) => [channel, reason])

  test('fails aloud, and its step too, where the person has chosen none, or it is off', async () => {
    await crew.api('PATCH', `webhooks/${webhook.id}/`, { is_webhook_enabled: false })
    const off = await room.newGroup('firing', source)
    await world.runEscalations()
    expect(await failures(off)).toEqual([['webhook', 'The webhook that this person chose was switched off or deleted']])
    expect(await dataOf(off, 'escalation.step_failed')).toMatchObject([{ reason: 'None of these people can be reached' }])
    await crew.api('DELETE', `users/${crew.users.editor}/personal_webhook/`)
    const none = await room.newGroup('firing', source)
    await world.runEscalations()
    expect(await failures(none)).toEqual([['webhook', 'This person has chosen no webhook']])
  })

  test('fails aloud where the webhook is not for that any more, or is switched off before it is called', async () => {
    const early = await room.newGroup('firing', source)
    await world.runEscalations()
    await crew.api('PATCH', `webhooks/${webhook.id}/`, { is_webhook_enabled: false })
    await world.runAlerts()
    expect(await failures(early)).toEqual([['webhook', 'The webhook was switched off or deleted before it was called']])
    expect(await room.typesOf(early)).not.toContain('alert_group.page_sent')
    await crew.api('PATCH', `webhooks/${webhook.id}/`, { is_webhook_enabled: true, trigger_type: 'resolve' })
    const late = await room.newGroup('firing', source)
    await world.runEscalations()
    expect(await failures(late)).toEqual([
      ['webhook', 'The webhook that this person chose is not for personal notifications any more'],
    ])
  })
})
