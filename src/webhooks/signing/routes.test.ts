import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { testRandom, testServer, type TestServer } from '../../../test/support/server.ts'
import { makeVault } from '../../accounts/secret.ts'
import { egressPolicy } from '../../deliveries/egress/egress.ts'
import { integrationsThatExist } from '../../integrations/commands.ts'
import { hours, type Instant, instant, minutes, ms, seconds } from '../../lib/time.ts'
import { schedulesThatExist } from '../../schedules/on-call-commands.ts'
import { webhookRoutes } from '../routes.ts'
import { signingRoutes } from './routes.ts'

let server: TestServer
let api: Api
let now: Instant
let webhookId = ''
let names = 0

const noon = instant(Date.UTC(2026, 3, 1, 12))
const clock = { now: () => now, monotonic: () => ms(0), wait: async () => {} }

beforeAll(async () => {
  now = noon
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'test', random: testRandom })
  const settings = { vault, egress: egressPolicy([], 'https://bell.example'), integrationsThatExist, schedulesThatExist }
  server = await testServer(
    (app, db) => {
      webhookRoutes(app, {
        db,
        settings,
        messageVault: vault,
        eventExcerptsOf: async () => new Map(),
        causesOf: async () => new Map(),
      })
      signingRoutes(app, { db, clock, vault })
    },
    'https://bell.example',
    clock,
  )
  api = await testApi(server)
})

afterAll(() => server.close())

beforeEach(async () => {
  now = noon
  const named = { name: `desk ${(names += 1)}`, url: 'https://desk.example/', http_method: 'POST', trigger_type: 'resolve' }
  webhookId = (await api.call('POST', '/api/v1/webhooks/', named)).body.id
})

const path = () => `/api/v1/webhooks/${webhookId}/signing/`
const rotate = (body?: object) => api.call('POST', path(), body)
const passes = (duration: number) => {
  now = instant(now + duration)
}

describe('a webhook', () => {
  test('signs nothing until it has a key', async () => {
    expect(await api.call('GET', path())).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
    expect(await api.call('DELETE', path())).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
  })

  test('tells the secret of a new key once', async () => {
    const made = await rotate()
    expect(made).toMatchObject({
      status: 201,
      body: {
        secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
        public_key: null,
        created_at: '2026-04-01T12:00:00Z',
        old_valid_until: null,
      },
    })
    expect((await api.call('GET', path())).body).toEqual({
      public_key: null,
      created_at: '2026-04-01T12:00:00Z',
      old_valid_until: null,
    })
  })

  test('lets the old key sign for a day beside the one that replaces it', async () => {
    const first = await rotate()
    passes(hours(1))
    const second = await rotate({})
    expect(second.body).toMatchObject({ created_at: '2026-04-01T13:00:00Z', old_valid_until: '2026-04-02T13:00:00Z' })
    expect(second.body.secret).not.toBe(first.body.secret)
    expect((await api.call('GET', path())).body).toMatchObject({ old_valid_until: '2026-04-02T13:00:00Z' })
    passes(hours(24))
    expect((await api.call('GET', path())).body).toEqual({
      public_key: null,
      created_at: '2026-04-01T13:00:00Z',
      old_valid_until: null,
    })
  })

  test('lets it sign for as long as is asked, and no older key for longer', async () => {
    await rotate()
    await rotate({ overlap: 7200 })
    expect((await rotate({ overlap: 3600 })).body.old_valid_until).toBe('2026-04-01T13:00:00Z')
    expect((await rotate({ overlap: '0' })).body.old_valid_until).toBeNull()
    expect(await keysOfWebhook()).toHaveLength(1)
  })

  test('keeps what ends sooner, and drops what has ended', async () => {
    await rotate()
    await rotate({ overlap: 60 })
    await rotate({ overlap: 3600 })
    expect(await endsOfKeys()).toEqual([noon + seconds(60), noon + seconds(3600), null])
    passes(minutes(1))
    await rotate({ overlap: 3600 })
    expect(await endsOfKeys()).toEqual([noon + hours(1), noon + minutes(61), null])
  })

  test('has a pair beside the secret where that is asked for, and goes on having one', async () => {
    const first = await rotate({ asymmetric: true })
    expect(first.body.public_key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
    expect((await api.call('GET', path())).body.public_key).toBe(first.body.public_key)
    const second = await rotate({})
    expect(second.body.public_key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
    expect(second.body.public_key).not.toBe(first.body.public_key)
    const alone = await rotate({ overlap: 0 })
    expect(alone.body.public_key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
    expect(alone.body.public_key).not.toBe(second.body.public_key)
    expect((await rotate({ asymmetric: false })).body.public_key).toBeNull()
  })

  test('has five keys at most', async () => {
    for (let count = 0; count < 5; count += 1) expect((await rotate()).status).toBe(201)
    const sixth = await rotate()
    expect(sixth.status).toBe(400)
    expect(sixth.body.detail).toMatch(/^The webhook signs with 5 keys already\. .*overlap of 0/)
    expect(await keysOfWebhook()).toHaveLength(5)
    expect((await rotate({ overlap: 0 })).status).toBe(201)
    expect(await keysOfWebhook()).toHaveLength(1)
  })

  test('signs no more when its keys are revoked, or it is deleted', async () => {
    await rotate()
    await rotate()
    expect((await api.call('DELETE', path())).status).toBe(204)
    expect((await api.call('GET', path())).status).toBe(404)
    expect(await keysOfWebhook()).toEqual([])
    await rotate()
    await api.call('DELETE', `/api/v1/webhooks/${webhookId}/`)
    expect(await keysOfWebhook()).toEqual([])
    expect((await api.call('GET', path())).status).toBe(404)
    expect((await rotate()).status).toBe(404)
  })
})

describe('what is wrong', () => {
  test.each([
    [{ overlap: -1 }, { overlap: ['Ensure this value is greater than or equal to 0.'] }],
    [{ overlap: 2_592_001 }, { overlap: ['Ensure this value is less than or equal to 2592000.'] }],
    [{ overlap: 1.5 }, { overlap: ['A valid integer is required.'] }],
    [
      { overlap: null, asymmetric: 'perhaps' },
      { overlap: ['This field may not be null.'], asymmetric: ['Must be a valid boolean.'] },
    ],
  ])('%j is told by field, and changes nothing', async (body, faults) => {
    await rotate()
    const before = await keysOfWebhook()
    expect(await rotate(body)).toMatchObject({ status: 400, body: faults })
    expect(await keysOfWebhook()).toEqual(before)
  })

  test('is whoever may not, or belongs elsewhere', async () => {
    await rotate()
    const before = await keysOfWebhook()
    for (const [asker, status] of [
      ['viewer', 403],
      ['editor', 403],
      ['stranger', 404],
    ] as const) {
      expect((await api.callAs(asker, 'POST', path(), {})).status).toBe(status)
      expect((await api.callAs(asker, 'DELETE', path())).status).toBe(status)
    }
    expect((await api.callAs('viewer', 'GET', path())).status).toBe(200)
    expect((await api.callAs('stranger', 'GET', path())).status).toBe(404)
    expect(await keysOfWebhook()).toEqual(before)
  })
})

test('no secret is in the rows, in the audit or in the log', async () => {
  passes(seconds(1))
  const { secret } = (await rotate({ asymmetric: true })).body
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const rows = await keysOfWebhook()
  expect(rows).toHaveLength(1)
  for (const { secret_sealed: sealed, seed_sealed: seed } of rows) {
    expect(sealed.includes(bytes)).toBe(false)
    expect(seed?.length).toBe(sealed.length)
  }
  passes(seconds(1))
  await rotate()
  passes(seconds(1))
  await api.call('DELETE', path())
  const audit = await server.db.sql
    .selectFrom('audit_entries')
    .selectAll()
    .where('subject_id', '=', webhookId)
    .orderBy('id')
    .execute()
  expect(audit.map(({ action, details }) => ({ action, details }))).toEqual([
    { action: 'webhook created', details: expect.anything() },
    { action: 'webhook signing key created', details: { asymmetric: true, oldValidUntil: null } },
    { action: 'webhook signing key created', details: { asymmetric: true, oldValidUntil: '2026-04-02T12:00:02Z' } },
    { action: 'webhook signing keys revoked', details: {} },
  ])
  const kept = JSON.stringify([audit, server.lines])
  for (const form of [bytes.toString('base64'), bytes.toString('hex'), bytes.toString('base64url')])
    expect(kept).not.toContain(form)
})

const keysOfWebhook = () =>
  server.db.sql.selectFrom('webhook_signing_keys').selectAll().where('webhook_id', '=', webhookId).orderBy('id').execute()

const endsOfKeys = async () =>
  (await keysOfWebhook())
    .map(({ valid_until: until }) => until?.getTime() ?? null)
    .toSorted((a, b) => (a ?? Infinity) - (b ?? Infinity))
