import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountRoutes } from '../src/accounts/routes.ts'
import { makeVault } from '../src/accounts/secret.ts'
import { escalationChainRoutes } from '../src/escalation-chains/routes.ts'
import { integrationRoutes } from '../src/integrations/routes.ts'
import { scheduleRoutes } from '../src/schedules/routes.ts'
import { serviceRoutes } from '../src/services/routes.ts'
import { type Api, testApi } from './support/api.ts'
import { noWayOut, testClock, testRandom, testServer, type TestServer } from './support/server.ts'

let server: TestServer
let api: Api

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'integration tokens', random: testRandom })
  server = await testServer((app, db) => {
    accountRoutes(app, { db, version: 'test' })
    integrationRoutes(app, { db, vault })
    escalationChainRoutes(app, { db })
    serviceRoutes(app, db)
    scheduleRoutes(app, { db, clock: testClock, ...noWayOut })
  })
  api = await testApi(server)
})

afterAll(() => server.close())

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
