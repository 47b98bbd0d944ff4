import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { createSetupLink } from './commands.ts'
import { accountRoutes } from './routes.ts'
import { setupRoutes } from './setup-routes.ts'

let server: TestServer

beforeAll(async () => {
  server = await testServer((app, db) => {
    accountRoutes(app, { db, version: '1.2.3' })
    setupRoutes(app, db)
  }, 'https://bell.example/oncall')
})

afterAll(() => server.close())

const get = (url: string) => server.app.inject({ method: 'GET', url })
const post = (url: string, payload: string) =>
  server.app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/x-www-form-urlencoded' } })

test('the page of the first start makes an organization and shows a token that works, once', async () => {
  const link = `/oncall/setup/${await server.db.tx('create setup link', createSetupLink)}`

  const form = await get(link)
  expect(form.statusCode).toBe(200)
  expect(form.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  })
  expect(form.headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self';/,
  )
  expect(form.body).toContain('<form method="post">')
  expect(form.body).not.toContain('<script')

  const bad = await post(link, 'name=%22%3E%3Cscript%3E&email=nobody')
  expect(bad.statusCode).toBe(400)
  expect(bad.body).toContain('Enter a valid email address.')
  expect(bad.body).toContain('value="nobody"')
  expect(bad.body).toContain('value="&quot;&gt;&lt;script&gt;"')
  expect(bad.body).not.toContain('<script')

  const nul = await post(link, 'name=a%00b&email=ada%40example.com')
  expect([nul.statusCode, nul.headers['content-type']]).toEqual([400, 'text/html; charset=utf-8'])

  const done = await post(link, 'name=Harbour&email=ada%40example.com')
  expect(done.statusCode).toBe(201)
  const [, token = ''] = /<pre>([0-9a-f]{64})<\/pre>/.exec(done.body) ?? []
  expect(done.body).toContain(`curl -H &#39;Authorization: ${token}&#39; https://bell.example/oncall/api/v1/users/current/`)
  const me = await server.app.inject({ url: '/oncall/api/v1/users/current/', headers: { authorization: token } })
  expect(me.json()).toMatchObject({ username: 'ada', email: 'ada@example.com', role: 'admin' })

  for (const answer of [await get(link), await post(link, 'name=Other&email=eve%40example.com')]) {
    expect(answer.statusCode).toBe(404)
    expect(answer.body).toContain('This set-up link has ended')
    expect(answer.body).toContain('watchbell token create')
  }
  expect(JSON.stringify(server.lines)).not.toContain(link.slice(-64))
})

test('an unknown link says so', async () => {
  const answer = await get(`/setup/${'0'.repeat(64)}/`)
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
})

test('a form that is no form has nothing in it', async () => {
  const answer = await server.app.inject({ method: 'POST', url: '/setup/x', payload: [1] })
  expect(answer.statusCode).toBe(404)
})
