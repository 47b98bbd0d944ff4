import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { newCrew, type StillWorld, stillWorld } from '../../test/support/still-world.ts'

let world: StillWorld
let room: BoilerRoom
let count = 0

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'tree')
})

afterAll(() => world.close())

type Integration = { readonly id: string; readonly link: string; readonly key: string }

const newSource = async (fields: object = {}): Promise<Integration> => {
  const source = await room.newSource(undefined, { type: 'pagertree', ...fields })
  return (await room.crew.api('GET', `integrations/${source.id}/`)).json
}

type Sent = { readonly headers?: Record<string, string>; readonly method?: 'GET' | 'POST' }

/** What is answered: the status, and the body where there is one. */
async function send(url: string, payload: unknown, { headers = {}, method = 'POST' }: Sent = {}): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const path = url.replace('https://bell.example', '')
  const answer = await world.app.inject({
    method,
    url: path,
    payload: text,
    headers: { 'content-type': 'application/json', ...headers },
  })
  return `${answer.statusCode} ${answer.body}`.trim()
}

const create = (Id: string | number, more: object = {}) => ({
  event_type: 'create',
  Id,
  Title: `about ${Id}`,
  Description: 'x',
  ...more,
})
const newId = () => `id-${(count += 1)}`

const groupsOf = async ({ id }: Integration) => (await room.crew.api('GET', `alert_groups/?integration_id=${id}`)).json.results
const brief = async (source: Integration) =>
  (await groupsOf(source)).map(({ state, alerts_count }: any) => `${state} ${alerts_count}`).toSorted()
const ignored = async () =>
  (await room.crew.api('GET', 'events/?limit=1000')).json.results.filter(({ type }: any) => type === 'alert.ignored')

describe('the address of a PagerTree integration', () => {
  test('is shown with two UUIDs, and opens in all three forms, in any case', async () => {
    const source = await newSource()
    expect(source.link).toMatch(
      /^https:\/\/bell\.example\/integration\/1(\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}){2}$/,
    )
    expect(source.key).toMatch(/^[0-9a-f]{64}$/)
    const forms = [
      source.link,
      `${source.link}/`,
      source.link.replace('/1/', '/15/').toUpperCase().replace('HTTPS://BELL.EXAMPLE/INTEGRATION', ''),
      `/integration/int_${source.key}`,
      `/integration/${room.crew.organizationId}/${source.key}`,
    ]
    for (const form of forms) {
      const url = form.startsWith('/15/') ? `/integration${form}` : form
      expect([url, await send(url, create('same'))]).toEqual([url, '200'])
    }
    expect(await brief(source)).toEqual(['firing 5'])
  })

  test('with a wrong key, organization or number opens nothing', async () => {
    const source = await newSource()
    const other = await newCrew(world, 'neighbours')
    const oncall = await room.newSource()
    const wrong = [
      source.link.slice(0, -1) + (source.link.endsWith('0') ? '1' : '0'),
      source.link.replace('/1/', '/one/'),
      `/integration/int_${'0'.repeat(64)}`,
      `/integration/${source.key}`,
      `/integration/${other.organizationId}/${source.key}`,
      `/integration/${room.crew.organizationId}/nothing`,
      `/integration/int_${oncall.link.split('/').at(-2)}`,
      `/integration/abcde/generic/${source.key}`,
    ]
    for (const url of wrong) {
      expect([url, await send(url, create(newId()))]).toEqual([url, '404'])
      expect([url, await send(url, '', { method: 'GET' })]).toEqual([url, '404'])
    }
    expect(await brief(source)).toEqual([])
  })

  test('tells a person what to do, and the other URLs where to go', async () => {
    const source = await newSource()
    expect(await send(source.link, '', { method: 'GET' })).toContain('as to PagerTree')
    const old = `/integrations/v1/pagertree/${source.key}/`
    expect(await send(old, create('x'))).toBe('400 PagerTree has URLs of its own: send to the "link" of the integration.')
    expect(await send(`/integrations/v1/webhook/${source.key}/`, create('x'))).toBe(
      '400 This url is for integration with Webhook.Key is for PagerTree',
    )
  })

  test('of a deleted integration opens nothing from then on', async () => {
    const source = await newSource()
    expect(await send(source.link, create('x'))).toBe('200')
    await room.crew.api('DELETE', `integrations/${source.id}/`)
    for (const payload of [create('x'), '{broken', { event_type: 'create' }]) expect(await send(source.link, payload)).toBe('404')
  })
})

describe('an integration', () => {
  test('that is disabled answers 405, and is open again when it is enabled', async () => {
    const source = await newSource()
    expect(await send(source.link, create('x'))).toBe('200')
    await room.crew.api('PATCH', `integrations/${source.id}/`, { enabled: false })
    for (const payload of [create('y'), '{broken', { event_type: 'create' }]) expect(await send(source.link, payload)).toBe('405')
    await room.crew.api('PATCH', `integrations/${source.id}/`, { enabled: true })
    expect(await send(source.link, create('x'))).toBe('200')
    expect(await brief(source)).toEqual(['firing 2'])
  })

  test('of Grafana OnCall that is disabled answers 403', async () => {
    const source = await room.newSource([], { enabled: false })
    expect(await send(source.link, {})).toBe('403 Integration is disabled. Permission denied.')
    await room.crew.api('PATCH', `integrations/${source.id}/`, { enabled: true })
    expect(await send(source.link, {})).toBe('200 "Ok."')
    await room.crew.api('PATCH', `integrations/${source.id}/`, { enabled: false })
    expect(await send(source.link, {})).toBe('403 Integration is disabled. Permission denied.')
  })

  test('with a header token answers 403 without it, and without one looks at no header', async () => {
    const source = await newSource({ header_token: 'open sesame' })
    expect((await room.crew.api('GET', `integrations/${source.id}/`)).json.header_token).toBe('open sesame')
    const shown = (token: string) => send(source.link, create('x'), { headers: { 'pagertree-token': token } })
    expect(await send(source.link, create('x'))).toBe('403')
    expect(await shown('open')).toBe('403')
    expect(await shown('open sesame')).toBe('200')
    await room.crew.api('PATCH', `integrations/${source.id}/`, { header_token: 'changed' })
    expect(await shown('open sesame')).toBe('403')
    expect(await shown('changed')).toBe('200')
    await room.crew.api('PATCH', `integrations/${source.id}/`, { header_token: null })
    expect(await shown('whatever')).toBe('200')
    expect(await send(source.link, create('x'))).toBe('200')
    expect(await brief(source)).toEqual(['firing 4'])
  })

  test('of another type has no header token', async () => {
    expect(await room.crew.api('POST', 'integrations/', { type: 'webhook', header_token: 'x' })).toMatchObject({
      status: 400,
      json: { header_token: ['Only integrations of the type pagertree have one.'] },
    })
  })
})

describe('what is sent', () => {
  test('creates, repeats, acknowledges and resolves by its id', async () => {
    const source = await newSource()
    for (const event_type of ['create', 'create', 'acknowledge', 'acknowledge', 'create', 'resolve'])
      expect(await send(source.link, { ...create(1, { Title: event_type === 'create' ? 'Down' : null }), event_type })).toBe(
        '200',
      )
    const [group] = await groupsOf(source)
    expect(group).toMatchObject({ title: 'Down', state: 'resolved', alerts_count: 6, acknowledged_by: null, resolved_by: null })
    expect(await room.typesOf(group.id)).toEqual([
      'alert_group.created',
      'escalation.started',
      'alert_group.acknowledged',
      'alert_group.resolved',
    ])
    expect(await send(source.link, { event_type: 'acknowledge', id: '1' })).toBe('200')
    expect((await room.typesOf(group.id)).at(-1)).toBe('alert.ignored')
    expect(await send(source.link, create(1))).toBe('200')
    expect(await brief(source)).toEqual(['firing 1', 'resolved 6'])
  })

  test('resolved before it is created is ignored, and the create pages', async () => {
    const source = await newSource()
    const before = (await ignored()).length
    expect(await send(source.link, { event_type: 'resolve', id: 'early' })).toBe('200')
    expect(await send(source.link, create('early'))).toBe('200')
    expect(await brief(source)).toEqual(['firing 1'])
    expect((await ignored()).slice(before)).toMatchObject([
      { alert_group_id: null, data: { integration: { id: source.id }, payload: { event_type: 'resolve', id: 'early' } } },
    ])
  })

  test('with an unknown event type is answered 200 and kept where a person sees it', async () => {
    const source = await newSource()
    const before = (await ignored()).length
    for (const body of [{ event_type: 'trigger', title: 'x' }, { hello: 'world' }, ''])
      expect(await send(source.link, body)).toBe('200')
    expect((await ignored()).slice(before).map(({ data }: any) => [data.reason, data.payload])).toEqual([
      ['The event_type "trigger" is none of create, acknowledge and resolve', { event_type: 'trigger', title: 'x' }],
      ['The event_type is missing: it must be create, acknowledge or resolve', { hello: 'world' }],
      ['The event_type is missing: it must be create, acknowledge or resolve', {}],
    ])
    expect(await brief(source)).toEqual([])
  })

  test.each([
    ['{"event_type":"create","Id":"x"}', "title can't be blank"],
    ['{"event_type":"create","Id":"x","Title":null}', "title can't be blank"],
    ['[{"event_type":"create","Title":"x"}]', 'the body is not a JSON object'],
    ['"create"', 'the body is not a JSON object'],
  ])('as %s is refused in the form of the contract', async (body, message) => {
    const source = await newSource()
    expect(await send(source.link, body)).toBe(`400 {"errors":[{"message":${JSON.stringify(message)}}],"code":400}`)
    expect(await brief(source)).toEqual([])
  })

  test('as no JSON, too deep or an upload is refused in the same form', async () => {
    const source = await newSource()
    expect(await send(source.link, '{broken')).toMatch(/^400 \{"errors":\[\{"message":"JSON parse error - .*"\}\],"code":400\}$/)
    expect(await send(source.link, '['.repeat(201))).toContain('nested more than 200 levels deep')
    const upload = { headers: { 'content-type': 'multipart/form-data; boundary=x' } }
    expect(await send(source.link, 'x', upload)).toBe('400 {"errors":[{"message":"File uploads are not allowed"}],"code":400}')
  })

  test('as a form, under any content type, or without braces as their guide prints it, is taken', async () => {
    const source = await newSource()
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    expect(await send(source.link, 'event_type=create&Id=f1&Title=of+a+form', form)).toBe('200')
    expect(await send(source.link, create('f1'), { headers: { 'content-type': 'text/plain' } })).toBe('200')
    expect(await send(source.link, '"event_type": "create",\n"Id": "f1",\n"Title": "t"\n')).toBe('200')
    expect(await brief(source)).toEqual(['firing 3'])
    expect((await groupsOf(source))[0].title).toBe('of a form')
  })

  test('with its own urgency pages by it, and otherwise by that of the integration', async () => {
    const source = await newSource({ urgency: 'low' })
    await send(source.link, create('own', { Urgency: 'Critical!' }))
    await send(source.link, create('none', { Urgency: 'whatever' }))
    const urgencies = (await groupsOf(source)).map(({ title, urgency }: any) => [title, urgency])
    expect(urgencies.toSorted()).toEqual([
      ['about none', 'low'],
      ['about own', 'critical'],
    ])
  })

  test('is found by its id whatever route its words would take', async () => {
    const source = await newSource()
    const route = { integration_id: source.id, routing_regex: 'severe', escalation_chain_id: null }
    expect((await room.crew.api('POST', 'routes/', route)).status).toBe(201)
    await send(source.link, create('moving', { Description: 'severe' }))
    await send(source.link, create('moving', { Description: 'calm' }))
    await send(source.link, { event_type: 'resolve', Id: 'moving' })
    expect(await brief(source)).toEqual(['resolved 3'])
    await send(source.link, { event_type: 'acknowledge', Id: 'moving' })
    expect((await room.typesOf((await groupsOf(source))[0].id)).at(-1)).toBe('alert.ignored')
    await send(source.link, create('moving', { Description: 'calm' }))
    await room.act((await groupsOf(source)).find(({ state }: any) => state === 'resolved').id, 'unresolve')
    await send(source.link, create('moving', { Description: 'severe' }))
    expect(await brief(source)).toEqual(['firing 2', 'firing 3'])
  })

  test('by the thousand at once is one group, and what is ignored at once few events', async () => {
    const source = await newSource()
    const before = (await ignored()).length
    const bodies = [create('storm'), { event_type: 'resolve', id: 'nobody' }]
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => send(source.link, bodies[index % 2])))
    expect(new Set(answers)).toEqual(new Set(['200']))
    expect(await brief(source)).toEqual(['firing 500'])
    const events = (await ignored()).slice(before)
    expect(events.reduce((sum: number, { data }: any) => sum + data.alerts_count, 0)).toBe(500)
    expect(events.length).toBeLessThan(50)
  })

  test('at great length is taken, and kept in part', async () => {
    const source = await newSource()
    expect(await send(source.link, create('long', { Description: 'x'.repeat(8_000_000) }))).toBe('200')
    expect((await groupsOf(source))[0].last_alert.payload.truncated).toBe(true)
    expect(await send(source.link, create('long', { Description: 'x'.repeat(17_000_000) }))).toMatch(/^413/)
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
