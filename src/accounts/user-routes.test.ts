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

const good = { username: 'good', email: 'good@example.com', role: 'viewer' }
const users = async () => (await api.call('GET', '/api/v1/users/')).text

const wrong: readonly (readonly [object, string])[] = [
  [{ username: null }, '{"username":["This field may not be null."]}'],
  [{ username: '\t ' }, '{"username":["This field may not be blank."]}'],
  [{ username: ['x'] }, '{"username":["Not a valid string."]}'],
  [{ username: 'a\nb' }, '{"username":["Enter a valid value."]}'],
  [{ username: 'a\u0000b' }, '{"username":["Null characters are not allowed."]}'],
  [{ username: 'x'.repeat(151) }, '{"username":["Ensure this field has no more than 150 characters."]}'],
  [{ email: null }, '{"email":["This field may not be null."]}'],
  [{ email: '' }, '{"email":["This field may not be blank."]}'],
  [{ email: 'nobody' }, '{"email":["Enter a valid email address."]}'],
  [{ email: 'a@b, c@d' }, '{"email":["Enter a valid email address."]}'],
  [{ email: `a@${'b'.repeat(260)}` }, '{"email":["Ensure this field has no more than 254 characters."]}'],
  [{ role: null }, '{"role":["This field may not be null."]}'],
  [{ role: 'Admin' }, '{"role":["\\"Admin\\" is not a valid choice."]}'],
  [{ role: 0 }, '{"role":["\\"0\\" is not a valid choice."]}'],
  [{ role: ['admin'] }, '{"role":["\\"[\\"admin\\"]\\" is not a valid choice."]}'],
  [{ role: '' }, '{"role":["\\"\\" is not a valid choice."]}'],
  [{ name: {} }, '{"name":["Not a valid string."]}'],
  [{ name: 'a\u0000b' }, '{"name":["Null characters are not allowed."]}'],
  [{ name: 'x'.repeat(301) }, '{"name":["Ensure this field has no more than 300 characters."]}'],
  [{ first_name: true }, '{"first_name":["Not a valid string."]}'],
  [{ last_name: 'x'.repeat(151) }, '{"last_name":["Ensure this field has no more than 150 characters."]}'],
  [{ slack_user_id: [] }, '{"slack_user_id":["Not a valid string."]}'],
  [{ phone: 'x'.repeat(51) }, '{"phone":["Ensure this field has no more than 50 characters."]}'],
  [{ timezone: 5 }, '{"timezone":["Invalid timezone"]}'],
  [{ timezone: '+01:00' }, '{"timezone":["Invalid timezone"]}'],
  [{ timezone: {} }, '{"timezone":["Not a valid string."]}'],
  [{ shift_reminders: 3600 }, '{"shift_reminders":["Expected a list of items but got type \\"int\\"."]}'],
  [{ shift_reminders: [59] }, '{"shift_reminders":["Ensure this value is greater than or equal to 60."]}'],
  [{ shift_reminders: [2_592_001] }, '{"shift_reminders":["Ensure this value is less than or equal to 2592000."]}'],
  [{ shift_reminders: ['soon'] }, '{"shift_reminders":["A valid integer is required."]}'],
  [{ shift_reminders: [60, 61, 62, 63, 64, 65] }, '{"shift_reminders":["Ensure this field has no more than 5 elements."]}'],
  [
    { username: '', role: 'x', phone: {} },
    '{"username":["This field may not be blank."],"role":["\\"x\\" is not a valid choice."],"phone":["Not a valid string."]}',
  ],
]

describe('a user that cannot be', () => {
  test.each(wrong)('is refused by field, and nothing changes: %j', async (fields, text) => {
    const before = await users()
    expect(await api.call('POST', '/api/v1/users/', { ...good, ...fields })).toMatchObject({ status: 400, text })
    for (const method of ['PUT', 'PATCH'] as const)
      expect(await api.call(method, `/api/v1/users/${api.users.viewer}/`, { phone: '1', ...fields })).toMatchObject({
        status: 400,
        text,
      })
    expect(await users()).toBe(before)
  })

  test.each(['{}', '{"surprise":1}'])('is one of whom nothing is said: %s', async (body) => {
    const required = ['This field is required.']
    expect(await api.call('POST', '/api/v1/users/', JSON.parse(body))).toMatchObject({
      status: 400,
      body: { username: required, email: required, role: required },
    })
  })
})

test('what is said about a user is kept without blanks around it, and nothing is null', async () => {
  const { body } = await api.call('POST', '/api/v1/users/', {
    ...{ username: ' mate ', email: ' mate@example.com ', role: 'editor', name: ' ', first_name: '', last_name: null },
    ...{ slack_user_id: ' U1 ', phone: 49_123, timezone: ' europe/berlin ', teams: ['T1'], id: 'U1', grafana_id: 7 },
  })
  expect(body).toMatchObject({
    ...{ username: 'mate', email: 'mate@example.com', name: null, first_name: null, last_name: null },
    ...{ slack_user_id: 'U1', phone: '49123', timezone: 'europe/berlin', teams: [], grafana_id: null },
  })
  expect((await api.call('GET', `/api/v1/users/${body.id}/`)).body).toEqual(body)
  const cleared = await api.call('PUT', `/api/v1/users/${body.id}/`, { slack_user_id: '', phone: null, timezone: '' })
  expect(cleared.body).toMatchObject({ slack_user_id: null, phone: null, timezone: null, username: 'mate' })
})

test('what the database cannot keep of a text is shown as it is kept', async () => {
  const { body } = await api.call('POST', '/api/v1/users/', { ...good, username: 'half', email: 'half@x', name: 'a\ud800b' })
  expect(body.name).toBe('a\uFFFDb')
  expect((await api.call('GET', `/api/v1/users/${body.id}/`)).body).toEqual(body)
})

test('an empty filter filters nothing', async () => {
  const all = (await api.call('GET', '/api/v1/users/')).body.count
  expect(all).toBeGreaterThan(3)
  expect((await api.call('GET', '/api/v1/users/?email=&username=')).body.count).toBe(all)
})

describe('who is no admin', () => {
  const mine = { timezone: 'Asia/Tokyo', shift_reminders: [7200] }

  test('sets the own reminders and time zone', async () => {
    expect(await api.callAs('editor', 'PATCH', '/api/v1/users/current/', mine)).toMatchObject({ status: 200, body: mine })
    expect(await api.callAs('editor', 'PUT', '/api/v1/users/current/', { shift_reminders: [] })).toMatchObject({
      status: 200,
      body: { id: api.users.editor, timezone: 'Asia/Tokyo', shift_reminders: [] },
    })
  })

  test('changes nothing else, and nothing of others', async () => {
    const before = (await api.call('GET', '/api/v1/users/')).body
    for (const change of [{ role: 'admin' }, { ...mine, email: 'eve@example.com' }, { name: null }])
      expect((await api.callAs('editor', 'PATCH', '/api/v1/users/current/', change)).status).toBe(403)
    expect((await api.callAs('editor', 'PATCH', `/api/v1/users/${api.users.admin}/`, mine)).status).toBe(403)
    expect((await api.callAs('viewer', 'PATCH', '/api/v1/users/current/', mine)).status).toBe(403)
    expect((await api.call('GET', '/api/v1/users/')).body).toEqual(before)
  })
})
