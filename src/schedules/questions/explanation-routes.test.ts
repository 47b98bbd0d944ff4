import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { noWayOut, testClock, testServer, type TestServer } from '../../../test/support/server.ts'
import { scheduleRoutes } from '../routes.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC.

let server: TestServer
let api: Api
let path: string
let shiftId: string

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
  const body = {
    ...{ type: 'recurrent_event', name: 'Days', start: '2026-03-01T09:00:00', duration: 28_800, frequency: 'daily' },
    users: [api.users.admin, api.users.viewer],
  }
  shiftId = (await api.call('POST', '/api/v1/on_call_shifts/', body)).body.id
  const schedule = { type: 'web', name: 'Primary', time_zone: 'Europe/Berlin', shifts: [shiftId] }
  path = `/api/v1/schedules/${(await api.call('POST', '/api/v1/schedules/', schedule)).body.id}/explain/`
})

afterAll(() => server.close())

test('now is explained with the person, the layer, and who would be on call without it', async () => {
  const { body } = await api.call('GET', path)
  const ada = { id: api.users.admin, username: 'ada', name: null, email: 'ada@example.com' }
  const sentence =
    'ada is on call by the layer "Days", level 0, from 2026-04-01 09:00 to 2026-04-01 17:00. Without it nobody would be on call.'
  const cover = { kind: 'layer', id: shiftId, name: 'Days', level: 0 }
  expect(body).toEqual({
    at: '2026-04-01T12:00:00Z',
    schedule: { id: path.split('/')[4], name: 'Primary', time_zone: 'Europe/Berlin' },
    text: ['ada is on call in "Primary" at 2026-04-01 14:00, Europe/Berlin.', sentence],
    users: [
      {
        user: ada,
        cover: { ...cover, start: '2026-04-01T07:00:00Z', end: '2026-04-01T15:00:00Z' },
        ...{ instead_of: null, otherwise: [], text: sentence },
      },
    ],
    sources: [{ ...cover, state: 'on_call', users: [ada], next_at: null, text: 'The layer "Days", level 0, has ada.' }],
  })
})

test('the night is explained with when it is over', async () => {
  const { body } = await api.call('GET', `${path}?at=2026-04-01T01:00:00Z`)
  expect(body.users).toEqual([])
  expect(body.text[1]).toBe('The layer "Days", level 0, has nobody; it has somebody from 2026-04-01 09:00 on.')
  expect(body.sources).toMatchObject([{ state: 'pauses', next_at: '2026-04-01T07:00:00Z' }])
})

test('what is no instant, no schedule or not to be read is refused', async () => {
  expect((await api.call('GET', `${path}?at=3`)).body).toHaveProperty('at')
  expect((await api.call('GET', '/api/v1/schedules/S1/explain/')).status).toBe(404)
  expect((await api.callAs('stranger', 'GET', path)).status).toBe(404)
  expect((await api.callAs('none', 'GET', path)).status).toBe(403)
})

test('the last instant that can be written is explained, though it is the year 10000 in the zone and a shift reaches into it', async () => {
  expect((await api.call('GET', `${path}?at=0001-01-01`)).status).toBe(200)
  const { body } = await api.call('GET', `${path}?at=9999-12-31T23:59:59Z`)
  expect(body.text[0]).toMatch(/ at 10000-01-01 00:59:59, Europe\/Berlin\.$/)
  expect(body.sources).toMatchObject([{ state: 'pauses', next_at: null }])
})

test.each(['9999-12-31T23:59:59-01:00', '10000-01-01', '0000-12-31', '0001-01-01T00:00:00%2B01:00', '-0001-01-01'])(
  '%s is beyond the years',
  async (at) => {
    const years = 'The instant must be in the years 0001 to 9999, by UTC.'
    for (const question of [path, path.replace('explain', 'on_call')])
      expect(await api.call('GET', `${question}?at=${at}`)).toMatchObject({ status: 400, body: { at: [years] } })
  },
)

test('a layer that has ended is told, in the zone as it was typed', async () => {
  const { id } = (await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Old', time_zone: 'UTC' })).body
  const layer = {
    groups: [[api.users.admin]],
    turn: { unit: 'days' },
    start: '2026-01-01T00:00:00',
    until: '2026-03-01T00:00:00',
  }
  await api.call('POST', `/api/v1/schedules/${id}/layers/`, { name: 'Winter', ...layer })
  expect((await api.call('GET', `/api/v1/schedules/${id}/explain/`)).body.text).toEqual([
    'Nobody is on call in "Old" at 2026-04-01 12:00, UTC.',
    'The layer "Winter", level 0, has ended, at 2026-03-01 00:00.',
  ])
})
