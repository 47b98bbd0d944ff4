import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { testServer, type TestServer } from '../../test/support/server.ts'
import { createUser, deactivateUser } from '../accounts/commands.ts'
import { notificationRuleRoutes } from './rule-routes.ts'

let server: TestServer
let api: Api

beforeAll(async () => {
  server = await testServer((app, db) => notificationRuleRoutes(app, { db }))
  api = await testApi(server)
})

afterAll(() => server.close())

beforeEach(() => server.db.sql.deleteFrom('notification_rules').execute())

const rulesPath = '/api/v1/personal_notification_rules/'
const pathOf = (rule: { readonly id: string }): string => `${rulesPath}${rule.id}/`

const newRule = async (fields: object) =>
  (await api.call('POST', rulesPath, { user_id: api.users.editor, type: 'notify_by_email', ...fields })).body

const orderOf = async (important = false): Promise<string[]> => {
  const { body } = await api.call('GET', `${rulesPath}?user_id=${api.users.editor}&important=${important}&perpage=100`)
  return body.results.map((rule: { id: string; position: number }) => `${rule.id} ${rule.position}`)
}

const auditOf = (id: string) =>
  server.db.sql.selectFrom('audit_entries').select(['action', 'details']).where('subject_id', '=', id).orderBy('action').execute()

describe('a rule', () => {
  test('lives from its creation to its end', async () => {
    const user = api.users.editor
    const made = await api.call('POST', rulesPath, { user_id: user, type: 'wait', duration: '0:15:00', important: true })
    expect(made.status).toBe(201)
    const { id } = made.body
    expect(id).toMatch(/^N[A-Z1-9]{12}$/)
    expect(made.text).toBe(`{"position":0,"id":"${id}","user_id":"${user}","type":"wait","important":true,"duration":900}`)
    expect((await api.call('GET', pathOf(made.body))).text).toBe(made.text)
    const changed = await api.call('PUT', pathOf(made.body), { type: 'notify_by_email', important: false, user_id: 'U1' })
    expect(changed).toMatchObject({
      status: 200,
      text: `{"position":0,"id":"${id}","user_id":"${user}","type":"notify_by_email","important":true}`,
    })
    expect((await api.call('DELETE', pathOf(made.body))).status).toBe(204)
    expect((await api.call('GET', pathOf(made.body))).status).toBe(404)
    expect(await auditOf(id)).toEqual([
      { action: 'notification rule created', details: { user_id: user, important: true, type: 'wait' } },
      { action: 'notification rule deleted', details: { user_id: user, important: true } },
      { action: 'notification rule updated', details: { user_id: user, important: true, type: 'notify_by_email' } },
    ])
  })

  test('takes the bodies of the Go client twice without a difference', async () => {
    const body = {
      user_id: api.users.editor,
      position: 0,
      duration: null,
      important: false,
      type: 'notify_by_email',
      manual_order: true,
    }
    const first = await api.call('POST', rulesPath, body)
    expect(first.status).toBe(201)
    expect(await api.call('PUT', pathOf(first.body), body)).toMatchObject({ status: 200, body: first.body })
    expect((await api.call('PUT', pathOf(first.body), body)).body).toEqual(first.body)
  })

  test.each<[object, object]>([
    [{ user_id: 'UNOBODY' }, { detail: 'User does not exist' }],
    [{ user_id: 'U\u0000' }, { detail: 'User does not exist' }],
    [{ type: 'notify_by_phone_call' }, { type: 'Invalid type' }],
    [{ duration: 300 }, { duration: "Duration can't be set" }],
    [{ position: -5 }, { detail: 'Invalid value for position field' }],
  ])('is refused and not made: %j', async (fields, wanted) => {
    const answer = await api.call('POST', rulesPath, { user_id: api.users.editor, type: 'notify_by_email', ...fields })
    expect(answer).toMatchObject({ status: 400, text: JSON.stringify(wanted) })
    expect((await api.call('GET', rulesPath)).body.count).toBe(0)
  })

  test('cannot be made for somebody who has left, and is not shown any more', async () => {
    const gone = await server.db.tx('create user', (tx) =>
      createUser(tx, api.system, { username: 'gone', email: 'gone@example.com', role: 'editor' }),
    )
    const rule = await newRule({ user_id: gone.id })
    await server.db.tx('deactivate user', (tx) => deactivateUser(tx, api.system, gone.id))
    expect(await api.call('POST', rulesPath, { user_id: gone.id, type: 'wait' })).toMatchObject({
      status: 400,
      body: { detail: 'User does not exist' },
    })
    for (const method of ['GET', 'PATCH', 'DELETE'] as const)
      expect((await api.call(method, pathOf(rule), method === 'PATCH' ? {} : undefined)).status).toBe(404)
    expect((await api.call('GET', rulesPath)).body.count).toBe(0)
    expect(await api.call('GET', `${rulesPath}?user_id=${gone.id}`)).toMatchObject({
      status: 400,
      body: { detail: 'User not found.' },
    })
  })
})

describe('whose rules they are', () => {
  test('people change their own, and admins those of everybody', async () => {
    const body = { user_id: api.users.editor, type: 'notify_by_email' }
    const own = await api.callAs('editor', 'POST', rulesPath, body)
    expect(own.status).toBe(201)
    expect((await api.callAs('editor', 'PATCH', pathOf(own.body), { type: 'wait' })).status).toBe(200)
    expect((await api.callAs('admin', 'PATCH', pathOf(own.body), { duration: 60 })).status).toBe(200)
    expect((await api.callAs('editor', 'DELETE', pathOf(own.body))).status).toBe(204)
  })

  test('an editor reads those of others and changes none of them', async () => {
    const rule = await newRule({ user_id: api.users.admin })
    const refused = { status: 403, body: { detail: 'You do not have permission to perform this action.' } }
    expect((await api.callAs('editor', 'GET', pathOf(rule))).body).toEqual(rule)
    expect(await api.callAs('editor', 'PATCH', pathOf(rule), { type: 'wait' })).toMatchObject(refused)
    expect(await api.callAs('editor', 'DELETE', pathOf(rule))).toMatchObject(refused)
    const body = { user_id: api.users.admin, type: 'notify_by_email' }
    expect(await api.callAs('editor', 'POST', rulesPath, body)).toMatchObject(refused)
    expect((await api.call('GET', pathOf(rule))).body).toEqual(rule)
  })

  test('viewers read, and whoever may nothing reads nothing', async () => {
    const rule = await newRule({ user_id: api.users.viewer })
    expect((await api.callAs('viewer', 'GET', pathOf(rule))).status).toBe(200)
    expect((await api.callAs('viewer', 'PATCH', pathOf(rule), {})).status).toBe(403)
    expect((await api.callAs('none', 'GET', rulesPath)).status).toBe(403)
  })

  test('another organization neither sees nor changes them', async () => {
    const rule = await newRule({})
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const)
      expect((await api.callAs('stranger', method, pathOf(rule), method === 'GET' ? undefined : {})).status).toBe(404)
    expect((await api.callAs('stranger', 'GET', rulesPath)).body.count).toBe(0)
    expect(await api.callAs('stranger', 'GET', `${rulesPath}?user_id=${api.users.editor}`)).toMatchObject({
      status: 400,
      body: { detail: 'User not found.' },
    })
    expect(await api.callAs('stranger', 'POST', rulesPath, { user_id: api.users.editor, type: 'wait' })).toMatchObject({
      status: 400,
      body: { detail: 'User does not exist' },
    })
  })
})

describe('the list', () => {
  test('goes by person, the usual rules before the important ones, each list in its order', async () => {
    const important = await newRule({ important: true })
    const second = await newRule({ type: 'wait' })
    const first = await newRule({ position: 0 })
    const others = await newRule({ user_id: api.users.admin, important: true })
    const { body } = await api.call('GET', rulesPath)
    expect(body).toMatchObject({ count: 4, next: null, previous: null, page_size: 50, current_page_number: 1, total_pages: 1 })
    const own = [first, { ...second, position: 1 }, important]
    // People of the same instant go by their ids.
    expect(body.results).toEqual(api.users.admin < api.users.editor ? [others, ...own] : [...own, others])
  })

  test('is filtered by person and importance', async () => {
    const [usual, important] = [await newRule({}), await newRule({ important: true })]
    await newRule({ user_id: api.users.admin })
    const idsOf = async (query: string) =>
      (await api.call('GET', `${rulesPath}?${query}`)).body.results.map(({ id }: { id: string }) => id)
    expect(await idsOf(`user_id=${api.users.editor}`)).toEqual([usual.id, important.id])
    expect(await idsOf(`user_id=${api.users.editor}&important=true`)).toEqual([important.id])
    expect(await idsOf('important=true')).toEqual([important.id])
    expect(await idsOf(`user_id=${api.users.editor}&important=false`)).toEqual([usual.id])
    expect(await idsOf('user_id=&important=')).toHaveLength(3)
  })

  test.each([
    ['user_id=UNOBODY', 'User not found.'],
    ['user_id=%00', 'User not found.'],
    ['important=True', 'Important is not bool'],
    ['important=1', 'Important is not bool'],
  ])('refuses the filter %s', async (query, detail) => {
    expect(await api.call('GET', `${rulesPath}?${query}`)).toMatchObject({ status: 400, body: { detail } })
  })
})

describe('the order', () => {
  test('makes room for one that is moved, in its own list alone', async () => {
    const elsewhere = await newRule({ important: true })
    const [a, b] = [await newRule({}), await newRule({})]
    const c = await newRule({ position: 0 })
    expect(await orderOf()).toEqual([`${c.id} 0`, `${a.id} 1`, `${b.id} 2`])
    await api.call('PATCH', pathOf(c), { position: -1 })
    expect(await orderOf()).toEqual([`${a.id} 0`, `${b.id} 1`, `${c.id} 2`])
    await api.call('PUT', pathOf(c), { position: 0, manual_order: true })
    expect(await orderOf()).toEqual([`${c.id} 0`, `${b.id} 1`, `${a.id} 2`])
    await api.call('DELETE', pathOf(b))
    expect(await orderOf()).toEqual([`${c.id} 0`, `${a.id} 2`])
    expect(await orderOf(true)).toEqual([`${elsewhere.id} 0`])
  })

  test('closes up when the last one has the largest position', async () => {
    const first = await newRule({ position: 5 })
    const second = await newRule({ position: 2_147_483_647 })
    expect(second.position).toBe(2_147_483_647)
    const third = await newRule({})
    expect(await orderOf()).toEqual([`${first.id} 0`, `${second.id} 1`, `${third.id} 2`])
  })

  test('has every position once when many write at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => newRule({})))
    await Promise.all(made.map(({ id }, index) => api.call('PATCH', `${rulesPath}${id}/`, { position: (index * 7) % 20 })))
    const positions = (await orderOf()).map((entry) => Number(entry.split(' ')[1]))
    expect(positions).toEqual(Array.from({ length: 20 }, (_, position) => position))
  })

  test('comes out the same however two clients swap at the same time', async () => {
    const [a, b, c] = [await newRule({}), await newRule({}), await newRule({})]
    const put = (rule: { id: string }, position: number) => api.call('PUT', pathOf(rule), { position, manual_order: true })
    await Promise.all([put(a, 2), put(b, 0), put(c, 1)])
    await Promise.all([put(a, 2), put(b, 0), put(c, 1)])
    expect(await orderOf()).toEqual([`${b.id} 0`, `${c.id} 1`, `${a.id} 2`])
  })

  test('has room for a hundred rules, and says so to the next one', async () => {
    await newRule({})
    const usual = { organization_id: api.system.organizationId, user_id: api.users.editor, important: false, type: 'email' }
    const more99 = Array.from({ length: 99 }, (_, index) => ({ ...usual, id: `N${index}`, position: index + 1 }))
    await server.db.sql
      .insertInto('notification_rules')
      .values(more99.map((row) => ({ ...row, duration_seconds: null, created_at: new Date() })))
      .execute()
    const more = await api.call('POST', rulesPath, { user_id: api.users.editor, type: 'wait' })
    expect(more).toMatchObject({
      status: 400,
      body: { detail: 'A user has at most 100 notification rules of each importance' },
    })
    expect((await newRule({ important: true })).position).toBe(0)
  })
})
