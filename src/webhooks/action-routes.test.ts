import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { testRandom, testServer, type TestServer } from '../../test/support/server.ts'
import { makeVault } from '../accounts/secret.ts'
import { egressPolicy } from '../deliveries/egress/egress.ts'
import { actionRoutes } from './action-routes.ts'
import { webhookRoutes } from './routes.ts'

let server: TestServer
let api: Api

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'test', random: testRandom })
  const nothing = async () => new Set<string>()
  const egress = egressPolicy([], 'https://bell.example')
  const settings = { vault, egress, integrationsThatExist: nothing, schedulesThatExist: nothing }
  server = await testServer((app, db) => {
    actionRoutes(app, { db, settings })
    webhookRoutes(app, {
      db,
      settings,
      messageVault: vault,
      eventExcerptsOf: async () => new Map(),
      causesOf: async () => new Map(),
    })
  })
  api = await testApi(server)
})

afterAll(() => server.close())

const actions = '/api/v1/actions/'
const webhooks = '/api/v1/webhooks/'

describe('actions', () => {
  test('need a name and a URL, and are shown in the order of the contract', async () => {
    const { status, text, body } = await api.call('POST', actions, { name: 'Old desk', url: 'https://desk.example/' })
    expect(status).toBe(201)
    expect(text).toBe(
      `{"id":"${body.id}","name":"Old desk","is_webhook_enabled":true,"team_id":null,"user":null,"data":null,"password":null,` +
        '"authorization_header":null,"trigger_template":null,"headers":null,"url":"https://desk.example/",' +
        '"forward_whole_payload":true,"http_method":"POST","trigger_type":"escalation","integration_filter":null}',
    )
    expect((await api.call('GET', `${actions}${body.id}/`)).text).toBe(text)
  })

  test('are the webhooks under other names', async () => {
    const fields = { user: 'ann', password: 'sesame', forward_whole_payload: false, data: 'text', team_id: '' }
    const made = await api.call('POST', actions, { name: 'Twin', url: 'https://desk.example/', ...fields })
    const id: string = made.body.id
    expect((await api.call('GET', `${webhooks}${id}/`)).body).toMatchObject({
      ...{ name: 'Twin', username: 'ann', password: '****************', forward_all: false, data: 'text', team: null },
    })
    const changed = await api.call('PUT', `${actions}${id}/`, { user: 'bob', password: '****************', http_method: 'PUT' })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Twin', user: 'bob', http_method: 'PUT' } })
    expect((await api.call('GET', `${actions}?name=Twin`)).body).toMatchObject({ count: 1, results: [changed.body] })
    expect((await api.call('DELETE', `${actions}${id}/`)).status).toBe(204)
    expect((await api.call('GET', `${webhooks}${id}/`)).status).toBe(404)
  })

  test('do not know what only webhooks have, and keep it', async () => {
    const { id } = (
      await api.call('POST', webhooks, {
        ...{ name: 'More', url: 'https://desk.example/', preset: 'advanced_webhook', description: 'for the desk' },
        ...{ http_method: 'POST', trigger_types: ['resolve', 'silence'] },
      })
    ).body
    const body = { preset: 'simple_webhook', description: 'other', username: 'eve', trigger_types: ['escalation'] }
    expect((await api.call('PATCH', `${actions}${id}/`, body)).status).toBe(200)
    expect((await api.call('GET', `${webhooks}${id}/`)).body).toMatchObject({
      ...{ preset: 'advanced_webhook', description: 'for the desk', username: null },
      ...{ trigger_types: ['resolve', 'silence'] },
    })
  })

  test('say what is wrong in their own names', async () => {
    const wrong = { name: 'Wrong', url: 'https://desk.example/', user: 'x'.repeat(101), forward_whole_payload: 'maybe' }
    expect(await api.call('POST', actions, wrong)).toMatchObject({
      status: 400,
      body: {
        user: ['Ensure this field has no more than 100 characters.'],
        forward_whole_payload: ['Must be a valid boolean.'],
      },
    })
    const stranger = { name: 'Wrong', url: 'https://desk.example/', team_id: 'TAAAAAAAAAAAA' }
    expect(await api.call('POST', actions, stranger)).toMatchObject({ status: 400, body: { team_id: ['Object does not exist'] } })
    expect(await api.call('POST', actions, {})).toMatchObject({
      status: 400,
      body: { name: ['This field is required.'], url: ['This field is required.'] },
    })
  })

  test('are for those who may change webhooks, in their own organization', async () => {
    const { id } = (await api.call('POST', actions, { name: 'Guarded', url: 'https://desk.example/' })).body
    expect((await api.callAs('viewer', 'GET', `${actions}${id}/`)).status).toBe(200)
    expect((await api.callAs('viewer', 'DELETE', `${actions}${id}/`)).status).toBe(403)
    expect((await api.callAs('stranger', 'GET', `${actions}${id}/`)).status).toBe(404)
  })
})
