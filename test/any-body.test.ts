import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountRoutes } from '../src/accounts/routes.ts'
import { makeVault } from '../src/accounts/secret.ts'
import { escalationChainRoutes } from '../src/escalation-chains/routes.ts'
import { integrationRoutes } from '../src/integrations/routes.ts'
import { scheduleRoutes } from '../src/schedules/routes.ts'
import { serviceRoutes } from '../src/services/routes.ts'
import { type Api, testApi } from './support/api.ts'
import { testClock, testRandom, testServer, type TestServer } from './support/server.ts'

let server: TestServer
let api: Api

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'integration tokens', random: testRandom })
  server = await testServer((app, db) => {
    accountRoutes(app, { db, version: 'test' })
    integrationRoutes(app, { db, vault })
    escalationChainRoutes(app, { db })
    serviceRoutes(app, db)
    scheduleRoutes(app, { db, clock: testClock })
  })
  api = await testApi(server)
})

afterAll(() => server.close())

/** The fields of each resource, with values that come far; the rest is anything. */
const resources: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  users: {
    username: ['a', 'b', '\ud800', 7],
    email: ['a@b', 'a@c', ' b@b '],
    role: ['editor', 'none'],
    name: ['a', '\udfff', ''],
    phone: [null, 5],
    timezone: ['Europe/Berlin', 'utc', ''],
  },
  tokens: { name: ['a', '\ud800'], user_id: [null, '', 'U1'] },
  teams: { name: ['a', 'b', '\udfff'], email: ['a@b', ''], escalation_chain_id: [null, '', 'F1'], users: [[], null, ['U1']] },
  integrations: {
    type: ['webhook', 'alertmanager'],
    name: ['a', '\ud800'],
    description_short: ['b'],
    team_id: [''],
    templates: [{ web: null }],
    default_route: [{ escalation_chain_id: null }, { slack: null }],
    service: [null],
    urgency: ['high'],
  },
  services: { name: ['a', 'b', '\udfff'], team_id: [null] },
  escalation_chains: { name: ['a', 'b', '\udfff'], team_id: [null] },
  escalation_policies: {
    type: ['wait', 'notify_persons', 'resolve', 'trigger_webhook'],
    duration: [60, '90'],
    position: [0, -1, 7],
    manual_order: [true],
    important: ['true'],
    persons_to_notify: [['U1']],
    notify_on_call_from_schedule: ['S1'],
    action_to_trigger: ['WH1'],
  },
  on_call_shifts: {
    type: ['single_event', 'override'],
    name: ['a'],
    start: ['0001-01-01T00:00:00', '9999-12-31T23:59:59', '2026-03-29T02:30:00'],
    duration: [1, 2_147_483_647],
    rotation_start: ['2026-01-01T00:00:00'],
    time_zone: ['Europe/Berlin', 'UTC'],
    level: [0, -2_147_483_648],
    users: [[], ['U1']],
    source: [0, 3],
  },
  schedules: {
    type: ['web', 'calendar'],
    name: ['a'],
    time_zone: ['Europe/Berlin', 'america/new_york'],
    team_id: [''],
    shifts: [null, ['O1']],
    slack: [{ channel_id: null }],
    enable_web_overrides: [true],
  },
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('\u0000', '', ' ', '\ud800', '__proto__', 1e308, -0, 9_007_199_254_740_992, [null], [[]], { constructor: 1 }),
)

const bodyOf = (fields: Readonly<Record<string, readonly unknown[]>>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, values]) => [
        name,
        fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...values) }, anything),
      ]),
    ),
    { requiredKeys: [] },
  )

test.each(Object.entries(resources))('no body for %s breaks the server', { timeout: 60_000 }, async (resource, fields) => {
  const chain = await api.call('POST', '/api/v1/escalation_chains/', { name: `for ${resource}` })
  const extra = resource === 'escalation_policies' ? { escalation_chain_id: chain.body.id } : {}
  const first = Object.fromEntries(Object.entries(fields).map(([name, [value]]) => [name, value]))
  const made = await api.call('POST', `/api/v1/${resource}/`, { ...first, ...extra })
  expect(made.status).toBe(201)
  const ids: string[] = [made.body.id]
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: bodyOf(fields) }, anything), async (body) => {
      const isFields = typeof body === 'object' && body !== null && !Array.isArray(body)
      const created = await api.call('POST', `/api/v1/${resource}/`, isFields ? { ...extra, ...body } : body)
      expect([201, 400]).toContain(created.status)
      if (created.status === 201) ids.push(created.body.id)
      const changed = ids.at(-1)
      for (const method of ['PUT', 'PATCH'] as const) {
        expect([200, 400]).toContain((await api.call(method, `/api/v1/${resource}/${changed}/`, body)).status)
      }
      expect((await api.call('GET', `/api/v1/${resource}/${changed}/`)).status).toBe(200)
    }),
    { numRuns: 50 },
  )
  expect((await api.call('GET', `/api/v1/${resource}/?perpage=1000`)).status).toBe(200)
})

test.each([
  ['escalation_chains', { name: 'Twins' }],
  ['services', { name: 'Twins' }],
  ['integrations', { type: 'webhook', name: 'Twins' }],
])('of two %s with one name at the same instant one is made', async (resource, body) => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => api.call('POST', `/api/v1/${resource}/`, body)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400, 400, 400])
})

test('steps that are added and moved at the same instant keep places of their own', async () => {
  const chain = (await api.call('POST', '/api/v1/escalation_chains/', { name: 'Crowd' })).body.id
  const add = (position: number) =>
    api.call('POST', '/api/v1/escalation_policies/', { escalation_chain_id: chain, type: 'wait', position })
  await Promise.all([0, 1, 0, 2, 0, 1].map(add))
  const { body } = await api.call('GET', `/api/v1/escalation_policies/?escalation_chain_id=${chain}`)
  expect(new Set(body.results.map((step: { position: number }) => step.position)).size).toBe(6)
})
