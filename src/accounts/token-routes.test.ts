import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { accountRoutes } from './routes.ts'

let server: TestServer
let api: Api

beforeAll(async () => {
  server = await testServer((app, db) => accountRoutes(app, { db, version: 'test' }))
  api = await testApi(server)
})

afterAll(() => server.close())

const newToken = async (userId: string, name = 'laptop') =>
  (await api.call('POST', '/api/v1/tokens/', { name, user_id: userId })).body

describe('a token that is there', () => {
  test('is shown without the token itself', async () => {
    const { token, ...made } = await newToken(api.users.editor)
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    for (const asker of ['admin', 'editor'] as const) {
      const { status, body } = await api.callAs(asker, 'GET', `/api/v1/tokens/${made.id}/`)
      expect({ status, body }).toEqual({ status: 200, body: made })
    }
  })

  test.each(['PUT', 'PATCH'] as const)('is renamed by a %s, and stays good', async (method) => {
    const { token, ...made } = await newToken(api.users.editor)
    const path = `/api/v1/tokens/${made.id}/`
    const renamed = await api.callAs('editor', method, path, { name: ' desk ', user_id: api.users.admin, token: 'x' })
    expect(renamed).toMatchObject({ status: 200, body: { ...made, name: 'desk' } })
    expect((await api.callAs('editor', method, path, {})).body).toEqual({ ...made, name: 'desk' })
    const answer = await server.app.inject({ url: '/api/v1/users/current/', headers: { authorization: token } })
    expect(answer.json().id).toBe(api.users.editor)
  })

  test('is found by its owner and by admins, and by nobody when it is revoked', async () => {
    const { id } = await newToken(api.users.editor)
    const path = `/api/v1/tokens/${id}/`
    const gone = { status: 404, text: '{"detail":"Not found."}' }
    expect(await api.callAs('viewer', 'GET', path)).toMatchObject(gone)
    expect(await api.callAs('stranger', 'GET', path)).toMatchObject(gone)
    expect(await api.callAs('stranger', 'PATCH', path, { name: 'mine' })).toMatchObject(gone)
    expect((await api.callAs('viewer', 'PATCH', path, { name: 'mine' })).status).toBe(403)
    await api.callAs('editor', 'DELETE', path)
    for (const method of ['GET', 'PATCH', 'DELETE'] as const)
      expect(await api.call(method, path, method === 'PATCH' ? { name: 'late' } : undefined)).toMatchObject(gone)
  })

  test('is not found by what is no id', async () => {
    for (const id of ['x', '%00', '00000000-0000-0000-0000-000000000000'])
      expect((await api.call('GET', `/api/v1/tokens/${id}/`)).status).toBe(404)
  })
})

describe('a token that cannot be', () => {
  test.each<[object, string]>([
    [{}, '{"name":["This field is required."]}'],
    [{ name: null }, '{"name":["This field may not be null."]}'],
    [{ name: ' ' }, '{"name":["This field may not be blank."]}'],
    [{ name: ['x'] }, '{"name":["Not a valid string."]}'],
    [{ name: 'a\u0000b' }, '{"name":["Null characters are not allowed."]}'],
    [{ name: 'x'.repeat(101) }, '{"name":["Ensure this field has no more than 100 characters."]}'],
    [{ name: 'x', user_id: 7 }, '{"user_id":["Invalid values"]}'],
    [{ name: 'x', user_id: 'U1' }, '{"user_id":["User does not exist"]}'],
    [{ name: 'x', user_id: 'U\u0000' }, '{"user_id":["User does not exist"]}'],
    [{ name: '', user_id: [] }, '{"name":["This field may not be blank."],"user_id":["Invalid values"]}'],
  ])('is refused by field: %j', async (body, text) => {
    const before = (await api.call('GET', '/api/v1/tokens/')).text
    expect(await api.call('POST', '/api/v1/tokens/', body)).toMatchObject({ status: 400, text })
    expect((await api.call('GET', '/api/v1/tokens/')).text).toBe(before)
  })

  test.each([null, '', { a: 1 }, 'x'.repeat(101)])('is not made of a good one by the name %j', async (name) => {
    const { id } = await newToken(api.users.admin, 'good')
    expect((await api.call('PATCH', `/api/v1/tokens/${id}/`, { name })).status).toBe(400)
    expect((await api.call('GET', `/api/v1/tokens/${id}/`)).body.name).toBe('good')
  })
})

test("nobody's name and the empty text mean oneself", async () => {
  for (const userId of [null, '']) {
    const { body } = await api.callAs('editor', 'POST', '/api/v1/tokens/', { name: 'mine', user_id: userId })
    expect(body.user_id).toBe(api.users.editor)
  }
  const { body } = await api.callAs('editor', 'GET', '/api/v1/tokens/?user_id=')
  expect(new Set(body.results.map((token: { user_id: string }) => token.user_id))).toEqual(new Set([api.users.editor]))
})

test('a new name is in the audit, with the old one', async () => {
  const { id } = await newToken(api.users.editor, 'before')
  await api.call('PATCH', `/api/v1/tokens/${id}/`, { name: 'after' })
  const rows = await server.db.sql
    .selectFrom('audit_entries')
    .select('details')
    .where('subject_id', '=', id)
    .where('action', '=', 'token renamed')
    .execute()
  expect(rows).toEqual([{ details: { userId: api.users.editor, name: 'after', nameBefore: 'before' } }])
})
