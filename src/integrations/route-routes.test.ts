import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { testRandom, testServer, type TestServer } from '../../test/support/server.ts'
import { makeVault } from '../accounts/secret.ts'
import { escalationChainRoutes } from '../escalation-chains/routes.ts'
import { integrationRoutes } from './routes.ts'

let server: TestServer
let api: Api
let chain: string
let names = 0

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'integration tokens', random: testRandom })
  server = await testServer((app, db) => {
    integrationRoutes(app, { db, vault })
    escalationChainRoutes(app, { db })
  })
  api = await testApi(server)
  chain = (await api.call('POST', '/api/v1/escalation_chains/', { name: 'Crew' })).body.id
})

afterAll(() => server.close())

const path = '/api/v1/routes/'

async function newIntegration(): Promise<{ readonly id: string; readonly default_route: { readonly id: string } }> {
  return (await api.call('POST', '/api/v1/integrations/', { type: 'webhook', name: `source ${(names += 1)}` })).body
}

const create = (integrationId: string, body: object = {}) =>
  api.call('POST', path, { integration_id: integrationId, escalation_chain_id: chain, routing_regex: 'x', ...body })

/** The routes of an integration as `regex@position`, in the order of the list. */
async function orderOf(integrationId: string): Promise<string> {
  const { body } = await api.call('GET', `${path}?integration_id=${integrationId}&perpage=100`)
  return body.results.map((route: any) => `${route.routing_regex ?? 'default'}@${route.position}`).join(' ')
}

/** An integration with the routes a, b and c, and their ids. */
async function threeRoutes() {
  const { id } = await newIntegration()
  const ids: string[] = []
  for (const regex of ['a', 'b', 'c']) ids.push((await create(id, { routing_regex: regex })).body.id)
  return { id, ids: { a: ids[0] ?? '', b: ids[1] ?? '', c: ids[2] ?? '' } }
}

describe('a new route', () => {
  test('is shown with the keys of the contract first, in its order', async () => {
    const { id } = await newIntegration()
    const { status, text, body } = await create(id, { routing_regex: ' us-(east|west) ', routing_type: 'regex' })
    expect(status).toBe(201)
    const channel = '{"id":null,"enabled":false}'
    expect(text).toBe(
      `{"position":0,"id":"${body.id}","integration_id":"${id}","escalation_chain_id":"${chain}","routing_type":"regex",` +
        '"routing_regex":"us-(east|west)","is_the_last_route":false,"slack":{"channel_id":null,"enabled":true},' +
        `"telegram":${channel},"mobile_app":${channel},"mobile_app_critical":${channel},"email":${channel},"webhook":${channel}}`,
    )
    expect(body.id).toMatch(/^R[A-Z1-9]{12}$/)
    expect((await api.call('GET', `${path}${body.id}/`)).body).toEqual(body)
  })

  test('takes the body of the Go client twice without a difference', async () => {
    const { id } = await newIntegration()
    const off = { id: null, enabled: false }
    const body = {
      integration_id: id,
      escalation_chain_id: chain,
      position: 0,
      routing_regex: 'us-(east|west)',
      routing_type: 'regex',
      slack: { channel_id: null, enabled: true },
      ...{ telegram: off, msteams: off, manual_order: true },
    }
    const made = await api.call('POST', path, body)
    expect(made).toMatchObject({ status: 201, body: { position: 0, routing_regex: 'us-(east|west)' } })
    for (let round = 0; round < 2; round += 1) {
      expect(await api.call('PUT', `${path}${made.body.id}/`, body)).toMatchObject({ status: 200, body: made.body })
    }
  })

  test('goes to the end, or where it shall be', async () => {
    const { id } = await threeRoutes()
    expect(await orderOf(id)).toBe('a@0 b@1 c@2 default@0')
    await create(id, { routing_regex: 'd', position: 1 })
    expect(await orderOf(id)).toBe('a@0 d@1 b@2 c@3 default@0')
    await create(id, { routing_regex: 'e', position: 0, manual_order: true })
    expect(await orderOf(id)).toBe('e@0 d@1 b@2 c@3 a@4 default@0')
    await create(id, { routing_regex: 'f', position: -1 })
    expect(await orderOf(id)).toBe('e@0 d@1 b@2 c@3 a@4 f@5 default@0')
  })

  test('may lead nowhere', async () => {
    const { id } = await newIntegration()
    expect(await create(id, { escalation_chain_id: null })).toMatchObject({ status: 201, body: { escalation_chain_id: null } })
  })

  const required = ['This field is required.']
  const whole = (message: string) => ({ non_field_errors: [message] })
  const incorrect = whole('Regular expression is incorrect')

  test.each<[string, object, object]>([
    ['no integration', { integration_id: undefined }, { integration_id: required }],
    ['a null integration', { integration_id: null }, { integration_id: ['This field may not be null.'] }],
    ['an integration that is no id', { integration_id: 7 }, { integration_id: ['Invalid values'] }],
    ['an unknown integration', { integration_id: 'C1' }, { integration_id: ['Object does not exist'] }],
    ['no chain', { escalation_chain_id: undefined }, { escalation_chain_id: required }],
    ['a chain that is no id', { escalation_chain_id: [] }, { escalation_chain_id: ['Invalid values'] }],
    ['an unknown chain', { escalation_chain_id: 'F1' }, { escalation_chain_id: ['Object does not exist'] }],
    ['no regex', { routing_regex: undefined }, { routing_regex: required }],
    ['a null regex', { routing_regex: null }, { routing_regex: ['This field may not be null.'] }],
    ['an empty regex', { routing_regex: ' ' }, { routing_regex: ['This field may not be blank.'] }],
    ['a regex that is no text', { routing_regex: {} }, { routing_regex: ['Not a valid string.'] }],
    ['a regex with a NUL', { routing_regex: 'a\u0000' }, { routing_regex: ['Null characters are not allowed.'] }],
    ['a regex that looks ahead', { routing_regex: 'a(?!b)' }, incorrect],
    ['a regex that refers back', { routing_regex: '(a)\\1' }, incorrect],
    ['a regex that is none', { routing_regex: '(' }, incorrect],
    ['a regex that becomes too large', { routing_regex: '((a{10}){10}){10}b{900}' }, incorrect],
    [
      'a regex that is too long',
      { routing_regex: '😀'.repeat(1025) },
      whole('Expression is too long. Maximum length: 1024 characters, current length: 1025'),
    ],
    ['an unknown type', { routing_type: 'glob' }, { detail: 'Invalid route type' }],
    ['a null type', { routing_type: null }, { detail: 'Invalid route type' }],
    [
      'a template that is none',
      { routing_type: 'jinja2', routing_regex: '{{ payload | wrong }}' },
      whole('Jinja template is incorrect'),
    ],
    [
      'a template that is too long',
      { routing_type: 'jinja2', routing_regex: 'x'.repeat(1025) },
      whole('Expression is too long. Maximum length: 1024 characters, current length: 1025'),
    ],
    ['labels', { routing_type: 'labels' }, whole('Expression type is incorrect')],
    ['a place below all', { position: -2 }, { detail: 'Invalid value for position field' }],
    ['a place beyond all', { position: 2_147_483_648 }, { detail: 'Invalid value for position field' }],
    ['the end by hand', { position: -1, manual_order: true }, { detail: 'Invalid value for position field' }],
    ['a place that is none', { position: 'first' }, { position: ['A valid integer is required.'] }],
    ['a channel of Slack', { slack: { channel_id: 'C2' } }, { detail: "Slack isn't connected to this workspace" }],
    [
      'several faults',
      { integration_id: 5, routing_regex: null },
      { integration_id: ['Invalid values'], routing_regex: ['This field may not be null.'] },
    ],
  ])('with %s is refused and changes nothing', async (_what, fault, answer) => {
    const { id } = await newIntegration()
    expect(await create(id, fault)).toMatchObject({ status: 400, text: JSON.stringify(answer) })
    expect(await orderOf(id)).toBe('default@0')
  })

  test('of 1024 characters is taken', async () => {
    const { id } = await newIntegration()
    expect((await create(id, { routing_regex: '😀'.repeat(1024) })).status).toBe(201)
  })

  test('beyond what the expressions of an integration may be together is refused', async () => {
    const { id } = await newIntegration()
    const large = { routing_regex: 'x'.repeat(1024) }
    for (let made = 0; made < 48; made += 1) expect((await create(id, large)).status).toBe(201)
    const tooMuch = { status: 400, body: { detail: 'The expressions of the routes of an integration are too large together' } }
    expect(await create(id, large)).toMatchObject(tooMuch)
    const { body: small } = await create(id)
    expect(small.position).toBe(48)
    expect(await api.call('PUT', `${path}${small.id}/`, large)).toMatchObject(tooMuch)
  })
})

describe('a route', () => {
  test('keeps what a change leaves out', async () => {
    const { id } = await newIntegration()
    const { body: made } = await create(id, { slack: { channel_id: null, enabled: false } })
    for (const method of ['PUT', 'PATCH'] as const) {
      expect(await api.call(method, `${path}${made.id}/`, {})).toMatchObject({ status: 200, body: made })
    }
    const other = await newIntegration()
    const changed = await api.call('PUT', `${path}${made.id}/`, { routing_regex: 'y', integration_id: other.id, position: null })
    expect(changed).toMatchObject({ status: 200, body: { ...made, routing_regex: 'y' } })
  })

  test('moves others out of its way, or changes places with one', async () => {
    const { id, ids } = await threeRoutes()
    await api.call('PUT', `${path}${ids.c}/`, { position: 0 })
    expect(await orderOf(id)).toBe('c@0 a@1 b@2 default@0')
    await api.call('PATCH', `${path}${ids.b}/`, { position: 0, manual_order: true })
    expect(await orderOf(id)).toBe('b@0 a@1 c@2 default@0')
    await api.call('PATCH', `${path}${ids.b}/`, { position: -1 })
    expect(await orderOf(id)).toBe('a@0 c@1 b@2 default@0')
    await api.call('PATCH', `${path}${ids.a}/`, { position: 2_147_483_647, manual_order: true })
    expect(await orderOf(id)).toBe('c@1 b@2 a@2147483647 default@0')
    await create(id, { routing_regex: 'd' })
    expect(await orderOf(id)).toBe('c@0 b@1 a@2 d@3 default@0')
  })

  test('leaves a gap when it is deleted', async () => {
    const { id, ids } = await threeRoutes()
    expect((await api.call('DELETE', `${path}${ids.b}/`)).status).toBe(204)
    expect(await orderOf(id)).toBe('a@0 c@2 default@0')
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      expect((await api.call(method, `${path}${ids.b}/`, method.startsWith('P') ? {} : undefined)).status).toBe(404)
    }
  })

  test.each<[object, object]>([
    [{ escalation_chain_id: null }, { escalation_chain_id: ['This field may not be null.'] }],
    [{ escalation_chain_id: 'F1' }, { escalation_chain_id: ['Object does not exist'] }],
    [{ routing_regex: null }, { routing_regex: ['This field may not be null.'] }],
    [{ routing_regex: '' }, { routing_regex: ['This field may not be blank.'] }],
    [{ routing_regex: '[' }, { non_field_errors: ['Regular expression is incorrect'] }],
    [{ routing_type: 'jinja2', routing_regex: '{{' }, { non_field_errors: ['Jinja template is incorrect'] }],
    [{ position: -5 }, { detail: 'Invalid value for position field' }],
    [{ telegram: { id: 'Z1' } }, { detail: 'Telegram channel does not exist' }],
  ])('does not take %j', async (fault, answer) => {
    const { id } = await newIntegration()
    const { body: made } = await create(id)
    for (const method of ['PUT', 'PATCH'] as const) {
      const refused = await api.call(method, `${path}${made.id}/`, { routing_regex: 'other', ...fault })
      expect(refused).toMatchObject({ status: 400, text: JSON.stringify(answer) })
    }
    expect((await api.call('GET', `${path}${made.id}/`)).body).toEqual(made)
  })

  test('becomes a template and an expression again, if what it says fits', async () => {
    const { id } = await newIntegration()
    const { body: made } = await create(id, { routing_type: 'jinja2', routing_regex: '{{ payload.a == "(" }}' })
    expect(made).toMatchObject({ routing_type: 'jinja2', routing_regex: '{{ payload.a == "(" }}' })
    const change = (body: object) => api.call('PATCH', `${path}${made.id}/`, body)
    expect((await change({ routing_regex: '{{ 1 }}(' })).body).toMatchObject({
      routing_type: 'jinja2',
      routing_regex: '{{ 1 }}(',
    })
    expect(await change({ routing_type: 'regex' })).toMatchObject({
      status: 400,
      body: { non_field_errors: ['Regular expression is incorrect'] },
    })
    expect((await change({ routing_type: 'regex', routing_regex: 'a{1}' })).body).toMatchObject({ routing_type: 'regex' })
    expect((await change({ routing_type: 'jinja2' })).body).toMatchObject({ routing_type: 'jinja2', routing_regex: 'a{1}' })
  })

  test('is of nobody else, and only for admins to change', async () => {
    const { id } = await newIntegration()
    const { body: made } = await create(id)
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const body = method.startsWith('P') ? { routing_regex: 'mine' } : undefined
      expect((await api.callAs('stranger', method, `${path}${made.id}/`, body)).status).toBe(404)
      const inside = await api.callAs('editor', method, `${path}${made.id}/`, body)
      expect(inside.status).toBe(method === 'GET' ? 200 : 403)
    }
    const foreign = { integration_id: id, escalation_chain_id: null, routing_regex: 'mine' }
    expect(await api.callAs('stranger', 'POST', path, foreign)).toMatchObject({
      status: 400,
      body: { integration_id: ['Object does not exist'] },
    })
  })

  test('goes with its integration', async () => {
    const { id } = await newIntegration()
    const { body: made } = await create(id)
    await api.call('DELETE', `/api/v1/integrations/${id}/`)
    expect((await api.call('GET', `${path}${made.id}/`)).status).toBe(404)
    expect(await create(id)).toMatchObject({ status: 400, body: { integration_id: ['Object does not exist'] } })
  })
})

test('the default route has neither expression nor place, whatever is said of them', async () => {
  const { id, default_route: route } = await newIntegration()
  const before = (await api.call('GET', `${path}${route.id}/`)).body
  expect(before).toMatchObject({ position: 0, routing_regex: null, is_the_last_route: true })
  expect((await api.call('PUT', `${path}${route.id}/`, { ...before, escalation_chain_id: chain })).body).toEqual({
    ...before,
    escalation_chain_id: chain,
  })
  await api.call('PATCH', `${path}${route.id}/`, { routing_regex: 'x', routing_type: 'jinja2', position: 3 })
  expect(await orderOf(id)).toBe('default@0')
  expect(await api.call('DELETE', `${path}${route.id}/`)).toMatchObject({
    status: 400,
    body: { detail: 'Unable to delete default filter' },
  })
})

test('routes are found by their integration and by the whole expression', async () => {
  const { id } = await threeRoutes()
  const count = async (query: string) => (await api.call('GET', `${path}?${query}`)).body.count
  expect(await count(`integration_id=${id}`)).toBe(4)
  expect(await count(`integration_id=${id}&routing_regex=b`)).toBe(1)
  expect(await count(`integration_id=${id}&routing_regex=B`)).toBe(0)
  expect(await count(`integration_id=${id}&routing_regex=`)).toBe(4)
  expect((await api.call('GET', `${path}?integration_id=${id}`)).body.page_size).toBe(25)
})

test('many writers at once leave every route at a place of its own', async () => {
  const { id, ids } = await threeRoutes()
  const work = Array.from({ length: 40 }, (_, index) => {
    const routeId = [ids.a, ids.b, ids.c][index % 3] ?? ''
    if (index % 4 === 0) return create(id, { routing_regex: `n${index}`, position: index % 5 })
    return api.call('PATCH', `${path}${routeId}/`, { position: index % 6, manual_order: index % 2 === 0 })
  })
  const statuses = new Set((await Promise.all(work)).map(({ status }) => status))
  expect([...statuses].toSorted()).toEqual([200, 201])
  const { body } = await api.call('GET', `${path}?integration_id=${id}&perpage=100`)
  const places = body.results.filter((route: any) => !route.is_the_last_route).map((route: any) => route.position)
  expect(places).toHaveLength(13)
  expect(new Set(places).size).toBe(13)
})
