import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { testRandom, testServer, type TestServer } from '../../test/support/server.ts'
import { makeVault } from '../accounts/secret.ts'
import { escalationChainRoutes } from '../escalation-chains/routes.ts'
import { freshSources, sourceByToken, sourceOf } from './commands.ts'
import { integrationRoutes } from './routes.ts'

let server: TestServer
let api: Api
let names = 0

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'integration tokens', random: testRandom })
  server = await testServer((app, db) => {
    integrationRoutes(app, { db, vault })
    escalationChainRoutes(app, { db })
  })
  api = await testApi(server)
})

afterAll(() => server.close())

const newIntegration = async (fields: object = {}) =>
  (await api.call('POST', '/api/v1/integrations/', { type: 'webhook', name: `source ${(names += 1)}`, ...fields })).body

const newChain = async (): Promise<string> =>
  (await api.call('POST', '/api/v1/escalation_chains/', { name: `chain ${(names += 1)}` })).body.id

describe('integrations', () => {
  test('are shown with the keys of the contract first, in its order', async () => {
    const { status, body, text } = await api.call('POST', '/api/v1/integrations/', { type: 'alertmanager', name: 'Main' })
    expect(status).toBe(201)
    const channel = '{"id":null,"enabled":false}'
    const image = '{"title":null,"message":null,"image_url":null}'
    const message = '{"title":null,"message":null}'
    expect(text).toBe(
      '{"maintenance_mode":null,"maintenance_started_at":null,"maintenance_end_at":null,' +
        `"id":"${body.id}","name":"Main","description_short":null,"team_id":null,` +
        `"link":"https://bell.example/integrations/v1/alertmanager/${body.key}/","inbound_email":null,"type":"alertmanager",` +
        `"default_route":{"id":"${body.default_route.id}","slack":{"channel_id":null,"enabled":true},"telegram":${channel},` +
        `"escalation_chain_id":null,"mobile_app":${channel},"mobile_app_critical":${channel},"email":${channel},"webhook":${channel}},` +
        '"templates":{"grouping_key":null,"resolve_signal":null,"acknowledge_signal":null,"source_link":null,' +
        `"slack":${image},"web":${image},"sms":{"title":null},"phone_call":{"title":null},"telegram":${image},` +
        `"mobile_app":${message},"email":${message}},"heartbeat":null,"service":null,"urgency":"medium","key":"${body.key}","enabled":true,"header_token":null}`,
    )
    expect(body.id).toMatch(/^C[A-Z1-9]{12}$/)
    expect(body.default_route.id).toMatch(/^R[A-Z1-9]{12}$/)
    expect(body.key).toMatch(/^[A-Za-z0-9]{25}$/)
  })

  test('take the bodies of the Go client twice without a difference', async () => {
    const body = {
      team_id: '',
      name: 'From Terraform',
      type: 'formatted_webhook',
      templates: { grouping_key: null, slack: { title: null, message: null, image_url: null }, msteams: null, email: null },
      default_route: {
        id: '',
        escalation_chain_id: await newChain(),
        slack: { channel_id: null, enabled: true },
        telegram: { id: null, enabled: false },
        msteams: { id: null, enabled: false },
      },
      labels: [],
      dynamic_labels: [],
    }
    const first = await api.call('POST', '/api/v1/integrations/', body)
    expect(first).toMatchObject({
      status: 201,
      body: { default_route: { escalation_chain_id: body.default_route.escalation_chain_id } },
    })
    for (let round = 0; round < 2; round += 1) {
      const again = await api.call('PUT', `/api/v1/integrations/${first.body.id}/`, body)
      expect(again).toMatchObject({ status: 200, body: first.body })
    }
    expect((await api.call('GET', `/api/v1/integrations/${first.body.id}/`)).body).toEqual(first.body)
  })

  test('keep what a change leaves out', async () => {
    const chain = await newChain()
    const made = await newIntegration({
      description_short: 'of the boiler',
      urgency: 'high',
      default_route: { escalation_chain_id: chain },
    })
    const path = `/api/v1/integrations/${made.id}/`
    expect((await api.call('PATCH', path, {})).body).toEqual(made)
    expect((await api.call('PUT', path, { urgency: 'low', type: 'alertmanager' })).body).toEqual({ ...made, urgency: 'low' })
    expect((await api.call('PATCH', path, { urgency: null })).body).toEqual({ ...made, urgency: 'medium' })
    const { body } = await api.call('PATCH', path, { description_short: null, default_route: { escalation_chain_id: null } })
    expect(body).toMatchObject({ description_short: null, default_route: { escalation_chain_id: null }, key: made.key })
  })

  test('without a name get one of their own', async () => {
    const made = await Promise.all([1, 2, 3].map(() => newIntegration({ name: undefined })))
    for (const { name } of made) expect(name).toMatch(/^Webhook :[a-z_]+:$/)
    expect(new Set(made.map(({ name }) => name)).size).toBe(3)
  })

  test('are listed, whole or by name and team', async () => {
    const { name } = await newIntegration()
    const list = async (query: string) => (await api.call('GET', `/api/v1/integrations/?${query}`)).body.count
    expect(await list(`name=${name}`)).toBe(1)
    expect(await list(`name=${name}&team_id=null`)).toBe(1)
    expect(await list('name=nobody')).toBe(0)
    expect(await list('name=&team_id=')).toBe(await list(''))
    expect(await api.call('GET', '/api/v1/integrations/?team_id=T1')).toMatchObject({
      status: 400,
      body: { team_id: ['Select a valid choice. That choice is not one of the available choices.'] },
    })
  })

  test('that are deleted give their name free and take no more alerts', async () => {
    const { id, key, name } = await newIntegration()
    expect((await api.call('DELETE', `/api/v1/integrations/${id}/`)).status).toBe(204)
    expect((await api.call('GET', `/api/v1/integrations/${id}/`)).status).toBe(404)
    expect((await api.call('DELETE', `/api/v1/integrations/${id}/`)).status).toBe(404)
    expect(await sourceByToken(server.db.sql, key)).toBe(null)
    expect((await newIntegration({ name })).name).toBe(name)
  })

  test.each<[object, object]>([
    [{ type: 'smoke' }, { detail: 'Invalid integration type' }],
    [{ name: 'Taken' }, { detail: 'An integration with this name already exists for this team' }],
    [{ default_route: { escalation_chain_id: 'F1' } }, { escalation_chain_id: ['Object does not exist'] }],
    [{ service: 'SV1' }, { service: ['Object does not exist'] }],
    [{ team_id: 'T1' }, { team_id: ['Object does not exist'] }],
    [{ templates: { web: { title: '{{ x }}' } } }, { detail: expect.stringContaining('Templates are not available yet') }],
  ])('are refused: %j', async (fields, wanted) => {
    await newIntegration({ name: 'Taken' })
    expect(await api.call('POST', '/api/v1/integrations/', { type: 'webhook', ...fields })).toMatchObject({
      status: 400,
      body: wanted,
    })
  })

  test('cannot take the name of another one', async () => {
    await newIntegration({ name: 'Taken' })
    const { id } = await newIntegration()
    const refused = await api.call('PUT', `/api/v1/integrations/${id}/`, { name: 'Taken' })
    expect(refused).toMatchObject({ status: 400, body: { detail: 'An integration with this name already exists for this team' } })
  })

  test('are neither shown to nor changed by another organization', async () => {
    const { id } = await newIntegration()
    for (const [method, body] of [['GET'], ['PUT', {}], ['PATCH', {}], ['DELETE']] as const) {
      expect((await api.callAs('stranger', method, `/api/v1/integrations/${id}/`, body)).status).toBe(404)
    }
    expect((await api.callAs('stranger', 'GET', '/api/v1/integrations/')).body.count).toBe(0)
  })

  test('are read by viewers and written by admins', async () => {
    const { id } = await newIntegration()
    expect((await api.callAs('viewer', 'GET', `/api/v1/integrations/${id}/`)).status).toBe(200)
    expect((await api.callAs('none', 'GET', `/api/v1/integrations/${id}/`)).status).toBe(403)
    expect((await api.callAs('editor', 'PUT', `/api/v1/integrations/${id}/`, {})).status).toBe(403)
  })
})

describe('routes', () => {
  test('are the default ones, in the order of the contract', async () => {
    const chain = await newChain()
    const { id, default_route: route } = await newIntegration({ default_route: { escalation_chain_id: chain } })
    const { body, text } = await api.call('GET', `/api/v1/routes/?integration_id=${id}`)
    expect(body).toMatchObject({ count: 1, page_size: 25 })
    const channel = '{"id":null,"enabled":false}'
    expect(text).toContain(
      `{"position":0,"id":"${route.id}","integration_id":"${id}","escalation_chain_id":"${chain}","routing_type":"regex",` +
        `"routing_regex":null,"is_the_last_route":true,"slack":{"channel_id":null,"enabled":true},"telegram":${channel},"mobile_app":${channel}`,
    )
    expect((await api.call('GET', `/api/v1/routes/${route.id}/`)).body).toEqual(body.results[0])
    expect((await api.call('GET', `/api/v1/routes/?integration_id=${id}&routing_regex=x`)).body.count).toBe(0)
    expect((await api.call('GET', `/api/v1/routes/?integration_id=${id}&routing_regex=`)).body.count).toBe(1)
    const all = (await api.call('GET', '/api/v1/routes/')).body.count
    expect((await api.call('GET', '/api/v1/routes/?integration_id=&routing_regex=')).body.count).toBe(all)
  })

  test('keep which messengers were switched on and off', async () => {
    const off = { slack: { channel_id: null, enabled: false }, telegram: { id: null, enabled: true } }
    const chain = await newChain()
    const { id, default_route: made } = await newIntegration({ default_route: { escalation_chain_id: chain, ...off } })
    expect(made).toMatchObject({ ...off, email: { id: null, enabled: false } })
    const path = `/api/v1/routes/${made.id}/`
    expect((await api.call('GET', path)).body).toMatchObject(off)
    const email = { id: null, enabled: true }
    expect((await api.call('PATCH', path, { email, slack: null })).body).toMatchObject({ ...off, email })
    const { body } = await api.call('PUT', `/api/v1/integrations/${id}/`, { default_route: { telegram: { enabled: false } } })
    const telegram = { id: null, enabled: false }
    expect(body.default_route).toEqual({ ...made, telegram, email })
    expect((await api.call('GET', `/api/v1/routes/?integration_id=${id}`)).body.results).toMatchObject([{ telegram, email }])
    expect(await api.call('PATCH', path, { slack: { channel_id: null, enabled: 'perhaps' } })).toMatchObject({
      status: 400,
      body: { slack: ['Must be a valid boolean.'] },
    })
  })

  test('lead to another chain, and to none once it is gone', async () => {
    const { default_route: route } = await newIntegration()
    const chain = await newChain()
    const path = `/api/v1/routes/${route.id}/`
    const body = {
      escalation_chain_id: chain,
      position: 0,
      routing_type: 'regex',
      slack: { channel_id: null, enabled: true },
      manual_order: true,
    }
    expect(await api.call('PUT', path, body)).toMatchObject({ status: 200, body: { escalation_chain_id: chain } })
    expect(await api.call('PATCH', path, { escalation_chain_id: 'F1' })).toMatchObject({
      status: 400,
      body: { escalation_chain_id: ['Object does not exist'] },
    })
    await api.call('DELETE', `/api/v1/escalation_chains/${chain}/`)
    expect((await api.call('GET', path)).body.escalation_chain_id).toBe(null)
  })

  test('are neither shown to nor changed by another organization', async () => {
    const { default_route: route } = await newIntegration()
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const answer = await api.callAs('stranger', method, `/api/v1/routes/${route.id}/`, method.startsWith('P') ? {} : undefined)
      expect(answer.status).toBe(404)
    }
    const chain = await newChain()
    const foreign = await api.callAs('stranger', 'POST', '/api/v1/integrations/', {
      type: 'webhook',
      default_route: { escalation_chain_id: chain },
    })
    expect(foreign).toMatchObject({ status: 400, body: { escalation_chain_id: ['Object does not exist'] } })
    expect((await api.callAs('editor', 'PUT', `/api/v1/routes/${route.id}/`, {})).status).toBe(403)
  })
})

test('an alert finds its source by the token of its URL, and later by its id', async () => {
  const chain = await newChain()
  const { id, key, name } = await newIntegration({ default_route: { escalation_chain_id: chain } })
  const { organizationId } = api.system
  const source = {
    organizationId,
    id,
    type: 'webhook',
    name,
    teamName: null,
    urgency: 'medium',
    defaultRoute: { escalationChainId: chain },
  }
  expect(await sourceByToken(server.db.sql, key)).toMatchObject(source)
  expect(await sourceByToken(server.db.sql, key.toLowerCase())).toBe(null)
  await api.call('DELETE', `/api/v1/integrations/${id}/`)
  expect(await server.db.tx('test', (tx) => freshSources(tx, [{ organizationId, id }]))).toEqual([])
  expect(await sourceOf(server.db.sql, organizationId, id)).toMatchObject(source)
})

test('the audit says who made, changed and deleted an integration, and neither it nor the log holds a token', async () => {
  const { id, key, name } = await newIntegration()
  await api.call('PATCH', `/api/v1/integrations/${id}/`, { name: `${name}, new` })
  await api.call('DELETE', `/api/v1/integrations/${id}/`)
  const entries = await server.db.sql.selectFrom('audit_entries').selectAll().where('subject_id', '=', id).execute()
  const { users } = api
  expect(
    entries.map(({ action, actor }) => ({ action, actor })).toSorted((one, other) => one.action.localeCompare(other.action)),
  ).toEqual(
    ['integration created', 'integration deleted', 'integration updated'].map((action) => ({
      action,
      actor: { kind: 'user', id: users.admin, token_id: expect.any(String) },
    })),
  )
  expect(JSON.stringify(entries)).not.toContain(key)
  expect(JSON.stringify(server.lines)).not.toContain(key)
})

test('a form is a body too', async () => {
  const payload = new URLSearchParams({ type: 'webhook', name: 'From a form', description_short: '5' }).toString()
  const { authorization } = api.headersOf('admin')
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await server.app.inject({ method: 'POST', url: '/api/v1/integrations/', headers, payload })
  expect(answer.statusCode).toBe(201)
  expect(answer.json()).toMatchObject({ name: 'From a form', description_short: '5' })
})
