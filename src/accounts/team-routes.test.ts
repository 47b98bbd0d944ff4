import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { escalationChainRoutes } from '../escalation-chains/routes.ts'
import { accountRoutes } from './routes.ts'

let server: TestServer
let api: Api
let chainId: string

beforeAll(async () => {
  server = await testServer((app, db) => {
    accountRoutes(app, { db, version: 'test' })
    escalationChainRoutes(app, { db })
  })
  api = await testApi(server)
  chainId = (await api.call('POST', '/api/v1/escalation_chains/', { name: 'Night' })).body.id
})

afterAll(() => server.close())

let count = 0

/** Adds a team; its name is new unless it is said. */
async function newTeam(fields: object = {}): Promise<string> {
  count += 1
  const { status, body, text } = await api.call('POST', '/api/v1/teams/', { name: `Team ${count}`, ...fields })
  expect(text).toMatch(/^\{"id"/)
  expect(status).toBe(201)
  return body.id
}

const show = async (id: string) => (await api.call('GET', `/api/v1/teams/${id}/`)).body
const refusal = async (body: unknown) => {
  const { status, text } = await api.call('POST', '/api/v1/teams/', body)
  return { status, text }
}

describe('a team', () => {
  test('is shown with the keys of the contract first, in its order', async () => {
    const { admin, editor } = api.users
    const { status, text, body } = await api.call('POST', '/api/v1/teams', {
      ...{ name: ' Deck ', email: ' deck@example.com ', escalation_chain_id: chainId, users: [admin, editor, admin] },
      ...{ surprise: true, id: 'T1', grafana_id: 7, avatar_url: '/x' },
    })
    expect(status).toBe(201)
    expect(body.id).toMatch(/^T[A-NP-Z1-9]{12}$/)
    expect(text).toBe(
      `{"id":"${body.id}","grafana_id":null,"name":"Deck","email":"deck@example.com","avatar_url":"",` +
        `"escalation_chain_id":"${chainId}","users":["${[admin, editor].toSorted().join('","')}"]}`,
    )
    expect(await show(body.id)).toEqual(body)
  })

  test('needs nothing but a name', async () => {
    expect(await show(await newTeam({ name: 'Engine' }))).toMatchObject({
      ...{ name: 'Engine', email: null, avatar_url: '', escalation_chain_id: null, users: [] },
    })
  })

  test.each(['PUT', 'PATCH'] as const)('keeps what a %s does not name', async (method) => {
    const id = await newTeam({ email: 'a@b', users: [api.users.editor] })
    const change = async (body: object) => (await api.call(method, `/api/v1/teams/${id}/`, body)).body
    expect(await change({ escalation_chain_id: chainId })).toMatchObject({ email: 'a@b', users: [api.users.editor] })
    expect(await change({ users: [api.users.viewer] })).toMatchObject({ escalation_chain_id: chainId, users: [api.users.viewer] })
    expect(await change({ name: `New ${method}` })).toMatchObject({ name: `New ${method}`, users: [api.users.viewer] })
    expect(await change({})).toMatchObject({ name: `New ${method}`, email: 'a@b' })
  })

  test.each([null, ''])('loses what is set to %j', async (nothing) => {
    const id = await newTeam({ email: 'a@b', escalation_chain_id: chainId })
    const { body } = await api.call('PATCH', `/api/v1/teams/${id}/`, { email: nothing, escalation_chain_id: nothing })
    expect(body).toMatchObject({ email: null, escalation_chain_id: null })
  })

  test.each([[null], [[]]])('loses its members when they are set to %j', async (nothing) => {
    const id = await newTeam({ users: [api.users.editor] })
    expect((await api.call('PUT', `/api/v1/teams/${id}/`, { users: nothing })).body.users).toEqual([])
  })

  test('can be made by a form', async () => {
    const { headersOf, users } = api
    const answer = await server.app.inject({
      ...{ method: 'POST', url: '/api/v1/teams/', payload: `name=Form&email=&users=${users.editor}` },
      headers: { ...headersOf('admin'), 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toMatchObject({ name: 'Form', email: null, users: [users.editor] })
  })

  test('loses its chain when that is deleted', async () => {
    const chain = (await api.call('POST', '/api/v1/escalation_chains/', { name: 'Short-lived' })).body.id
    const id = await newTeam({ escalation_chain_id: chain })
    await api.call('DELETE', `/api/v1/escalation_chains/${chain}/`)
    expect(await show(id)).toMatchObject({ escalation_chain_id: null })
  })

  test('is gone when it is deleted, and its name is free', async () => {
    const id = await newTeam({ name: 'Stowaways', users: [api.users.editor] })
    expect(await api.call('DELETE', `/api/v1/teams/${id}/`)).toEqual({ status: 204, body: null, text: '' })
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const { status, text } = await api.call(method, `/api/v1/teams/${id}/`, method === 'GET' ? undefined : {})
      expect({ method, status, text }).toEqual({ method, status: 404, text: '{"detail":"Not found."}' })
    }
    await newTeam({ name: 'Stowaways' })
  })
})

describe('the teams of a user', () => {
  const teamsOf = async (id: string) => (await api.call('GET', `/api/v1/users/${id}/`)).body.teams

  test('are those that have the user as a member', async () => {
    const { body: user } = await api.call('POST', '/api/v1/users/', { username: 'mate', email: 'mate@x', role: 'editor' })
    expect(user.teams).toEqual([])
    const one = await newTeam({ users: [user.id, api.users.admin] })
    const two = await newTeam({ users: [user.id] })
    expect(await teamsOf(user.id)).toEqual([one, two].toSorted())
    const { body } = await api.call('GET', '/api/v1/users/?username=mate')
    expect(body.results[0].teams).toEqual([one, two].toSorted())
    expect((await api.call('PATCH', `/api/v1/users/${user.id}/`, { name: 'Mate', teams: [] })).body.teams).toHaveLength(2)
    await api.call('PUT', `/api/v1/teams/${one}/`, { users: [api.users.admin] })
    await api.call('DELETE', `/api/v1/teams/${two}/`)
    expect(await teamsOf(user.id)).toEqual([])
  })

  test('end with the account', async () => {
    const { body: user } = await api.call('POST', '/api/v1/users/', { username: 'leaver', email: 'l@x', role: 'editor' })
    const id = await newTeam({ users: [user.id, api.users.editor] })
    await api.call('DELETE', `/api/v1/users/${user.id}/`)
    expect((await show(id)).users).toEqual([api.users.editor])
    expect(await refusal({ name: 'With a ghost', users: [user.id] })).toEqual({
      status: 400,
      text: '{"users":["User does not exist"]}',
    })
  })
})

describe('a team that cannot be', () => {
  test.each<[object, string]>([
    [{}, '{"name":["This field is required."]}'],
    [{ name: null }, '{"name":["This field may not be null."]}'],
    [{ name: ' ' }, '{"name":["This field may not be blank."]}'],
    [{ name: ['x'] }, '{"name":["Not a valid string."]}'],
    [{ name: 'x'.repeat(101) }, '{"name":["Ensure this field has no more than 100 characters."]}'],
    [{ name: 'a\u0000b' }, '{"name":["Null characters are not allowed."]}'],
    [{ name: 'x', email: 'nobody' }, '{"email":["Enter a valid email address."]}'],
    [{ name: 'x', email: 5 }, '{"email":["Enter a valid email address."]}'],
    [{ name: 'x', email: {} }, '{"email":["Not a valid string."]}'],
    [{ name: 'x', email: 'a@b\nBcc: c@d' }, '{"email":["Enter a valid email address."]}'],
    [{ name: 'x', escalation_chain_id: 'F1' }, '{"escalation_chain_id":["Object does not exist"]}'],
    [{ name: 'x', escalation_chain_id: 7 }, '{"escalation_chain_id":["Invalid values"]}'],
    [{ name: 'x', users: 'U1' }, '{"users":["Expected a list of items but got type \\"str\\"."]}'],
    [{ name: 'x', users: { 0: 'U1' } }, '{"users":["Expected a list of items but got type \\"dict\\"."]}'],
    [{ name: 'x', users: [7] }, '{"users":["Not a valid string."]}'],
    [{ name: 'x', users: ['U1'] }, '{"users":["User does not exist"]}'],
    [
      { name: '', email: 'x', escalation_chain_id: [], users: 5 },
      '{"name":["This field may not be blank."],"email":["Enter a valid email address."],' +
        '"escalation_chain_id":["Invalid values"],"users":["Expected a list of items but got type \\"int\\"."]}',
    ],
  ])('is refused in the words of the contract: %j', async (body, text) => {
    const before = (await api.call('GET', '/api/v1/teams/')).body.count
    expect(await refusal(body)).toEqual({ status: 400, text })
    expect((await api.call('GET', '/api/v1/teams/')).body.count).toBe(before)
  })

  test('is not made of an existing one either, and that stays what it was', async () => {
    const id = await newTeam({ name: 'Rock', email: 'a@b', users: [api.users.editor] })
    const before = await show(id)
    for (const [body, text] of [
      [{ name: null, email: 'c@d' }, '{"name":["This field may not be null."]}'],
      [{ email: 'x', users: [] }, '{"email":["Enter a valid email address."]}'],
      [{ users: [api.users.admin, 'U1'] }, '{"users":["User does not exist"]}'],
      [{ users: [], escalation_chain_id: 'F1' }, '{"escalation_chain_id":["Object does not exist"]}'],
    ] as const) {
      expect(await api.call('PUT', `/api/v1/teams/${id}/`, body)).toMatchObject({ status: 400, text })
      expect(await show(id)).toEqual(before)
    }
  })

  test('is one whose name another has', async () => {
    const taken = { status: 400, text: '{"name":["Another team of the organization has this name."]}' }
    await newTeam({ name: 'Twins' })
    const other = await newTeam()
    expect(await refusal({ name: 'Twins' })).toEqual(taken)
    expect(await api.call('PATCH', `/api/v1/teams/${other}/`, { name: 'Twins' })).toMatchObject(taken)
    expect((await api.callAs('stranger', 'POST', '/api/v1/teams/', { name: 'Twins' })).status).toBe(201)
  })

  test('is one of two with one name at the same instant', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => refusal({ name: 'Racers' })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400, 400])
  })
})

describe('the list of teams', () => {
  test('is filtered by the whole name', async () => {
    const id = await newTeam({ name: 'Lookout, north' })
    const named = async (name: string) => {
      const { body } = await api.call('GET', `/api/v1/teams?name=${encodeURIComponent(name)}`)
      return body.results.map((team: { id: string }) => team.id)
    }
    expect(await named('Lookout, north')).toEqual([id])
    expect(await named('lookout, north')).toEqual([])
    expect(await named('Lookout')).toEqual([])
    expect(await named('\u0000')).toEqual([])
    expect(await named('')).toContain(id)
  })

  test("is the organization's own, in pages of fifty", async () => {
    const { body } = await api.callAs('stranger', 'GET', '/api/v1/teams/')
    expect(body).toMatchObject({ count: 1, page_size: 50, results: [{ name: 'Twins' }] })
  })

  test('is whole with thousands of teams and memberships', async () => {
    const made = new Date(Date.UTC(2026, 0, 1))
    const rows = Array.from({ length: 3000 }, (_, index) => ({ id: `TBULK${index}`, name: `Bulk ${index}`, created_at: made }))
    await server.db.sql
      .insertInto('teams')
      .values(rows.map((row) => ({ ...row, organization_id: api.system.organizationId, email: null })))
      .execute()
    const members = rows.map(({ id }) => ({ team_id: id, user_id: api.users.none }))
    await server.db.sql
      .insertInto('team_members')
      .values(members.map((row) => ({ ...row, organization_id: api.system.organizationId })))
      .execute()
    const { body } = await api.call('GET', '/api/v1/teams/?perpage=100&page=20')
    expect(body.results).toHaveLength(100)
    expect((await api.call('GET', `/api/v1/users/${api.users.none}/`)).body.teams).toHaveLength(3000)
  })
})

test('only admins change teams, and whoever may read anything reads them', async () => {
  const denied = { status: 403, text: '{"detail":"You do not have permission to perform this action."}' }
  const id = await newTeam()
  for (const role of ['editor', 'viewer', 'none'] as const) {
    expect(await api.callAs(role, 'POST', '/api/v1/teams/', { name: 'Mutiny' })).toMatchObject(denied)
    expect(await api.callAs(role, 'PATCH', `/api/v1/teams/${id}/`, { name: 'Mutiny' })).toMatchObject(denied)
    expect(await api.callAs(role, 'DELETE', `/api/v1/teams/${id}/`)).toMatchObject(denied)
    expect((await api.callAs(role, 'GET', `/api/v1/teams/${id}/`)).status).toBe(role === 'none' ? 403 : 200)
  }
})

test('every change of a team is in the audit', async () => {
  const id = await newTeam({ name: 'Audited' })
  await api.call('PATCH', `/api/v1/teams/${id}/`, { users: [api.users.editor] })
  await api.call('DELETE', `/api/v1/teams/${id}/`)
  const rows = await server.db.sql
    .selectFrom('audit_entries')
    .select(['action', 'details'])
    .where('subject_id', '=', id)
    .orderBy('action')
    .execute()
  expect(rows).toEqual([
    { action: 'team created', details: { name: 'Audited', escalation_chain_id: null, users: [] } },
    { action: 'team deleted', details: { name: 'Audited' } },
    { action: 'team updated', details: { name: 'Audited', escalation_chain_id: null, users: [api.users.editor] } },
  ])
})
