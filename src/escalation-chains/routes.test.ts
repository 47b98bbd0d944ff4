import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { noWayOut, testClock, testRandom, testServer, type TestServer } from '../../test/support/server.ts'
import { createUser, deactivateUser } from '../accounts/commands.ts'
import { makeVault } from '../accounts/secret.ts'
import { egressPolicy } from '../deliveries/egress/egress.ts'
import { scheduleRoutes } from '../schedules/routes.ts'
import { webhookRoutes } from '../webhooks/routes.ts'
import { escalationChainRoutes } from './routes.ts'
import { stepsOf } from './commands.ts'

let server: TestServer
let api: Api
let names = 0

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'test', random: testRandom })
  const settings = {
    vault,
    egress: egressPolicy([], 'https://bell.example'),
    integrationsThatExist: async () => new Set<string>(),
    schedulesThatExist: async () => new Set<string>(),
  }
  server = await testServer((app, db) => {
    escalationChainRoutes(app, { db })
    webhookRoutes(app, {
      db,
      settings,
      messageVault: vault,
      eventExcerptsOf: async () => new Map(),
      causesOf: async () => new Map(),
    })
    scheduleRoutes(app, { db, clock: testClock, ...noWayOut })
  })
  api = await testApi(server)
})

afterAll(() => server.close())

async function newChain(): Promise<string> {
  const { body } = await api.call('POST', '/api/v1/escalation_chains/', { name: `chain ${(names += 1)}` })
  return body.id
}

const newStep = async (chain: string, fields: object) =>
  (await api.call('POST', '/api/v1/escalation_policies/', { escalation_chain_id: chain, type: 'wait', ...fields })).body

const orderOf = async (chain: string): Promise<string[]> => {
  const { body } = await api.call('GET', `/api/v1/escalation_policies/?escalation_chain_id=${chain}`)
  return body.results.map((step: { id: string; position: number }) => `${step.id} ${step.position}`)
}

describe('escalation chains', () => {
  test('live from their creation to their end', async () => {
    const created = await api.call('POST', '/api/v1/escalation_chains/', { name: ' Night ', team_id: '' })
    expect(created.status).toBe(201)
    const { id } = created.body
    expect(created.text).toBe(`{"id":"${id}","name":"Night","team_id":null}`)
    expect(id).toMatch(/^F[A-Z1-9]{12}$/)
    expect((await api.call('GET', `/api/v1/escalation_chains/${id}`)).body).toEqual(created.body)
    expect((await api.call('PUT', `/api/v1/escalation_chains/${id}/`, { name: 'Day', team_id: '' })).body.name).toBe('Day')
    expect((await api.call('PUT', `/api/v1/escalation_chains/${id}/`, { name: 'Day', team_id: '' })).status).toBe(200)
    expect((await api.call('PATCH', `/api/v1/escalation_chains/${id}/`, {})).body).toEqual({ id, name: 'Day', team_id: null })
    expect((await api.call('DELETE', `/api/v1/escalation_chains/${id}/`)).status).toBe(204)
    expect((await api.call('GET', `/api/v1/escalation_chains/${id}/`)).status).toBe(404)
  })

  test('are listed oldest first, whole or by name and team', async () => {
    await api.call('POST', '/api/v1/escalation_chains/', { name: 'Listed' })
    const { body } = await api.call('GET', '/api/v1/escalation_chains/?name=Listed')
    expect(body).toMatchObject({ count: 1, next: null, previous: null, page_size: 50, current_page_number: 1, total_pages: 1 })
    expect((await api.call('GET', '/api/v1/escalation_chains/?name=Listed&team_id=null')).body.count).toBe(1)
    expect((await api.call('GET', '/api/v1/escalation_chains/?name=liste')).body.count).toBe(0)
    const all = (await api.call('GET', '/api/v1/escalation_chains/')).body.count
    expect((await api.call('GET', '/api/v1/escalation_chains/?name=&team_id=')).body.count).toBe(all)
    expect(await api.call('GET', '/api/v1/escalation_chains/?team_id=T1')).toMatchObject({
      status: 400,
      body: { team_id: ['Select a valid choice. That choice is not one of the available choices.'] },
    })
  })

  test.each<['POST' | 'PUT', unknown, object]>([
    ['POST', {}, { name: ['This field is required.'] }],
    ['POST', { name: null }, { name: ['This field may not be null.'] }],
    ['POST', { name: ' ' }, { name: ['This field may not be blank.'] }],
    ['POST', { name: 'n'.repeat(101) }, { name: ['Ensure this field has no more than 100 characters.'] }],
    ['POST', { name: 'Taken' }, { non_field_errors: ['The fields name, organization must make a unique set.'] }],
    ['POST', { name: 'x', team_id: 'T1' }, { team_id: ['Object does not exist'] }],
    ['POST', { name: 'x', team_id: 7 }, { team_id: ['Invalid values'] }],
    ['POST', [], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    ['PUT', { team_id: null }, { name: ['This field is required.'] }],
    ['PUT', { name: 'Taken' }, { non_field_errors: ['The fields name, organization must make a unique set.'] }],
  ])('are refused: %s %j', async (method, body, wanted) => {
    await api.call('POST', '/api/v1/escalation_chains/', { name: 'Taken' })
    const path = method === 'PUT' ? `/api/v1/escalation_chains/${await newChain()}/` : '/api/v1/escalation_chains/'
    expect(await api.call(method, path, body)).toMatchObject({ status: 400, body: wanted })
  })

  test('are neither shown to nor changed by another organization', async () => {
    const id = await newChain()
    for (const [method, body] of [['GET'], ['PUT', { name: 'x' }], ['PATCH', { name: 'x' }], ['DELETE']] as const) {
      expect((await api.callAs('stranger', method, `/api/v1/escalation_chains/${id}/`, body)).status).toBe(404)
    }
    expect((await api.callAs('stranger', 'GET', '/api/v1/escalation_chains/')).body.count).toBe(0)
  })

  test('are read by viewers and written by admins', async () => {
    const id = await newChain()
    expect((await api.callAs('viewer', 'GET', `/api/v1/escalation_chains/${id}/`)).status).toBe(200)
    expect((await api.callAs('none', 'GET', `/api/v1/escalation_chains/${id}/`)).status).toBe(403)
    expect((await api.callAs('editor', 'POST', '/api/v1/escalation_chains/', { name: 'x' })).status).toBe(403)
    expect((await api.callAs('editor', 'DELETE', `/api/v1/escalation_chains/${id}/`)).status).toBe(403)
  })
})

describe('escalation policies', () => {
  test('are shown with the fields of their type, in the order of the contract', async () => {
    const chain = await newChain()
    const show = async (fields: object) =>
      (await api.call('POST', '/api/v1/escalation_policies/', { escalation_chain_id: chain, ...fields })).text
    const start = (position: number, type: string) =>
      new RegExp(`^{"position":${position},"id":"E[A-Z1-9]{12}","escalation_chain_id":"${chain}","type":"${type}"`)
    const rest = (text: string) => text.slice(text.indexOf('"type"'))
    const wait = await show({ type: 'wait', duration: 300, important: true })
    expect(wait).toMatch(start(0, 'wait'))
    expect(rest(wait)).toBe('"type":"wait","duration":300}')
    const persons = await show({
      type: 'notify_persons',
      persons_to_notify: [api.users.editor, 'U1', api.users.admin],
      important: true,
    })
    expect(persons).toMatch(start(1, 'notify_persons'))
    expect(rest(persons)).toBe(
      `"type":"notify_persons","important":true,"persons_to_notify":["${api.users.editor}","${api.users.admin}"]}`,
    )
    expect(rest(await show({ type: 'trigger_webhook' }))).toBe('"type":"trigger_webhook","action_to_trigger":null}')
    expect(rest(await show({ type: 'repeat_escalation' }))).toBe('"type":"repeat_escalation"}')
    expect(rest(await show({ type: 'resolve' }))).toBe('"type":"resolve"}')
  })

  test('take the bodies of the Go client twice without a difference', async () => {
    const chain = await newChain()
    const body = {
      escalation_chain_id: chain,
      position: 0,
      type: 'notify_persons',
      duration: null,
      persons_to_notify: [api.users.editor],
      important: false,
      manual_order: true,
      notify_on_call_from_schedule: null,
      action_to_trigger: null,
    }
    const first = await api.call('POST', '/api/v1/escalation_policies/', body)
    expect(first.status).toBe(201)
    const again = await api.call('PUT', `/api/v1/escalation_policies/${first.body.id}/`, body)
    expect(again).toMatchObject({ status: 200, body: first.body })
    expect((await api.call('PUT', `/api/v1/escalation_policies/${first.body.id}/`, body)).body).toEqual(first.body)
  })

  test('make room for one that is moved', async () => {
    const chain = await newChain()
    const [a, b] = [await newStep(chain, {}), await newStep(chain, {})]
    const c = await newStep(chain, { position: 0 })
    expect(await orderOf(chain)).toEqual([`${c.id} 0`, `${a.id} 1`, `${b.id} 2`])
    await api.call('PATCH', `/api/v1/escalation_policies/${c.id}/`, { position: -1 })
    expect(await orderOf(chain)).toEqual([`${a.id} 0`, `${b.id} 1`, `${c.id} 2`])
    await api.call('PUT', `/api/v1/escalation_policies/${c.id}/`, { position: 0, manual_order: true })
    expect(await orderOf(chain)).toEqual([`${c.id} 0`, `${b.id} 1`, `${a.id} 2`])
    await api.call('DELETE', `/api/v1/escalation_policies/${b.id}/`)
    expect(await orderOf(chain)).toEqual([`${c.id} 0`, `${a.id} 2`])
  })

  test('close up when the last one has the largest position', async () => {
    const chain = await newChain()
    const first = await newStep(chain, { position: 5 })
    const second = await newStep(chain, { position: 2_147_483_647 })
    expect(second.position).toBe(2_147_483_647)
    const third = await newStep(chain, {})
    expect(await orderOf(chain)).toEqual([`${first.id} 0`, `${second.id} 1`, `${third.id} 2`])
  })

  test('are listed all where the filter is empty', async () => {
    await newStep(await newChain(), {})
    const { body } = await api.call('GET', '/api/v1/escalation_policies/')
    expect((await api.call('GET', '/api/v1/escalation_policies/?escalation_chain_id=')).body).toMatchObject({ count: body.count })
  })

  test('lose what belonged to their old type', async () => {
    const step = await newStep(await newChain(), {
      type: 'notify_persons',
      persons_to_notify: [api.users.editor],
      important: true,
    })
    const path = `/api/v1/escalation_policies/${step.id}/`
    expect((await api.call('PATCH', path, { type: 'wait' })).body).toMatchObject({ type: 'wait', duration: null })
    expect((await api.call('PATCH', path, { type: 'notify_persons' })).body).toMatchObject({
      important: false,
      persons_to_notify: [],
    })
  })

  test.each<[object, object]>([
    [{ type: 'notify_team_members' }, { detail: 'Invalid escalation step type: step is not enabled' }],
    [{ type: 'nonsense' }, { detail: 'Invalid escalation step type' }],
    [{ type: 'trigger_webhook', action_to_trigger: 'WH1' }, { action_to_trigger: ['Object does not exist'] }],
    [
      { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: 'S\u0000' },
      { notify_on_call_from_schedule: ['Object does not exist'] },
    ],
  ])('are refused: %j', async (fields, wanted) => {
    const body = { escalation_chain_id: await newChain(), ...fields }
    expect(await api.call('POST', '/api/v1/escalation_policies/', body)).toMatchObject({ status: 400, body: wanted })
  })

  test('drop who is unknown or has left, whether they are made or changed', async () => {
    const gone = await server.db.tx('create user', (tx) =>
      createUser(tx, api.system, { username: 'gone', email: 'gone@example.com', role: 'editor' }),
    )
    const fields = { type: 'notify_persons', persons_to_notify: [gone.id, 'U1', api.users.editor] }
    const before = await newStep(await newChain(), fields)
    expect(before.persons_to_notify).toEqual([gone.id, api.users.editor])
    await server.db.tx('deactivate user', (tx) => deactivateUser(tx, api.system, gone.id))
    expect((await newStep(before.escalation_chain_id, fields)).persons_to_notify).toEqual([api.users.editor])
    const { body } = await api.call('PUT', `/api/v1/escalation_policies/${before.id}/`, fields)
    expect(body.persons_to_notify).toEqual([api.users.editor])
  })

  test('change what is given, by PUT and PATCH alike, and nothing when something is refused', async () => {
    const step = await newStep(await newChain(), {
      type: 'notify_persons',
      persons_to_notify: [api.users.editor],
      important: true,
    })
    const path = `/api/v1/escalation_policies/${step.id}/`
    for (const method of ['PUT', 'PATCH'] as const) {
      expect((await api.call(method, path, {})).body).toEqual(step)
      expect((await api.call(method, path, { escalation_chain_id: 'F1', unknown: 7 })).body).toEqual(step)
      const refused = await api.call(method, path, { important: false, persons_to_notify: [], position: -7 })
      expect(refused).toMatchObject({ status: 400, text: '{"detail":"Invalid value for position field"}' })
      expect((await api.call('GET', path)).body).toEqual(step)
    }
  })

  test('have every position once when many write at the same time', async () => {
    const chain = await newChain()
    const made = await Promise.all(Array.from({ length: 20 }, () => newStep(chain, {})))
    await Promise.all(
      made.map(({ id }, index) =>
        api.call('PATCH', `/api/v1/escalation_policies/${id}/`, { position: (index * 7) % 20, manual_order: index % 2 === 0 }),
      ),
    )
    const positions = (await orderOf(chain)).map((entry) => Number(entry.split(' ')[1]))
    expect(positions).toEqual(Array.from({ length: 20 }, (_, position) => position))
  })

  test('have room for two hundred in a chain, and say so to the next one', async () => {
    const chain = await newChain()
    const first = await newStep(chain, {})
    const wait = { organization_id: api.system.organizationId, escalation_chain_id: chain, type: 'wait', important: false }
    const more198 = Array.from({ length: 198 }, (_, index) => ({ ...wait, id: `E${index}`, position: index + 1 }))
    const empty = { persons_to_notify: [], created_at: new Date() }
    await server.db.sql
      .insertInto('escalation_policies')
      .values(more198.map((row) => ({ ...row, ...empty })))
      .execute()
    expect((await newStep(chain, {})).position).toBe(199)
    const step = { escalation_chain_id: chain, type: 'wait', position: 0 }
    expect(await api.call('POST', '/api/v1/escalation_policies/', step)).toMatchObject({
      status: 400,
      text: '{"detail":"An escalation chain has at most 200 steps"}',
    })
    const { body } = await api.call('GET', `/api/v1/escalation_policies/?escalation_chain_id=${chain}&perpage=1`)
    expect(body).toMatchObject({ count: 200, results: [{ id: first.id, position: 0 }] })
  })

  test('need a chain of their own organization', async () => {
    const body = { escalation_chain_id: await newChain(), type: 'wait' }
    const refused = { status: 400, body: { escalation_chain_id: ['Object does not exist'] } }
    expect(await api.callAs('stranger', 'POST', '/api/v1/escalation_policies/', body)).toMatchObject(refused)
    const step = await newStep(body.escalation_chain_id, {})
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      expect(
        (await api.callAs('stranger', method, `/api/v1/escalation_policies/${step.id}/`, method === 'GET' ? undefined : {}))
          .status,
      ).toBe(404)
    }
    expect((await api.callAs('stranger', 'GET', '/api/v1/escalation_policies/')).body.count).toBe(0)
    expect((await api.callAs('editor', 'PATCH', `/api/v1/escalation_policies/${step.id}/`, {})).status).toBe(403)
  })

  test('go on naming a webhook that was deleted, and can be written as they were read', async () => {
    const webhook = { name: 'Gone', url: 'https://desk.example/', http_method: 'POST', trigger_type: 'escalation' }
    const { body: made } = await api.call('POST', '/api/v1/webhooks/', webhook)
    const step = await newStep(await newChain(), { type: 'trigger_webhook', action_to_trigger: made.id })
    await api.call('DELETE', `/api/v1/webhooks/${made.id}/`)
    const path = `/api/v1/escalation_policies/${step.id}/`
    expect((await api.call('GET', path)).body).toEqual(step)
    expect(await api.call('PUT', path, step)).toMatchObject({ status: 200, body: step })
    expect(await api.call('PATCH', path, { position: 3 })).toMatchObject({ status: 200, body: { action_to_trigger: made.id } })
    const other = { escalation_chain_id: step.escalation_chain_id, type: 'trigger_webhook', action_to_trigger: made.id }
    expect(await api.call('POST', '/api/v1/escalation_policies/', other)).toMatchObject({
      status: 400,
      body: { action_to_trigger: ['Object does not exist'] },
    })
  })

  test('that named a schedule name none once it is gone', async () => {
    const { body: schedule } = await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Gone', time_zone: 'UTC' })
    const fields = { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: schedule.id }
    const step = await newStep(await newChain(), fields)
    expect(step.notify_on_call_from_schedule).toBe(schedule.id)
    await api.call('DELETE', `/api/v1/schedules/${schedule.id}/`)
    const { body } = await api.call('GET', `/api/v1/escalation_policies/${step.id}/`)
    expect(body.notify_on_call_from_schedule).toBe(null)
  })
})

test('a run keeps the steps of a chain in their order', async () => {
  const chain = await newChain()
  const wait = await newStep(chain, {})
  const persons = await newStep(chain, { type: 'notify_persons', persons_to_notify: [api.users.editor], position: 0 })
  const steps = await stepsOf(server.db.sql, api.system.organizationId, [chain as never, 'F1' as never])
  expect([...steps]).toEqual([
    [
      chain,
      [
        { policyId: persons.id, type: 'notify_persons', userIds: [api.users.editor], important: false },
        { policyId: wait.id, type: 'wait', durationMs: 300_000 },
      ],
    ],
    ['F1', []],
  ])
})

test('ids that no database can hold name nothing', async () => {
  expect((await api.call('GET', '/api/v1/escalation_chains/%00/')).status).toBe(404)
  expect((await api.call('GET', '/api/v1/escalation_policies/?escalation_chain_id=%00')).body.count).toBe(0)
  expect((await api.call('GET', '/api/v1/escalation_chains/?name=%00')).body.count).toBe(0)
})
