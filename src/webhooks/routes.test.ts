import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { noWayOut, testRandom, testServer, type TestServer } from '../../test/support/server.ts'
import { makeVault } from '../accounts/secret.ts'
import { egressPolicy } from '../deliveries/egress/egress.ts'
import { integrationsThatExist } from '../integrations/commands.ts'
import { integrationRoutes } from '../integrations/routes.ts'
import { nodeClock } from '../lib/node/clock.ts'
import { schedulesThatExist } from '../schedules/on-call-commands.ts'
import { scheduleRoutes } from '../schedules/routes.ts'
import { webhookRoutes } from './routes.ts'

let server: TestServer
let api: Api
let names = 0

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'test', random: testRandom })
  const settings = { vault, egress: egressPolicy([], 'https://bell.example'), integrationsThatExist, schedulesThatExist }
  server = await testServer((app, db) => {
    scheduleRoutes(app, { db, clock: nodeClock, ...noWayOut })
    webhookRoutes(app, {
      db,
      settings,
      messageVault: vault,
      eventExcerptsOf: async () => new Map(),
      causesOf: async () => new Map(),
    })
    integrationRoutes(app, { db, vault })
  })
  api = await testApi(server)
})

afterAll(() => server.close())

const path = '/api/v1/webhooks/'
const least = () => ({ name: `desk ${(names += 1)}`, url: 'https://desk.example/', http_method: 'POST', trigger_type: 'resolve' })
const onTest = { field: 'labels.env', operator: 'is', value: 'test' }
const newWebhook = async (fields: object = {}) => (await api.call('POST', path, { ...least(), ...fields })).body

describe('webhooks', () => {
  test('are shown with the keys of the contract, in its order, secrets masked', async () => {
    const { status, text, body } = await api.call('POST', path, {
      name: 'Desk',
      url: 'https://desk.example/',
      http_method: 'PUT',
      trigger_type: 'status change',
      password: 'sesame',
      authorization_header: '',
      headers: '{"X-Team": "db"}',
      username: 'ann',
    })
    expect(status).toBe(201)
    expect(body.id).toMatch(/^WH[A-Z1-9]{12}$/)
    expect(text).toBe(
      `{"id":"${body.id}","name":"Desk","is_webhook_enabled":true,"team":null,"data":null,"username":"ann",` +
        '"password":"****************","authorization_header":"","trigger_template":null,"headers":"{\\"X-Team\\": \\"db\\"}",' +
        '"url":"https://desk.example/","forward_all":true,"http_method":"PUT","trigger_type":"status change",' +
        '"integration_filter":null,"preset":null,"schedule_filter":null,"description":null,"trigger_types":["status change"],' +
        '"urls":[{"url":"https://desk.example/","http_method":"PUT"}],"filter":null,"static_headers":null,"failure_email":null,' +
        '"retry":"standard","max_age":null,"timeout":15,"max_in_flight":8,"rate_limit":null,"ordered":false,"missed_since":null}',
    )
    expect((await api.call('GET', `${path}${body.id}/`)).text).toBe(text)
    expect((await api.call('GET', `${path}${body.id}`)).text).toBe(text)
  })

  test('keep their secrets out of the rows', async () => {
    const { id } = await newWebhook({ password: 'sesame', authorization_header: 'sesame', headers: '{"X": "sesame"}' })
    const row = await server.db.sql.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    expect(
      JSON.stringify(row, (_key, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value)),
    ).not.toContain('sesame')
    const audit = await server.db.sql.selectFrom('audit_entries').selectAll().where('subject_id', '=', id).execute()
    expect(audit).toMatchObject([{ action: 'webhook created' }])
    expect(JSON.stringify(audit)).not.toContain('sesame')
  })

  test('have names of their own', async () => {
    await newWebhook({ name: 'Taken' })
    const twice = await api.call('POST', path, { ...least(), name: 'Taken' })
    expect(twice).toMatchObject({
      status: 400,
      body: { non_field_errors: ['The fields name, organization must make a unique set.'] },
    })
    const other = await newWebhook()
    expect((await api.call('PATCH', `${path}${other.id}/`, { name: 'Taken' })).status).toBe(400)
    expect((await api.call('PUT', `${path}${other.id}/`, { name: other.name })).status).toBe(200)
    const elsewhere = await api.callAs('stranger', 'POST', path, { ...least(), name: 'Taken' })
    expect(elsewhere.status).toBe(201)
  })

  test('that are given one name at the same time are one, and refusals', async () => {
    const twelve = Array.from({ length: 12 }, () => api.call('POST', path, { ...least(), name: 'Rush' }))
    const answers = (await Promise.all(twelve)).toSorted((one, other) => one.status - other.status)
    const refused = {
      status: 400,
      body: { non_field_errors: ['The fields name, organization must make a unique set.'] },
    }
    expect(answers).toMatchObject([{ status: 201 }, ...Array.from({ length: 11 }, () => refused)])
    const two = [await newWebhook(), await newWebhook()]
    const changes = await Promise.all(two.map(({ id }) => api.call('PATCH', `${path}${id}/`, { name: 'Rush hour' })))
    expect(changes.toSorted((one, other) => one.status - other.status)).toMatchObject([{ status: 200 }, refused])
  })

  test('may filter by integrations that exist', async () => {
    const integration = (await api.call('POST', '/api/v1/integrations/', { type: 'webhook', name: 'Main' })).body
    const made = await newWebhook({ integration_filter: [integration.id] })
    expect(made.integration_filter).toEqual([integration.id])
    expect(await api.call('POST', path, { ...least(), integration_filter: [integration.id, 'CAAAAAAAAAAAA'] })).toMatchObject({
      status: 400,
      body: { integration_filter: ['Integration does not exist'] },
    })
    expect((await api.call('PATCH', `${path}${made.id}/`, {})).body.integration_filter).toEqual([integration.id])
    expect((await api.call('PUT', `${path}${made.id}/`, { name: made.name })).body.integration_filter).toBeNull()
  })

  test('can be written as they were read after an integration of their filter was deleted', async () => {
    const integration = (await api.call('POST', '/api/v1/integrations/', { type: 'webhook', name: 'Short-lived' })).body
    const made = await newWebhook({ integration_filter: [integration.id] })
    await api.call('DELETE', `/api/v1/integrations/${integration.id}/`)
    expect(await api.call('PUT', `${path}${made.id}/`, made)).toMatchObject({ status: 200, body: made })
    const refused = { status: 400, body: { integration_filter: ['Integration does not exist'] } }
    expect(await api.call('POST', path, { ...least(), integration_filter: [integration.id] })).toMatchObject(refused)
  })

  test('keep a filter as it was written, until a word clears it', async () => {
    const filter = { all: [{ field: 'urgency', operator: 'in', value: ['high', 'critical'] }], none: [{ any: [onTest] }] }
    const made = await newWebhook({ filter })
    expect(JSON.stringify(made.filter)).toBe(JSON.stringify(filter))
    expect((await api.call('GET', `${path}${made.id}/`)).body.filter).toEqual(filter)
    expect((await api.call('PUT', `${path}${made.id}/`, least())).body.filter).toEqual(filter)
    const refused = { status: 400, body: { filter: ['none[0].field: A label is named by its key: labels.KEY.'] } }
    const wrong = { filter: { none: [{ ...onTest, field: 'labels' }] } }
    expect(await api.call('PATCH', `${path}${made.id}/`, wrong)).toMatchObject(refused)
    expect(await api.call('POST', path, { ...least(), ...wrong })).toMatchObject(refused)
    expect((await api.call('GET', `${path}${made.id}/`)).body.filter).toEqual(filter)
    expect((await api.call('PATCH', `${path}${made.id}/`, { filter: null })).body.filter).toBeNull()
  })

  test('may filter by schedules that exist, which only a word clears', async () => {
    const schedule = (await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Filtered', time_zone: 'UTC' })).body
    const made = await newWebhook({ trigger_type: 'shift change', schedule_filter: [schedule.id, schedule.id] })
    expect(made.schedule_filter).toEqual([schedule.id])
    const refused = { status: 400, body: { schedule_filter: ['Schedule does not exist'] } }
    expect(await api.call('POST', path, { ...least(), schedule_filter: [schedule.id, 'SAAAAAAAAAAAA'] })).toMatchObject(refused)
    expect(await api.callAs('stranger', 'POST', path, { ...least(), schedule_filter: [schedule.id] })).toMatchObject(refused)
    expect(await api.call('POST', path, { ...least(), schedule_filter: schedule.id })).toMatchObject({
      status: 400,
      body: { schedule_filter: ['Expected a list of items but got type "str".'] },
    })
    expect((await api.call('PUT', `${path}${made.id}/`, least())).body.schedule_filter).toEqual([schedule.id])
    expect((await api.call('PATCH', `${path}${made.id}/`, { schedule_filter: [] })).body.schedule_filter).toBeNull()
  })

  test('can be written as they were read after a schedule of their filter was deleted', async () => {
    const schedule = (await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Short-lived', time_zone: 'UTC' })).body
    const made = await newWebhook({ trigger_type: 'schedule gap', schedule_filter: [schedule.id] })
    await api.call('DELETE', `/api/v1/schedules/${schedule.id}/`)
    expect(await api.call('PUT', `${path}${made.id}/`, made)).toMatchObject({ status: 200, body: made })
  })

  test('take a list of one, and none, from a form', async () => {
    const integration = (await api.call('POST', '/api/v1/integrations/', { type: 'webhook', name: 'Formal' })).body
    const send = async (fields: Record<string, string>) => {
      const headers = { ...api.headersOf('admin'), 'content-type': 'application/x-www-form-urlencoded' }
      const payload = new URLSearchParams({ ...least(), is_webhook_enabled: 'on', ...fields }).toString()
      return (await server.app.inject({ method: 'POST', url: path, headers, payload })).json()
    }
    expect(await send({ integration_filter: integration.id })).toMatchObject({
      is_webhook_enabled: true,
      integration_filter: [integration.id],
    })
    expect(await send({ integration_filter: '' })).toMatchObject({ integration_filter: null })
    expect(await api.call('POST', path, { ...least(), integration_filter: integration.id })).toMatchObject({
      status: 400,
      body: { integration_filter: ['Expected a list of items but got type "str".'] },
    })
  })

  test('of a team that does not exist are refused', async () => {
    expect(await api.call('POST', path, { ...least(), team: 'TAAAAAAAAAAAA' })).toMatchObject({
      status: 400,
      body: { team: ['Object does not exist'] },
    })
  })

  test('are refused as a whole for a wrong trigger type, in the words of the contract', async () => {
    const { status, body } = await api.call('POST', path, { name: null, trigger_type: 'never' })
    expect(status).toBe(400)
    expect(Object.keys(body)).toEqual(['detail'])
    expect(body.detail).toContain("trigger_type must one of ['escalation', 'alert group created', ")
  })

  test('take the bodies of the Go client, and PUT keeps a masked secret', async () => {
    const body = {
      preset: '',
      name: 'From Terraform',
      team: '',
      url: 'https://desk.example/',
      trigger_type: 'escalation',
      http_method: 'POST',
      data: null,
      username: null,
      password: 'sesame',
      authorization_header: null,
      trigger_template: null,
      headers: null,
      forward_all: true,
      integration_filter: null,
      is_webhook_enabled: true,
    }
    const made = await api.call('POST', path, body)
    expect(made.status).toBe(201)
    const again = await api.call('PUT', `${path}${made.body.id}/`, { ...body, password: '****************' })
    expect(again).toMatchObject({ status: 200, body: made.body })
    const rows = await server.db.sql
      .selectFrom('audit_entries')
      .selectAll()
      .where('subject_id', '=', made.body.id)
      .where('action', '=', 'webhook updated')
      .execute()
    expect(rows).toMatchObject([{ details: { changed: [] } }])
  })

  test('are listed oldest first, by name and team', async () => {
    const first = await newWebhook({ name: 'Find me' })
    const all = await api.call('GET', path)
    expect(all.body).toMatchObject({ page_size: 50, current_page_number: 1, next: null })
    expect(all.body.results.length).toBe(all.body.count)
    expect((await api.call('GET', '/api/v1/webhooks?name=Find%20me')).body.results).toEqual([first])
    expect((await api.call('GET', `${path}?name=Find`)).body.count).toBe(0)
    expect((await api.call('GET', `${path}?name=&team_id=`)).body.count).toBe(all.body.count)
    expect((await api.call('GET', `${path}?team_id=null`)).body.count).toBe(all.body.count)
    expect((await api.call('GET', `${path}?team_id=TAAAAAAAAAAAA`)).status).toBe(400)
  })

  test('that are deleted are gone, and their names are free', async () => {
    const secrets = { password: 'sesame', authorization_header: 'Bearer x', headers: '{}', static_headers: { 'X-Api-Key': 'y' } }
    const { id } = await newWebhook({ name: 'Short-lived', ...secrets })
    expect((await api.call('DELETE', `${path}${id}/`)).status).toBe(204)
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      expect(await api.call(method, `${path}${id}/`, method === 'GET' ? undefined : {})).toMatchObject({
        status: 404,
        body: { detail: 'Not found.' },
      })
    }
    const row = await server.db.sql.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    expect(row.name).toBe(`Short-lived_deleted_${id}`)
    expect(Object.entries(row).filter(([column, value]) => column.endsWith('_sealed') && value !== null)).toEqual([])
    expect((await api.call('POST', path, { ...least(), name: 'Short-lived' })).status).toBe(201)
  })

  test('are for admins to change and for viewers to read, in their own organization', async () => {
    const { id } = await newWebhook()
    expect((await api.callAs('viewer', 'GET', `${path}${id}/`)).status).toBe(200)
    expect((await api.callAs('none', 'GET', path)).status).toBe(403)
    for (const [method, at, body] of [
      ['POST', path, least()],
      ['PUT', `${path}${id}/`, {}],
      ['DELETE', `${path}${id}/`, undefined],
    ] as const) {
      expect((await api.callAs('editor', method, at, body)).status).toBe(403)
    }
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      expect((await api.callAs('stranger', method, `${path}${id}/`, method === 'GET' ? undefined : {})).status).toBe(404)
    }
    expect((await api.callAs('stranger', 'GET', `${path}${id}/responses/`)).status).toBe(404)
  })

  test('without attempts have no responses', async () => {
    const { id } = await newWebhook()
    expect((await api.call('GET', `${path}${id}/responses/`)).body).toMatchObject({ count: 0, results: [], page_size: 50 })
  })
})
