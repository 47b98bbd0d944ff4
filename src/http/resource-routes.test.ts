import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { createOrganization } from '../accounts/commands.ts'
import type { ScheduleId, ServiceId, ShiftId } from '../lib/ids.ts'
import { notFound } from '../lib/rejection.ts'
import { lenientInput } from './lenient.ts'
import { nestedResourceRoutes, resourceRoutes } from './resource.ts'

/** What was asked of the commands, as they were told. */
const asked: string[] = []

type Boat = { readonly id: string; readonly title: unknown }

const spec = {
  noun: 'boat',
  tags: ['boats'],
  access: { read: { permission: 'services:read' }, write: { permission: 'services:write' } },
  summaries: { create: 'Add a boat', show: 'Show a boat', change: 'Change a boat', remove: 'Sink a boat' },
  forms: {
    body: lenientInput({ name: 'Painted on the stern.' }),
    shape: Type.Object({ id: Type.String(), name: Type.Unsafe<unknown>({}) }),
    show: ({ id, title }: Boat) => ({ id, name: title }),
  },
} as const

const told = (words: readonly string[], boat: Boat): Boat => {
  asked.push(words.join(' '))
  if (boat.id === 'lost') throw notFound()
  return boat
}

let server: TestServer
let authorization: string

beforeAll(async () => {
  server = await testServer((app, db) => {
    resourceRoutes(app, db, {
      ...spec,
      path: '/api/v1/boats/',
      idName: 'boatId',
      commands: {
        find: async (_sql, _actor, id: ServiceId) => told(['find', id], { id, title: 'found' }),
        create: async (tx, _actor, { name }) => told([tx.name], { id: 'new', title: name }),
        update: async (tx, _actor, { id, body }) => told([tx.name, id], { id, title: body['name'] }),
        replace: async (tx, _actor, { id, body }) => told([tx.name, id, 'wholly'], { id, title: body['name'] }),
        remove: async (tx, _actor, id) => void told([tx.name, id], { id, title: null }),
      },
    })
    nestedResourceRoutes(app, db, {
      ...spec,
      path: '/api/v1/harbours/:harbourId/boats/',
      idName: 'boatId',
      parentName: 'harbourId',
      commandsOf: (harbourId: ScheduleId) => ({
        find: async (_sql, _actor, id: ShiftId) => told(['find', harbourId, id], { id, title: 'found' }),
        create: async (tx, _actor, { name }) => told([tx.name, harbourId], { id: 'new', title: name }),
        update: async (tx, _actor, { id, body }) => told([tx.name, harbourId, id], { id, title: body['name'] }),
        remove: async (tx, _actor, id) => void told([tx.name, harbourId, id], { id, title: null }),
      }),
    })
  })
  const { token } = await server.db.tx('create organization', (tx) =>
    createOrganization(tx, { name: 'Harbour', email: 'ada@example.com' }),
  )
  authorization = token
})

afterAll(() => server.close())

beforeEach(() => {
  asked.length = 0
})

async function ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  const { statusCode, body } = await server.app.inject({ method, url, headers: { authorization }, ...(payload && { payload }) })
  return [statusCode, body, ...asked.splice(0)]
}

test('each method asks its command, in a transaction of its name when it changes something', async () => {
  const mary = { name: 'Mary', colour: 'red' }
  expect(await ask('POST', '/api/v1/boats/', mary)).toEqual([201, '{"id":"new","name":"Mary"}', 'create boat'])
  expect(await ask('GET', '/api/v1/boats/B1/')).toEqual([200, '{"id":"B1","name":"found"}', 'find B1'])
  expect(await ask('PATCH', '/api/v1/boats/B1/', mary)).toEqual([200, '{"id":"B1","name":"Mary"}', 'update boat B1'])
  expect(await ask('PUT', '/api/v1/boats/B1/', mary)).toEqual([200, '{"id":"B1","name":"Mary"}', 'update boat B1 wholly'])
  expect(await ask('DELETE', '/api/v1/boats/B1/')).toEqual([204, '', 'delete boat B1'])
})

test('what belongs to another thing is asked of the commands for that one', async () => {
  const boats = '/api/v1/harbours/H2/boats/'
  expect(await ask('POST', boats, { name: 'Ann' })).toEqual([201, '{"id":"new","name":"Ann"}', 'create boat H2'])
  expect(await ask('GET', `${boats}B1/`)).toEqual([200, '{"id":"B1","name":"found"}', 'find H2 B1'])
  expect(await ask('PATCH', `${boats}B1/`, { name: 'Ann' })).toEqual([200, '{"id":"B1","name":"Ann"}', 'update boat H2 B1'])
  expect(await ask('DELETE', `${boats}B1/`)).toEqual([204, '', 'delete boat H2 B1'])
})

test('PUT changes as PATCH does where the commands know no difference', async () => {
  const answer = await ask('PUT', '/api/v1/harbours/H2/boats/B1/', { name: 'Ann' })
  expect(answer).toEqual([200, '{"id":"B1","name":"Ann"}', 'update boat H2 B1'])
})

test('an id that no database could keep reaches the commands as one that it could', async () => {
  expect(await ask('GET', '/api/v1/harbours/H%00/boats/B%00/')).toEqual([
    200,
    '{"id":"B\uFFFD","name":"found"}',
    'find H\uFFFD B\uFFFD',
  ])
})

test.each(['GET', 'PUT', 'PATCH', 'DELETE'] as const)('%s of what is not there finds nothing', async (method) => {
  const [status, body] = await ask(method, '/api/v1/boats/lost/', method === 'GET' || method === 'DELETE' ? undefined : {})
  expect([status, body]).toEqual([404, '{"detail":"Not found."}'])
})
