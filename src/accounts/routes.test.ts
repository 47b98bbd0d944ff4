import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { type Beginning, createOrganization, createToken, createUser, peopleByIds } from './commands.ts'
import type { Role } from './role.ts'
import { accountRoutes } from './routes.ts'

let server: TestServer
let admin: Beginning
let stranger: Beginning
const tokens = new Map<Role, string>()
const ids = new Map<Role, string>()

beforeAll(async () => {
  server = await testServer((app, db) => accountRoutes(app, { db, version: '1.2.3' }))
  const { tx } = server.db
  admin = await tx('create organization', (open) => createOrganization(open, { name: 'Harbour', email: 'ada@example.com' }))
  stranger = await tx('create organization', (open) => createOrganization(open, { name: 'Other', email: 'eve@example.com' }))
  tokens.set('admin', admin.token)
  ids.set('admin', admin.userId)
  const system = { kind: 'system', organizationId: admin.organizationId } as const
  for (const role of ['editor', 'viewer', 'none'] as const) {
    const user = await tx('create user', (open) =>
      createUser(open, system, { username: role, email: `${role}@example.com`, role }),
    )
    const { token } = await tx('create token', (open) => createToken(open, system, { name: 'test', userId: user.id }))
    tokens.set(role, token)
    ids.set(role, user.id)
  }
})

afterAll(() => server.close())

type Call = { readonly as?: Role; readonly token?: string; readonly body?: Record<string, unknown> | string }

async function call(what: string, { as = 'admin', token = tokens.get(as) ?? '', body }: Call = {}) {
  const [method = '', url = ''] = what.split(' ')
  const answer = await server.app.inject({
    method: methodOf(method),
    url: `/api/v1${url}`,
    headers: { authorization: token },
    ...(body === undefined ? {} : { payload: body }),
  })
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json(), headers: answer.headers }
}

const methodOf = (name: string) =>
  (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).find((method) => method === name) ?? 'GET'

async function newUser(username: string, more: Record<string, unknown> = {}): Promise<string> {
  const { body } = await call('POST /users/', { body: { username, email: `${username}@example.com`, role: 'viewer', ...more } })
  return body.id
}

describe('users', () => {
  test('a user is shown with the keys of the contract first, in its order', async () => {
    const { body } = await call('GET /users/current/')
    expect(JSON.stringify(body)).toBe(
      `{"id":"${admin.userId}","grafana_id":null,"email":"ada@example.com","slack":null,"username":"ada","role":"admin",` +
        '"is_phone_number_verified":false,"timezone":null,"teams":[],' +
        '"name":null,"first_name":null,"last_name":null,"slack_user_id":null,"phone":null,"shift_reminders":[86400,3600]}',
    )
  })

  test('the slash at the end is optional', async () => {
    expect((await call('GET /users/current')).status).toBe(200)
    expect((await call(`GET /users/${admin.userId}`)).body).toEqual((await call(`GET /users/${admin.userId}/`)).body)
  })

  test('an admin adds a user with everything that can be said about one', async () => {
    const { status, body } = await call('POST /users/', {
      body: {
        username: ' grace ',
        email: 'grace@example.com',
        role: 'editor',
        name: 'Grace Hopper',
        first_name: 'Grace',
        last_name: 'Hopper',
        slack_user_id: 'U123',
        phone: '+4912345',
        timezone: 'Europe/Berlin',
        surprise: true,
      },
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      username: 'grace',
      role: 'editor',
      timezone: 'Europe/Berlin',
      name: 'Grace Hopper',
      first_name: 'Grace',
      last_name: 'Hopper',
      slack_user_id: 'U123',
      phone: '+4912345',
    })
    expect(body.id).toMatch(/^U[A-NP-Z1-9]{12}$/)
    expect((await call(`GET /users/${body.id}/`)).body).toEqual(body)
  })

  test('all that is wrong with a new user is said at once', async () => {
    const { status, body } = await call('POST /users/', {
      body: { username: '', email: 'nobody', role: 'king', name: [5], timezone: 'Moon/Base' },
    })
    expect(status).toBe(400)
    expect(body).toEqual({
      username: ['This field may not be blank.'],
      email: ['Enter a valid email address.'],
      role: ['"king" is not a valid choice.'],
      name: ['Not a valid string.'],
      timezone: ['Invalid timezone'],
    })
  })

  test('a zero byte is in no username and names nobody', async () => {
    expect(await call('POST /users/', { body: { username: 'a\0b', email: 'z@x', role: 'viewer' } })).toMatchObject({
      status: 400,
      body: { username: ['Null characters are not allowed.'] },
    })
    expect(await call('GET /users/U%00/')).toMatchObject({ status: 404 })
    expect((await call('GET /users/?username=a%00&page=1&page=2')).body.results).toEqual([])
  })

  test('what is missing is required, also when there is no body at all', async () => {
    const required = ['This field is required.']
    expect((await call('POST /users/')).body).toEqual({ username: required, email: required, role: required })
    expect((await call('POST /users/', { body: { username: null, email: 'a@b', role: 'viewer' } })).body).toEqual({
      username: ['This field may not be null.'],
    })
  })

  test('usernames and addresses are unique among active users, addresses without regard to case', async () => {
    const id = await newUser('twin')
    const again = await call('POST /users/', { body: { username: 'twin', email: 'TWIN@example.com', role: 'viewer' } })
    expect(again.status).toBe(400)
    expect(again.body).toEqual({
      username: ['A user with that username already exists.'],
      email: ['A user with that email already exists.'],
    })
    const other = await newUser('other-twin')
    expect((await call(`PATCH /users/${other}/`, { body: { username: 'TWIN' } })).body).toEqual({
      username: ['A user with that username already exists.'],
    })
    expect((await call(`PATCH /users/${id}/`, { body: { email: 'Twin@Example.com' } })).status).toBe(200)
    await call(`DELETE /users/${id}/`)
    expect((await call('POST /users/', { body: { username: 'twin', email: 'twin@example.com', role: 'viewer' } })).status).toBe(
      201,
    )
  })

  test('two who take the same name at the same instant: one gets it, the other is told', async () => {
    const body = { username: 'racer', email: 'racer@example.com', role: 'viewer' }
    const answers = await Promise.all([call('POST /users/', { body }), call('POST /users/', { body })])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400])
  })

  test('PUT and PATCH change what they name and leave the rest', async () => {
    const id = await newUser('linus', { phone: '1', name: 'Linus' })
    expect((await call(`PUT /users/${id}/`, { body: { role: 'editor', phone: null } })).body).toMatchObject({
      username: 'linus',
      role: 'editor',
      phone: null,
      name: 'Linus',
    })
    expect((await call(`PATCH /users/${id}/`, { body: { name: '  ' } })).body).toMatchObject({ role: 'editor', name: null })
  })

  test('a user who left is not found, and the tokens end at once', async () => {
    const id = await newUser('leaver')
    const { body } = await call('POST /tokens/', { body: { name: 'mine', user_id: id } })
    expect((await call('GET /users/current/', { token: body.token })).status).toBe(200)
    const left = await call(`DELETE /users/${id}/`)
    expect([left.status, left.body]).toEqual([204, null])
    const after = await call('GET /users/current/', { token: body.token })
    expect([after.status, after.body]).toEqual([403, { detail: 'Only active users are allowed to perform this action.' }])
    expect((await call(`GET /users/${id}/`)).status).toBe(404)
    expect((await call(`PATCH /users/${id}/`, { body: { role: 'admin' } })).status).toBe(404)
    const people = await peopleByIds(server.db.sql, admin.organizationId, [id, 'U???'])
    expect([...people.values()].map(({ username, active }) => ({ username, active }))).toEqual([
      { username: 'leaver', active: false },
    ])
  })

  test('the last admin stays an admin', async () => {
    const refused = { detail: 'This is the last active admin of the organization. Make somebody else admin first.' }
    expect(await call(`DELETE /users/${admin.userId}/`)).toMatchObject({ status: 400, body: refused })
    expect(await call(`PATCH /users/${admin.userId}/`, { body: { role: 'editor' } })).toMatchObject({
      status: 400,
      body: refused,
    })
    expect((await call(`PATCH /users/${admin.userId}/`, { body: { name: 'Ada' } })).status).toBe(200)
    await call(`PATCH /users/${admin.userId}/`, { body: { name: null } })
  })

  test('two admins who demote each other at the same instant leave one', async () => {
    const { tx } = server.db
    const crew = await tx('create organization', (open) => createOrganization(open, { name: 'Pair', email: 'one@example.com' }))
    const { body: two } = await call('POST /users/', {
      token: crew.token,
      body: { username: 'two', email: 'two@x', role: 'admin' },
    })
    const answers = await Promise.all([
      call(`PATCH /users/${two.id}/`, { token: crew.token, body: { role: 'viewer' } }),
      call(`DELETE /users/${crew.userId}/`, { token: crew.token }),
    ])
    // The other one would end the last admin, or is not let in any more, since its sender is deactivated.
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
  })

  test('a list can be filtered by address, name and roles, and shortened', async () => {
    const names = async (query: string) =>
      (await call(`GET /users/?${query}`)).body.results.map(({ username }: { username: string }) => username).toSorted()
    expect(await names('email=ADA@example.com')).toEqual(['ada'])
    expect(await names('username=EDITOR')).toEqual(['editor'])
    expect(await names('roles=0&roles=3')).toEqual(['ada', 'none'])
    expect(await names('roles=3')).toEqual(['none'])
    expect((await call('GET /users/?roles=9')).body).toEqual({
      roles: ['Select a valid choice. 9 is not one of the available choices.'],
    })
    const { body } = await call('GET /users/?username=ada&short=true')
    expect(Object.keys(body.results[0])).toEqual(['id', 'grafana_id', 'email', 'username', 'role', 'is_phone_number_verified'])
    expect(body.page_size).toBe(100)
  })

  test('another organization sees none of it', async () => {
    const { token } = stranger
    expect((await call(`GET /users/${admin.userId}/`, { token })).status).toBe(404)
    expect((await call(`PATCH /users/${admin.userId}/`, { token, body: { role: 'none' } })).status).toBe(404)
    expect((await call(`DELETE /users/${admin.userId}/`, { token })).status).toBe(404)
    expect((await call('GET /users/', { token })).body.count).toBe(1)
    expect((await call(`GET /tokens/?user_id=${admin.userId}`, { token })).body.count).toBe(0)
    expect((await call('POST /tokens/', { token, body: { name: 'x', user_id: admin.userId } })).body).toEqual({
      user_id: ['User does not exist'],
    })
  })

  test('only admins change users, and nobody raises the own role', async () => {
    const denied = { status: 403, body: { detail: 'You do not have permission to perform this action.' } }
    for (const as of ['editor', 'viewer', 'none'] as const) {
      expect(await call('POST /users/', { as, body: {} })).toMatchObject(denied)
      expect(await call(`PATCH /users/${ids.get(as)}/`, { as, body: { role: 'admin' } })).toMatchObject(denied)
      expect(await call(`DELETE /users/${ids.get(as)}/`, { as })).toMatchObject(denied)
    }
    expect((await call('GET /users/', { as: 'viewer' })).status).toBe(200)
    expect(await call('GET /users/', { as: 'none' })).toMatchObject(denied)
  })
})

describe('tokens', () => {
  test('a new token is shown once, works in all three forms, and ends when it is revoked', async () => {
    const { status, body } = await call('POST /tokens/', { as: 'editor', body: { name: 'laptop' } })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user_id: ids.get('editor'),
      name: 'laptop',
      created_at: '2026-04-01T12:00:00Z',
      token: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    for (const form of ['', 'Bearer ', 'Token ', 'bearer ', 'TOKEN  ']) {
      expect((await call('GET /users/current/', { token: form + body.token })).body.username).toBe('editor')
    }
    const listed = (await call('GET /tokens/', { as: 'editor' })).body.results
    expect(listed.map(({ name }: { name: string }) => name).toSorted()).toEqual(['laptop', 'test'])
    expect(JSON.stringify(listed)).not.toContain(body.token)
    expect((await call(`DELETE /tokens/${body.id}/`, { as: 'editor' })).status).toBe(204)
    expect((await call('GET /users/current/', { token: body.token })).body).toEqual({ detail: 'Invalid token.' })
    expect((await call(`DELETE /tokens/${body.id}/`, { as: 'editor' })).status).toBe(404)
  })

  test('one has no power over the tokens of others, unless one is admin', async () => {
    const { body } = await call('POST /tokens/', { body: { name: 'for the viewer', user_id: ids.get('viewer') } })
    expect((await call(`DELETE /tokens/${body.id}/`, { as: 'editor' })).status).toBe(404)
    expect((await call(`GET /tokens/?user_id=${ids.get('viewer')}`, { as: 'editor' })).status).toBe(403)
    expect((await call('POST /tokens/', { as: 'editor', body: { name: 'x', user_id: admin.userId } })).status).toBe(403)
    expect((await call('POST /tokens/', { as: 'viewer', body: { name: 'x' } })).status).toBe(403)
    expect((await call(`DELETE /tokens/${body.id}/`, { as: 'viewer' })).status).toBe(204)
    expect((await call('DELETE /tokens/nonsense/')).status).toBe(404)
  })

  test('what is no token opens nothing, and does not say why', async () => {
    for (const token of [
      '',
      'x',
      'Bearer',
      'Basic YTpi',
      '0'.repeat(64),
      admin.token.toUpperCase(),
      `${admin.token}00`,
      `glsa_${admin.token}`,
    ]) {
      expect(await call('GET /users/', { token })).toMatchObject({ status: 403, body: { detail: 'Invalid token.' } })
    }
  })
})

test('the organization of the token is listed, and shown under any id', async () => {
  const shown = { id: admin.organizationId, name: 'Harbour' }
  expect((await call('GET /organizations/')).body).toEqual({
    count: 1,
    next: null,
    previous: null,
    results: [shown],
    page_size: 25,
    current_page_number: 1,
    total_pages: 1,
  })
  expect((await call(`GET /organizations/${stranger.organizationId}/`)).body).toEqual(shown)
})

test('the server tells its address and version', async () => {
  expect((await call('GET /info')).body).toEqual({
    url: 'https://bell.example',
    version: '1.2.3',
    time_zone_data: expect.stringMatching(/^20\d\d[a-z]$/),
  })
})

test('every change is in the audit, without secrets', async () => {
  const id = await newUser('audited')
  await call(`PATCH /users/${id}/`, { body: { role: 'editor', phone: '+123456' } })
  const made = await call('POST /tokens/', { body: { name: 'audited token', user_id: id } })
  await call(`DELETE /tokens/${made.body.id}/`)
  await call(`DELETE /users/${id}/`)
  const rows = await server.db.sql
    .selectFrom('audit_entries')
    .select(['action', 'actor', 'details'])
    .where('subject_id', 'in', [id, made.body.id])
    .orderBy('id')
    .execute()
  expect(new Set(rows.map(({ action }) => action))).toEqual(
    new Set(['user created', 'user updated', 'token created', 'token revoked', 'user deactivated']),
  )
  expect(rows.find(({ action }) => action === 'user updated')?.details).toEqual({
    fields: ['role', 'phone'],
    role: 'editor',
    roleBefore: 'viewer',
  })
  expect(rows.every(({ actor }) => JSON.stringify(actor).includes(admin.userId))).toBe(true)
  expect(JSON.stringify(rows)).not.toContain(made.body.token)
})
