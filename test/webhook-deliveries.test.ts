import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newReceivingWorld, type ReceivingWorld } from './support/receiving-world.ts'
import { eventually, type World } from './support/watchbell.ts'

/** What webhooks have sent, as people look at it and send it again, over the whole server. */
type Received = { readonly path: string; readonly headers: Record<string, string>; readonly body: string }

let receiving: ReceivingWorld
let world: World
let origin = ''
let link = ''
let integrationId = ''
let count = 0
/** How paths are answered; 200 if they are not here. */
const statuses: Record<string, number> = {}
const received: Received[] = []

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const path = request.url ?? ''
    received.push({ path, headers, body: Buffer.concat(chunks).toString() })
    response.writeHead(statuses[path] ?? 200, { 'x-request': 'r1', 'x-auth-token': 'sesame', 'set-cookie': 'sesame' })
    response.end(`got ${'x'.repeat(2000)}`)
  })
})

beforeAll(async () => {
  receiving = await newReceivingWorld(receiver)
  world = receiving.world
  link = receiving.link
  integrationId = receiving.integrationId
  origin = `http://127.0.0.1:${receiving.port}`
})

afterAll(() => receiving.close())

type Hook = { readonly id: string; readonly path: string }

async function newHook(status: number, fields: object = {}): Promise<Hook> {
  count += 1
  const path = `/${count}`
  statuses[path] = status
  const { json } = await world.api('POST', 'webhooks/', {
    ...{ name: `hook ${count}`, url: origin + path, http_method: 'POST', trigger_type: 'alert group created' },
    ...{ integration_filter: [integrationId], retry: 'none', ...fields },
  })
  return { id: json.id, path }
}

const alert = async (): Promise<void> => {
  count += 1
  await world.request('POST', link, { alert_uid: `alert ${count}`, title: 'Boiler läuft heiß' })
}

const list = async ({ id }: Hook, query = '') => (await world.api('GET', `webhooks/${id}/deliveries/${query}`)).json

/** The only delivery of a webhook, once it is in the state and has been tried so often. */
const inState = (hook: Hook, state: string, attemptCount = 1) =>
  eventually(async () => {
    const { results } = await list(hook)
    return results[0]?.state === state && results[0].attempts.length === attemptCount ? results[0] : undefined
  })

describe('a delivery', () => {
  test('is shown with what was sent and answered, credentials masked', async () => {
    const hook = await newHook(200, {
      ...{ authorization_header: 'Bearer sesame', forward_all: false, data: '{"title": "{{ alert_group.title }}"}' },
      ...{ static_headers: { 'X-Api-Key': 'sesame', 'X-Team': 'boilers' }, headers: '{"X-Secret": "sesame"}' },
    })
    await alert()
    const delivery = await inState(hook, 'delivered')
    expect(delivery).toMatchObject({
      ...{ webhook_id: hook.id, url: origin + hook.path, state: 'delivered', reason: null, next_attempt_at: null },
      ...{ is_replay: false, replayed_at: null, trigger: 'alert group created', status: 200 },
      ...{ webhook_message_id: received.find(({ path }) => path === hook.path)?.headers['webhook-id'] },
      request: {
        ...{ method: 'POST', url: origin + hook.path, body: '{"title": "Boiler l\\u00e4uft hei\\u00df"}', body_truncated: false },
        headers: { 'X-Api-Key': '****************', 'X-Team': 'boilers', 'X-Secret': '****************' },
      },
      attempts: [{ number: 1, outcome: 'success', status: 200, detail: null, address: '127.0.0.1' }],
    })
    expect(delivery.request.headers.Authorization).toBe('****************')
    const [{ response }] = delivery.attempts
    expect(response).toMatchObject({ headers: { 'x-request': 'r1', 'x-auth-token': '****************' }, body_truncated: true })
    expect(response.body).toBe(`got ${'x'.repeat(1020)}`)
    const { json: whole, text } = await world.api('GET', `deliveries/${delivery.id}/`)
    expect(whole.attempts[0].response).toMatchObject({ body: `got ${'x'.repeat(2000)}`, body_truncated: false })
    expect(text).not.toContain('sesame')
    expect({ ...whole, attempts: [] }).toEqual({ ...delivery, attempts: [] })
  })

  test('says that it waits, why it is dead, and why it was skipped', async () => {
    const waiting = await newHook(500, { retry: [3600] })
    const dead = await newHook(404)
    const skipped = await newHook(200, { trigger_template: 'false' })
    await alert()
    const first = await inState(waiting, 'waiting')
    expect(first).toMatchObject({ reason: null, ended_at: null, status: 500, attempts: [{ outcome: 'retry' }] })
    expect(Date.parse(first.next_attempt_at) - Date.parse(first.attempts[0].at)).toBeGreaterThan(2_800_000)
    expect(await inState(dead, 'dead')).toMatchObject({
      ...{ reason: 'Given up after one attempt. The receiver answered 404', next_attempt_at: null, status: 404 },
    })
    expect(await inState(skipped, 'skipped', 0)).toMatchObject({ request: null, status: null, attempts: [] })
  })
})

describe('the list of deliveries', () => {
  let hook: Hook
  let deliveries: any[]
  beforeAll(async () => {
    hook = await newHook(200)
    for (const status of [200, 404, 500]) {
      statuses[hook.path] = status
      await alert()
      await eventually(async () => ((await list(hook)).results[0]?.status === status ? true : undefined))
    }
    await world.api('PATCH', `webhooks/${hook.id}/`, { integration_filter: [integrationId], retry: [3600] })
    await alert()
    deliveries = await eventually(async () => {
      const { results } = await list(hook)
      return results[0].state === 'waiting' && results[0].status === 500 ? results : undefined
    })
  })

  test('has what waits first, then what has ended, the last first', () => {
    expect(deliveries.map(({ state, status }) => [state, status])).toEqual([
      ['waiting', 500],
      ['dead', 500],
      ['dead', 404],
      ['delivered', 200],
    ])
  })

  test.each([
    ['state=waiting', [0]],
    ['state=delivered', [3]],
    ['state=dead', [1, 2]],
    ['state=skipped', []],
    ['state=', [0, 1, 2, 3]],
    ['status=2xx', [3]],
    ['status=3xx', []],
    ['status=4xx', [2]],
    ['status=5xx', [0, 1]],
    ['status=none', []],
    ['state=dead&status=5xx', [1]],
    ['state=delivered&status=5xx', []],
    ['since=2026-01-01T00:00:00Z', [0, 1, 2, 3]],
    ['since=2099-01-01T00:00:00Z', []],
    ['until=2026-01-01T00:00:00Z', []],
    ['until=2099-01-01T00:00:00+02:00', [0, 1, 2, 3]],
    ['event_sequence=9999999', []],
    ['alert_group_id=INONE', []],
    ['trigger=alert+group+created', [0, 1, 2, 3]],
    ['trigger=alert+group+created&state=dead', [1, 2]],
    ['trigger=acknowledge', []],
    ['trigger=schedule+gap', []],
  ])('is filtered by %s', async (query, places) => {
    const { results, count: total } = await list(hook, `?${query}`)
    expect(results.map(({ id }: { id: string }) => id)).toEqual(places.map((place) => deliveries[place].id))
    expect(total).toBe(places.length)
  })

  test('is filtered by event and alert group, whatever became of the delivery', async () => {
    for (const {
      id,
      event_sequences: [sequence],
      alert_group_id: group,
      ended_at: endedAt,
    } of deliveries) {
      expect((await list(hook, `?event_sequence=${sequence}`)).results.map((one: any) => one.id)).toEqual([id])
      expect((await list(hook, `?alert_group_id=${group}`)).results.map((one: any) => one.id)).toEqual([id])
      expect((await list(hook, `?alert_group_id=INONE&event_sequence=${sequence}`)).results).toEqual([])
      const created = `trigger=alert+group+created&event_sequence=${sequence}&alert_group_id=${group}`
      expect((await list(hook, `?${created}`)).results.map((one: any) => one.id)).toEqual([id])
      expect((await list(hook, `?trigger=resolve&alert_group_id=${group}`)).results).toEqual([])
      if (endedAt !== null) {
        const after = new Date(Date.parse(endedAt) + 1).toISOString()
        const ended = await list(hook, `?since=${endedAt}&until=${after}`)
        expect(ended.results.map((one: any) => one.id)).toContain(id)
      }
    }
  })

  test('is filtered by what happened', async () => {
    const several = await newHook(200, {
      trigger_types: ['acknowledge', 'unacknowledge', 'resolve'],
      trigger_type: 'acknowledge',
    })
    const group = deliveries[0].alert_group_id
    for (const action of ['acknowledge', 'unacknowledge', 'acknowledge', 'resolve'])
      await world.api('POST', `alert_groups/${group}/${action}/`)
    await world.api('POST', `webhooks/${several.id}/test/`, { trigger: 'resolve' })
    await eventually(async () => ((await list(several)).results.length === 5 ? true : undefined))
    const told = async (query: string) => (await list(several, query)).results.map(({ trigger }: any) => trigger)
    expect(await told('?trigger=acknowledge')).toEqual(['acknowledge', 'acknowledge'])
    expect(await told('?trigger=unacknowledge')).toEqual(['unacknowledge'])
    // A test is caused by no event.
    expect(await told('?trigger=resolve')).toEqual(['resolve'])
    expect((await list(several, '?trigger=acknowledge&perpage=1&page=2')).count).toBe(2)
  })

  test('has pages', async () => {
    const second = await list(hook, '?perpage=3&page=2')
    expect(second).toMatchObject({ count: 4, total_pages: 2, next: null, results: [{ id: deliveries[3].id }] })
  })

  test.each([
    ['state', 'gone', 'Must be one of: waiting, delivered, dead, skipped.'],
    ['status', '200', 'Must be one of: 2xx, 3xx, 4xx, 5xx, none.'],
    ['since', 'yesterday', 'Must be an instant with its offset, for example 2026-11-22T01:00:00Z.'],
    ['until', '2026-01-01', 'Must be an instant with its offset, for example 2026-11-22T01:00:00Z.'],
    ['event_sequence', '1.5', 'A valid integer is required.'],
    ['trigger', 'status change', expect.stringMatching(/^Must be one of: escalation, alert group created, acknowledge, /)],
    ['event_sequence', '-1', 'Ensure this value is greater than or equal to 0.'],
  ])('refuses %s=%s by the name of the filter', async (name, value, message) => {
    expect(await world.api('GET', `webhooks/${hook.id}/deliveries/?${name}=${value}`)).toMatchObject({
      ...{ status: 400, json: { [name]: [message] } },
    })
  })
})

describe('a delivery that is sent again', () => {
  const again = (id: string) => world.api('POST', `deliveries/${id}/redeliver/`)

  test('is a delivery of its own with the same id and bytes, newly signed', async () => {
    const hook = await newHook(500)
    await world.api('POST', `webhooks/${hook.id}/signing/`)
    await alert()
    const dead = await inState(hook, 'dead')
    statuses[hook.path] = 200
    const answer = await again(dead.id)
    expect(answer).toMatchObject({ status: 201, json: { is_replay: true, webhook_message_id: dead.webhook_message_id } })
    const arrived = await eventually(async () => {
      const { json } = await world.api('GET', `deliveries/${answer.json.id}/`)
      return json.state === 'delivered' ? json : undefined
    })
    expect(arrived).toMatchObject({ is_replay: true, trigger: 'alert group created', request: dead.request })
    const [first, second] = received.filter(({ path }) => path === hook.path)
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(second?.headers['webhook-signature']).toMatch(/^v1,/)
    const old = (await world.api('GET', `deliveries/${dead.id}/`)).json
    expect(old).toMatchObject({ state: 'dead', is_replay: false })
    expect(Date.parse(old.replayed_at)).toBeGreaterThanOrEqual(Date.parse(old.ended_at))
    expect((await list(hook)).results.map(({ state }: { state: string }) => state)).toEqual(['delivered', 'dead'])
    const audits = await world.apiDb.sql.selectFrom('audit_entries').selectAll().where('subject_id', '=', hook.id).execute()
    expect(audits.at(-1)).toMatchObject({
      action: 'delivery redelivered',
      details: { delivery: dead.id, redelivery: answer.json.id, message: dead.webhook_message_id },
    })
  })

  test('is not what waits, was skipped, is being sent again, or cannot arrive', async () => {
    const waiting = await newHook(500, { retry: [3600] })
    const skipped = await newHook(200, { trigger_template: 'false' })
    const off = await newHook(200)
    const moved = await newHook(200)
    const gone = await newHook(200)
    await alert()
    const deliveries = {
      ...{ waiting: await inState(waiting, 'waiting'), skipped: await inState(skipped, 'skipped', 0) },
      ...{
        off: await inState(off, 'delivered'),
        moved: await inState(moved, 'delivered'),
        gone: await inState(gone, 'delivered'),
      },
    }
    await world.api('PATCH', `webhooks/${off.id}/`, { is_webhook_enabled: false })
    await world.api('PATCH', `webhooks/${moved.id}/`, { urls: ['here', 'there'].map((name) => ({ url: `${origin}/${name}` })) })
    const refusal = async (id: string) => {
      const { status, json } = await again(id)
      return [status, json.detail]
    }
    expect(await refusal(deliveries.waiting.id)).toEqual([409, 'This delivery still waits; it is tried by itself.'])
    expect(await refusal(deliveries.skipped.id)).toEqual([409, 'This delivery was skipped, so there is nothing to send again.'])
    expect(await refusal(deliveries.off.id)).toEqual([409, 'The webhook is switched off.'])
    expect(await refusal(deliveries.moved.id)).toEqual([
      409,
      'The webhook does not have the URL of this delivery any more, and no single one that has come in its place since.',
    ])
    await world.api('PATCH', `webhooks/${moved.id}/`, { urls: [{ url: `${origin}/elsewhere` }] })
    expect(await again(deliveries.moved.id)).toMatchObject({ status: 201, json: { url: `${origin}/elsewhere`, is_replay: true } })
    await world.api('DELETE', `webhooks/${gone.id}/`)
    expect(await refusal(deliveries.gone.id)).toEqual([404, 'Not found.'])
    expect((await world.api('GET', `deliveries/${deliveries.gone.id}/`)).status).toBe(404)
    const { messages } = { messages: deliveries.off.webhook_message_id }
    await world.api('PATCH', `webhooks/${off.id}/`, { is_webhook_enabled: true })
    await world.apiDb.sql.deleteFrom('messages').where('id', '=', messages).execute()
    expect(await refusal(deliveries.off.id)).toEqual([
      409,
      'What was sent is not stored any more, and nothing else may leave under its id.',
    ])
    for (const id of ['0', '1', 'DAAAAAAAAAAAA', 'D999999999999', 'DAAAAAAAAAAAO', 'none', '%00'])
      expect((await world.api('GET', `deliveries/${id}/`)).status).toBe(404)
  })
})

describe('the health of a webhook', () => {
  const healthOf = async ({ id }: Hook) => (await world.api('GET', `webhooks/${id}/health/`)).json

  test('says of each URL how it does', async () => {
    const hook = await newHook(200)
    for (const [name, status] of Object.entries({ broken: 500, gone: 410 })) statuses[`${hook.path}/${name}`] = status
    const urls = ['', '/broken', '/gone'].map((end) => ({ url: origin + hook.path + end }))
    await world.api('PATCH', `webhooks/${hook.id}/`, { urls, integration_filter: [integrationId] })
    const unused = await healthOf(hook)
    expect(unused.urls.map(({ state }: { state: string }) => state)).toEqual(['unused', 'unused', 'unused'])
    await alert()
    const health = await eventually(async () => {
      const found = await healthOf(hook)
      const isCounted = found.urls.every(({ last_hour: { attempts_count: made } }: any) => made === 1)
      return isCounted && found.urls.every(({ state }: any) => state !== 'unused') ? found : undefined
    })
    const [well, broken, gone] = health.urls
    expect(health.is_webhook_enabled).toBe(true)
    expect(well).toMatchObject({
      ...{ url: origin + hook.path, state: 'healthy', since: null, reason: null, failures_count: 0, paused_until: null },
      ...{ last_failure_at: null, waiting: { count: 0, first_due_at: null, oldest_event_at: null } },
      last_day: { attempts_count: 1, successes_count: 1, success_rate: 1, dead_count: 0 },
    })
    expect(well.last_hour.duration_p50_ms).toBe(well.last_hour.duration_p99_ms)
    expect(broken).toMatchObject({
      ...{ state: 'failing', failures_count: 1, last_success_at: null, since: broken.last_failure_at },
      last_hour: { attempts_count: 1, successes_count: 0, success_rate: 0, dead_count: 1 },
    })
    expect(gone).toMatchObject({ state: 'disabled', reason: 'The receiver answered 410: it is gone for good.' })
    expect(gone.since).not.toBeNull()
    await world.api('PATCH', `webhooks/${hook.id}/`, { is_webhook_enabled: false, integration_filter: [integrationId] })
    const off = await healthOf(hook)
    expect(off).toMatchObject({ is_webhook_enabled: false, urls: [{ state: 'off', last_day: { attempts_count: 1 } }, {}, {}] })
  })
})
