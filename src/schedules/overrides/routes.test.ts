import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { noWayOut, testClock, testServer, type TestServer } from '../../../test/support/server.ts'
import { createUser, deactivateUser } from '../../accounts/commands.ts'
import { asId, type OverrideId, type ScheduleId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import { createOverride, deleteOverride, updateOverride } from './commands.ts'
import { whoIsOnCall } from '../on-call-commands.ts'
import { scheduleRoutes } from '../routes.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC. Each test has a schedule of its own with one layer, of Ada alone.

let server: TestServer
let api: Api
let ada: string
let eve: string
let third: string
let scheduleId: ScheduleId
let layerId: string

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
  ada = api.users.admin
  eve = api.users.editor
  const person = { username: 'third', email: 'third@example.com', role: 'editor' } as const
  third = (await server.db.tx('test', (tx) => createUser(tx, api.system, person))).id
})

afterAll(() => server.close())

beforeEach(async () => {
  const schedule = { type: 'calendar', name: 'Primary', time_zone: 'Europe/Berlin' }
  scheduleId = asId((await api.call('POST', '/api/v1/schedules/', schedule)).body.id)
  const layer = { start: '2026-03-01T00:00:00', turn: { unit: 'days' }, groups: [[ada]] }
  layerId = (await api.call('POST', `/api/v1/schedules/${scheduleId}/layers/`, layer)).body.id
})

const at = (time: string): Instant => instant(Date.parse(`2026-04-01T${time}:00Z`))

const path = (overrideId?: string): string =>
  `/api/v1/schedules/${scheduleId}/overrides/${overrideId === undefined ? '' : `${overrideId}/`}`

const evening = { start: '2026-04-01T18:00:00Z', end: '2026-04-01T22:00:00Z' }

async function override(fields: object): Promise<OverrideId> {
  const answer = await api.call('POST', path(), { ...evening, ...fields })
  expect(answer).toMatchObject({ status: 201 })
  return asId(answer.body.id)
}

async function onCall(...times: readonly string[]): Promise<readonly string[]> {
  const names = new Map([ada, eve, third].map((id, index) => [id, ['Ada', 'Eve', 'third'][index]]))
  const found: string[] = []
  for (const time of times) {
    const { organizationId } = api.system
    const people = await whoIsOnCall(server.db.sql, organizationId, { scheduleIds: [scheduleId], at: at(time) })
    found.push((people.get(scheduleId) ?? []).map((id) => names.get(id)).join('+'))
  }
  return found
}

/** The same organization, at another time. */
const later = <Value>(time: string, work: (tx: Tx) => Promise<Value>) =>
  server.db.tx('test', (tx) => work({ ...tx, now: at(time) }))

/** An override of the evening, made at another time. */
const made = (time: string, fields: object) =>
  later(time, (tx) => createOverride(tx, api.system, { scheduleId, body: { ...evening, ...fields } }))

describe('overrides', () => {
  test('of each kind change who is on call, for their time', async () => {
    const id = await override({ kind: 'replace_all', users: [eve, third], name: 'Party' })
    expect(id).toMatch(/^OV[A-Z1-9]{12}$/)
    expect(await onCall('17:59', '18:00', '21:59', '22:00')).toEqual(['Ada', 'Eve+third', 'Eve+third', 'Ada'])
    await made('12:01', { kind: 'remove', user: eve, start: '2026-04-01T19:00:00Z' })
    await made('12:02', { kind: 'add', user: ada, start: '2026-04-01T20:00:00Z' })
    await made('12:03', { kind: 'replace_user', user: eve, replaced: third, start: '2026-04-01T21:00:00Z' })
    expect(await onCall('18:00', '19:00', '20:00', '21:00')).toEqual(['Eve+third', 'third', 'third+Ada', 'Ada+Eve'])
    await made('12:04', { kind: 'replace_all', users: null, start: '2026-04-01T21:30:00Z' })
    expect(await onCall('21:30', '22:00')).toEqual(['', 'Ada'])
    const question = `/api/v1/schedules/${scheduleId}/on_call/?at=2026-04-01T18:30:00Z`
    expect((await api.call('GET', question)).body.users[0]).toMatchObject({ cover: { kind: 'override', id, name: 'Party' } })
  })

  test('are shown with what their kind has', async () => {
    const shown = await api.call('POST', path(), { ...evening, kind: 'replace_user', user: eve, replaced: ada, users: ['x'] })
    expect(shown).toMatchObject({ status: 201 })
    const { id } = shown.body
    expect(shown.body).toEqual({
      id,
      schedule: scheduleId,
      name: null,
      ...evening,
      kind: 'replace_user',
      user: eve,
      replaced: ada,
    })
    expect((await api.call('GET', path(id))).body).toEqual(shown.body)
    expect((await api.call('GET', path())).body).toMatchObject({ count: 1, results: [shown.body] })
    expect((await api.call('PUT', path(id), shown.body)).body).toEqual(shown.body)
  })

  test('outlive edits of the layers below', async () => {
    await override({ kind: 'replace_user', user: eve, replaced: ada })
    const layers = `/api/v1/schedules/${scheduleId}/layers/`
    await api.call('PATCH', `${layers}${layerId}/`, { groups: [[third]] })
    expect(await onCall('18:00')).toEqual(['third'])
    await api.call('PATCH', `${layers}${layerId}/`, { groups: [[ada]] })
    expect(await onCall('18:00')).toEqual(['Eve'])
  })

  test('count from when they were made, not before', async () => {
    await override({ kind: 'add', user: eve, start: '2026-04-01T08:00:00Z' })
    expect(await onCall('11:59', '12:00')).toEqual(['Ada', 'Ada+Eve'])
  })

  test('that are changed or removed leave who was on call on record', async () => {
    const key = { scheduleId, id: await override({ kind: 'add', user: eve }) }
    await later('19:00', (tx) => updateOverride(tx, api.system, { ...key, body: { user: third } }))
    await later('20:00', (tx) => updateOverride(tx, api.system, { ...key, body: { start: '2026-04-01T21:00:00Z' } }))
    await later('21:30', (tx) => deleteOverride(tx, api.system, key))
    expect(await onCall('18:00', '18:59', '19:00', '20:00', '21:00', '21:29', '21:30')).toEqual([
      ...['Ada+Eve', 'Ada+Eve', 'Ada+third', 'Ada', 'Ada+third', 'Ada+third', 'Ada'],
    ])
    expect((await api.call('GET', path(key.id))).status).toBe(404)
  })

  test('keep the place that they had when they were made', async () => {
    const first = await made('12:01', { kind: 'replace_all', users: [eve] })
    await made('12:02', { kind: 'replace_all', users: [third] })
    await later('12:03', (tx) => updateOverride(tx, api.system, { scheduleId, id: first.id, body: { users: [eve, ada] } }))
    expect(await onCall('18:00')).toEqual(['third'])
  })

  test('in the past are refused, and cannot be moved there', async () => {
    const ends = { status: 400, body: { end: ['The override ends in the future.'] } }
    const morning = { start: '2026-04-01T08:00:00Z', end: '2026-04-01T12:00:00Z' }
    expect(await api.call('POST', path(), { ...morning, kind: 'add', user: eve })).toMatchObject(ends)
    const id = await override({ kind: 'add', user: eve })
    expect(await api.call('PATCH', path(id), morning)).toMatchObject(ends)
    const isOver = later('23:00', (tx) => updateOverride(tx, api.system, { scheduleId, id, body: { user: third } }))
    await expect(isOver).rejects.toThrow('The override ends in the future.')
  })

  test.each<[object, object]>([
    [{ kind: 'add', user: 'UNOBODY' }, { user: ['User does not exist'] }],
    [{ kind: 'remove', user: 'UNOBODY' }, { user: ['User does not exist'] }],
    [{ kind: 'replace_all', users: ['UNONE', 'UNOBODY'] }, { users: { 0: ['User does not exist'], 1: ['User does not exist'] } }],
  ])('of people whom the organization does not have are refused: %j', async (fields, body) => {
    expect(await api.call('POST', path(), { ...evening, ...fields })).toMatchObject({ status: 400, body })
    const replaced = { kind: 'replace_user', user: eve, replaced: 'UNOBODY' }
    expect((await api.call('POST', path(), { ...evening, ...replaced })).body).toEqual({ replaced: ['User does not exist'] })
  })

  test('put nobody on call who cannot be paged, but take them off', async () => {
    const { viewer } = api.users
    const before = (await api.call('GET', path())).body
    for (const [fields, body] of [
      [{ kind: 'add', user: viewer }, { user: ['User cannot be paged'] }],
      [{ kind: 'replace_user', user: viewer, replaced: ada }, { user: ['User cannot be paged'] }],
      [{ kind: 'replace_all', users: [eve, viewer] }, { users: { 1: ['User cannot be paged'] } }],
    ])
      expect(await api.call('POST', path(), { ...evening, ...fields })).toMatchObject({ status: 400, body })
    expect((await api.call('GET', path())).body).toEqual(before)
    await override({ kind: 'remove', user: viewer })
    await override({ kind: 'replace_user', user: eve, replaced: viewer })
    await override({ kind: 'replace_all', users: null })
  })

  test('keep somebody who can be paged no more when they are edited, and take on nobody else like that', async () => {
    const person = { username: 'leaving', email: 'leaving@example.com', role: 'editor' } as const
    const { id: leaving } = await server.db.tx('test', (tx) => createUser(tx, api.system, person))
    const id = await override({ kind: 'replace_all', users: [leaving] })
    await server.db.tx('test', (tx) => deactivateUser(tx, api.system, leaving))
    expect((await api.call('PATCH', path(id), { name: 'Party' })).status).toBe(200)
    const wanted = { users: { 1: ['User cannot be paged'] } }
    const users = [leaving, api.users.viewer]
    expect(await api.call('PATCH', path(id), { users })).toMatchObject({ status: 400, body: wanted })
  })

  test('are at most 20,000 in a schedule, without those that are over', async () => {
    const { organizationId } = api.system
    const definition = JSON.stringify({ kind: 'add', user: eve, ...evening })
    await sql`insert into shifts (organization_id, id, kind, created_at)
      select ${organizationId}, ${scheduleId} || n, 'override', now() from generate_series(1, 20001) n`.execute(server.db.sql)
    await sql`insert into shift_versions (organization_id, shift_id, valid_from, schedule_id, definition, ends_at)
      select ${organizationId}, ${scheduleId} || n, '2026-03-01', ${scheduleId}, ${definition}::jsonb,
        case when n < 3 then timestamptz '2026-03-02' else '2026-04-01T22:00Z' end
      from generate_series(1, 20001) n`.execute(server.db.sql)
    // As the database does by itself within a minute: until then it reads by a plan that it made for small tables.
    await sql`analyze shifts, shift_versions`.execute(server.db.sql)
    const id = await override({ kind: 'add', user: eve })
    const fault = { detail: 'A schedule has at most 20000 overrides that are not over.' }
    expect(await api.call('POST', path(), { ...evening, kind: 'add', user: eve })).toMatchObject({ status: 400, body: fault })
    expect((await api.call('PATCH', path(id), { name: 'Still mine' })).status).toBe(200)
  })

  test('are found in their schedule alone, by those who may', async () => {
    const id = await override({ kind: 'add', user: eve })
    expect((await api.call('GET', `/api/v1/schedules/${scheduleId}/layers/${id}/`)).status).toBe(404)
    expect((await api.call('GET', `/api/v1/schedules/${scheduleId}/overrides/${layerId}/`)).status).toBe(404)
    expect((await api.callAs('stranger', 'GET', path())).status).toBe(404)
    expect((await api.callAs('stranger', 'DELETE', path(id))).status).toBe(404)
    expect((await api.callAs('viewer', 'GET', path(id))).status).toBe(200)
    expect((await api.callAs('viewer', 'DELETE', path(id))).status).toBe(403)
  })

  test('that are over, or begin later, are not read', async () => {
    const id = await override({ kind: 'add', user: eve })
    const versions = server.db.sql.updateTable('shift_versions').where('shift_id', '=', id)
    const lasting = (from: string, to: string) =>
      versions.set({ definition: '{}', begins_at: new Date(at(from)), ends_at: new Date(at(to)) }).execute()
    const shown = async () => (await api.call('GET', `/api/v1/schedules/${scheduleId}/`)).body
    await lasting('12:00', '13:00')
    expect(await shown()).toMatchObject({ unreadable_shifts: [id] })
    await lasting('12:01', '13:00')
    expect(await shown()).not.toHaveProperty('unreadable_shifts')
    await lasting('11:00', '12:00')
    expect(await shown()).not.toHaveProperty('unreadable_shifts')
  })
})
