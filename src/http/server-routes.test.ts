import { connect } from 'node:net'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Registry } from 'prom-client'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { createOrganization } from '../accounts/commands.ts'
import { accountRoutes } from '../accounts/routes.ts'
import type { Window } from '../lib/listing.ts'
import { Rejection } from '../lib/rejection.ts'
import { healthRoutes, type Readiness } from './health.ts'
import { pageOf, paginate } from './pagination.ts'
import { input } from './schema.ts'

const open = { permission: 'other-settings:read' } as const

let server: TestServer
let authorization: string
let readiness: Readiness

beforeAll(async () => {
  server = await testServer((app, db) => {
    accountRoutes(app, { db, version: '1.2.3' })
    healthRoutes(app, { readiness: async () => readiness, registry: new Registry() })
    const Body = input({
      count: Type.Integer(),
      on: Type.Optional(Type.Boolean()),
      names: Type.Optional(Type.Array(Type.String())),
    })
    app.post('/api/v1/echo/', { config: open, schema: { body: Body } }, async ({ body }) => body)
    app.delete('/api/v1/echo/', { config: open }, async ({ body }) => ({ body: body ?? 'none' }))
    const numbers = { count: async () => 3, items: async ({ limit, offset }: Window) => [1, 2, 3].slice(offset, offset + limit) }
    app.get('/api/v1/numbers/', { config: open, schema: { response: { 200: pageOf(Type.Integer()) } } }, (request) =>
      paginate(request, { pageSize: 50, listing: numbers, show: (number) => number }),
    )
    app.get('/api/v1/calendar/', { config: { ...open, answers: 'text/calendar' } }, async (_request, reply) =>
      reply.type('text/calendar').send('BEGIN:VCALENDAR'),
    )
    app.get('/api/v1/broken/', { config: open }, () => {
      throw new Error('the secret is 42')
    })
    app.get('/api/v1/lost/', { config: open }, () => {
      throw Object.assign(new Error('terminating connection'), { code: '57P01' })
    })
    app.get('/api/v1/slow/', { config: open }, () => {
      throw Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' })
    })
    app.get('/api/v1/full/', { config: open }, () => {
      throw Object.assign(new Error('could not extend file: No space left on device'), { code: '53100' })
    })
    app.get('/api/v1/busy/', { config: open }, () => {
      throw new Rejection({
        kind: 'too-many',
        detail: 'Request was throttled. Expected available in 60 seconds.',
        retryAfterSeconds: 60,
      })
    })
    app.post('/integrations/v1/:type/:token/', { config: { public: 'inbound' } }, async () => 'Ok.')
  }, 'https://bell.example/oncall')
  const { token } = await server.db.tx('create organization', (tx) =>
    createOrganization(tx, { name: 'Harbour', email: 'ada@example.com' }),
  )
  authorization = token
})

afterAll(() => server.close())

beforeEach(() => {
  server.lines.length = 0
  readiness = { database: 'ok', migrations: 'ok' }
})

type Options = { readonly headers?: Record<string, string>; readonly payload?: string | Record<string, unknown> | unknown[] }

async function ask(what: string, options: Options = {}) {
  const [method = '', url = ''] = what.split(' ')
  const known = (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const).find((name) => name === method) ?? 'GET'
  const { headers, payload } = options
  const answer = await server.app.inject({
    method: known,
    url,
    headers: { authorization, ...headers },
    ...(payload === undefined ? {} : { payload }),
  })
  return { status: answer.statusCode, body: answer.body, headers: answer.headers }
}

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const detail = (text: string) => JSON.stringify({ detail: text })

describe('paths', () => {
  test('answer with and without the slash at the end and the prefix of the public URL', async () => {
    for (const path of [
      '/api/v1/info',
      '/api/v1/info/',
      '/oncall/api/v1/info',
      '/oncall/api/v1/info/',
      '/oncall/api/v1/info/?x=1',
    ]) {
      expect((await ask(`GET ${path}`)).status).toBe(200)
    }
  })

  test('with or without the prefix, links to other pages have it', async () => {
    for (const path of ['/api/v1/numbers/?perpage=2', '/oncall/api/v1/numbers/?perpage=2']) {
      expect(JSON.parse((await ask(`GET ${path}`)).body)).toEqual({
        count: 3,
        next: 'https://bell.example/oncall/api/v1/numbers/?page=2&perpage=2',
        previous: null,
        results: [1, 2],
        page_size: 2,
        current_page_number: 1,
        total_pages: 2,
      })
    }
  })

  test('that nobody knows are 404, also when something is sent to them', async () => {
    for (const what of ['GET /api/v1/nothing/', 'POST /api/v1/nothing', 'GET /oncallx', 'DELETE /api/v1/users/x/y']) {
      expect(await ask(what)).toMatchObject({ status: 404, body: detail('Not found.') })
    }
    expect((await ask('POST /api/v1/nothing', { headers: json, payload: '{broken' })).status).toBe(404)
    expect((await ask('POST /api/v1/nothing', { headers: { 'content-type': 'text/plain' }, payload: 'x' })).status).toBe(404)
  })

  test('that have other methods say which', async () => {
    expect(await ask('DELETE /api/v1/users/')).toMatchObject({
      status: 405,
      body: detail('Method "DELETE" not allowed.'),
      headers: { allow: 'GET, HEAD, POST' },
    })
    expect(await ask('OPTIONS /oncall/api/v1/users/U1?x=1')).toMatchObject({
      status: 405,
      body: detail('Method "OPTIONS" not allowed.'),
      headers: { allow: 'GET, HEAD, PUT, PATCH, DELETE' },
    })
  })

  test('that are broken or far too long are refused without a stack', async () => {
    expect(await ask('GET /api/v1/users/%zz/')).toMatchObject({ status: 404, body: detail('Not found.') })
    expect(server.lines.at(-1)).toMatchObject({ message: 'request finished', path: '/api/***', status: 404 })
    expect((await ask(`GET /api/v1/users/${'U'.repeat(600)}/`)).status).toBe(404)
  })
})

describe('access', () => {
  test('HEAD needs what GET needs', async () => {
    expect((await ask('HEAD /api/v1/users/', { headers: { authorization: 'none' } })).status).toBe(403)
    expect(await ask('HEAD /api/v1/users/')).toMatchObject({ status: 200, body: '' })
  })

  test('without a token the body is not even parsed', async () => {
    const answer = await ask('POST /api/v1/echo/', { headers: { authorization: '', ...json }, payload: '{broken' })
    expect(answer).toMatchObject({ status: 403, body: detail('Invalid token.') })
  })

  test.each([
    ['without a permission', '/api/v1/new', {}],
    ['that says it is public and is not on the list', '/api/v1/new', { public: 'operations' as const }],
    ['that is both', '/metrics', { public: 'operations' as const, permission: 'events:read' as const }],
  ])('a route %s does not start', async (_what, url, config) => {
    const starting = testServer((app) => void app.get(url, { config }, async () => 'x')).then((started) => started.app.ready())
    await expect(starting).rejects.toThrow(/broken belief: GET \/.* (has a permission|is on the list|is either public)/)
  })
})

describe('bodies', () => {
  test('are taken at their word when they are JSON', async () => {
    expect(await ask('POST /api/v1/echo', { payload: { count: '5' } })).toMatchObject({
      status: 400,
      body: '{"count":["A valid integer is required."]}',
    })
  })

  test('are texts when they are forms, which count as what is wanted', async () => {
    const answer = await ask('POST /api/v1/echo', { headers: form, payload: 'count=5&on=true&names=a&names=b%20c' })
    expect(JSON.parse(answer.body)).toEqual({ count: 5, on: true, names: ['a', 'b c'] })
  })

  test('must be objects where an object is wanted', async () => {
    const refused = { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }
    expect(await ask('POST /api/v1/echo', { payload: [1] })).toMatchObject({ status: 400, body: JSON.stringify(refused) })
  })

  test('that are missing lack every field', async () => {
    expect((await ask('POST /api/v1/echo')).body).toBe('{"count":["This field is required."]}')
    expect((await ask('POST /api/v1/echo', { headers: json, payload: '' })).body).toBe('{"count":["This field is required."]}')
  })

  test('may be announced and not come: clients send DELETE so', async () => {
    expect(await ask('DELETE /api/v1/echo', { headers: json })).toMatchObject({ status: 200, body: '{"body":"none"}' })
  })

  test.each(['{"count": 5', '{count: 5}', 'nonsense', '{"count": NaN}'])('that are no JSON are refused: %s', async (payload) => {
    const answer = await ask('POST /api/v1/echo', { headers: json, payload })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body).detail).toMatch(/^JSON parse error - ./)
  })

  test('cannot reach for the prototype', async () => {
    for (const payload of ['{"__proto__":{"x":1},"count":1}', '{"constructor":{"prototype":{"x":1}},"count":1}']) {
      expect((await ask('POST /api/v1/echo', { headers: json, payload })).status).toBe(400)
    }
    expect((await ask('POST /api/v1/echo', { headers: form, payload: '__proto__=1&count=1' })).body).toBe('{"count":1}')
  })

  test('may be nested 200 levels deep and no deeper', async () => {
    const nested = (levels: number) => `{"count":1,"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    expect((await ask('POST /api/v1/echo', { headers: json, payload: nested(200) })).status).toBe(200)
    expect(await ask('POST /api/v1/echo', { headers: json, payload: nested(201) })).toMatchObject({
      status: 400,
      body: detail('JSON parse error - nested more than 200 levels deep'),
    })
  })

  test('of other types are refused by name', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/vnd.api+json', 'multipart/form-data; boundary=x']) {
      expect(await ask('POST /api/v1/echo', { headers: { 'content-type': type }, payload: 'x' })).toMatchObject({
        status: 415,
        body: detail(`Unsupported media type "${type}" in request.`),
      })
    }
  })

  test('of more than 1 MiB are refused', async () => {
    const answer = await ask('POST /api/v1/echo', { payload: { count: 1, x: 'x'.repeat(1024 * 1024) } })
    expect(answer).toMatchObject({ status: 413, body: detail('The request body is too large.') })
  })
})

test('what is no request yet is answered in JSON', async () => {
  const { port } = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
  const answerTo = (sent: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(sent))
      let heard = ''
      socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
      socket.on('close', () => resolve(heard))
    })
  const long = await answerTo(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
  expect(long).toMatch(/^HTTP\/1\.1 431 [^]*\r\n\r\n\{"detail":"The request headers are too large\."\}$/)
  expect(await answerTo('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*\r\n\r\n\{"detail":"The request is not HTTP\."\}$/)
})

describe('the Accept header', () => {
  test.each(['*/*', 'application/json', 'application/*', 'text/html,application/xhtml+xml,*/*;q=0.8', ''])(
    '%s gets JSON',
    async (accept) => {
      expect((await ask('GET /api/v1/info/', { headers: { accept } })).status).toBe(200)
    },
  )

  test('that rules out the answer is refused', async () => {
    const refused = { status: 406, body: detail('Could not satisfy the request Accept header.') }
    expect(await ask('GET /api/v1/info/', { headers: { accept: 'text/html' } })).toMatchObject(refused)
    expect(await ask('GET /api/v1/calendar/', { headers: { accept: 'application/json' } })).toMatchObject(refused)
    expect((await ask('GET /api/v1/calendar/', { headers: { accept: 'text/calendar' } })).status).toBe(200)
  })
})

describe('what goes wrong', () => {
  test('inside reveals nothing to the caller and everything to the log', async () => {
    expect(await ask('GET /api/v1/broken/')).toMatchObject({ status: 500, body: detail('Internal server error.') })
    const line = server.lines.find(({ level }) => level === 'error')
    expect(line).toMatchObject({ message: 'request failed', path: '/api/v1/broken/' })
    expect(line?.['error']).toMatch(/^Error: the secret is 42\n +at /)
  })

  test('with the database says to come back', async () => {
    expect(await ask('GET /api/v1/lost/')).toMatchObject({
      status: 503,
      body: detail('The database is not reachable. Try again.'),
      headers: { 'retry-after': '5' },
    })
  })

  test('because the database takes too long says to come back', async () => {
    expect(await ask('GET /api/v1/slow/')).toMatchObject({
      status: 503,
      body: detail('The database took too long. Try again.'),
      headers: { 'retry-after': '5' },
    })
  })

  test('because the database has no room says to come back', async () => {
    expect(await ask('GET /api/v1/full/')).toMatchObject({
      status: 503,
      body: detail('The database has no room left. Try again.'),
      headers: { 'retry-after': '5' },
    })
  })

  test('because of too many requests says when to come back', async () => {
    expect(await ask('GET /api/v1/busy/')).toMatchObject({
      status: 429,
      body: detail('Request was throttled. Expected available in 60 seconds.'),
      headers: { 'retry-after': '60', 'ratelimit-reset': '60' },
    })
  })
})

describe('the log', () => {
  test('has one line per request, with who asked', async () => {
    const { headers } = await ask('GET /oncall/api/v1/users/?perpage=1')
    expect(server.lines).toHaveLength(1)
    expect(server.lines[0]).toMatchObject({
      level: 'info',
      message: 'request finished',
      requestId: headers['x-request-id'],
      method: 'GET',
      path: '/api/v1/users/?perpage=1',
      route: '/api/v1/users/',
      status: 200,
      durationMs: 0,
      organizationId: expect.stringMatching(/^O/),
      userId: expect.stringMatching(/^U/),
    })
  })

  test('never has a token', async () => {
    await ask('POST /integrations/v1/grafana/hidden/')
    await ask('POST /integrations/v1/grafana/hidden/too/far')
    await ask('GET /api/v1/users/?token=hidden')
    await ask('GET /r/hidden')
    expect(server.lines).toHaveLength(4)
    expect(JSON.stringify(server.lines)).not.toContain('hidden')
    expect(JSON.stringify(server.lines)).not.toContain(authorization)
  })
})

test('every answer tells browsers and caches to make nothing of it', async () => {
  for (const what of ['GET /api/v1/info/', 'GET /api/v1/nothing', 'GET /api/v1/broken/', 'DELETE /health/live']) {
    expect((await ask(what)).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  }
})

describe('operations', () => {
  test('alive while it answers, ready while every check is well', async () => {
    const anonymous = { headers: { authorization: '' } }
    expect(await ask('GET /health/live', anonymous)).toMatchObject({ status: 200, body: '{"status":"alive"}' })
    expect(await ask('GET /health/ready', anonymous)).toMatchObject({
      status: 200,
      body: '{"status":"ready","checks":{"database":"ok","migrations":"ok"}}',
    })
    readiness = { database: 'ok', loops: 'deliveries has not moved for 45 s' }
    expect(await ask('GET /health/ready', anonymous)).toMatchObject({
      status: 503,
      body: '{"status":"not ready","checks":{"database":"ok","loops":"deliveries has not moved for 45 s"}}',
    })
    expect((await ask('GET /metrics', anonymous)).headers['content-type']).toMatch(/^text\/plain/)
    expect(server.lines.every(({ level }) => level === 'debug')).toBe(true)
  })

  test('requests are counted by route and status', async () => {
    await ask('GET /api/v1/users/')
    const text = await server.registry.metrics()
    expect(text).toMatch(
      /watchbell_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/users\/",status="200"\} \d+/,
    )
    expect(text).toMatch(/route="none",status="404"/)
  })
})

describe('the description of the API', () => {
  test('is valid OpenAPI 3.1 and public', async () => {
    const { status, body } = await ask('GET /api/v1/openapi.json', { headers: { authorization: '' } })
    expect(status).toBe(200)
    const result = await new Validator().validate(JSON.parse(body))
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
  })

  test('has the API and nothing else, each route with a summary, a tag and what may go wrong', async () => {
    const { paths } = JSON.parse((await ask('GET /api/v1/openapi.json')).body)
    expect(Object.keys(paths)).toContain('/api/v1/users/{userId}/')
    expect(Object.keys(paths).filter((path) => !path.startsWith('/api/v1/'))).toEqual([])
    expect(paths['/api/v1/users/'].post).toMatchObject({
      summary: 'Add a user',
      tags: ['users'],
      security: [{ token: [] }],
      responses: { 201: {}, 400: {}, 403: {}, 404: {}, 503: {} },
    })
  })
})
