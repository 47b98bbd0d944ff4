import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { noWayOut, testClock, testNow, testServer, type TestServer } from '../../../test/support/server.ts'
import { createUser, deactivateUser } from '../../accounts/commands.ts'
import { asId, type LayerId, type ScheduleId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import { deleteLayer, updateLayer } from './commands.ts'
import { whoIsOnCall } from '../on-call-commands.ts'
import { scheduleRoutes } from '../routes.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC, which is a Wednesday.

let server: TestServer
let api: Api
/** Two who are paged. */
let ada: string
let eve: string

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
  ada = api.users.admin
  eve = api.users.editor
})

afterAll(() => server.close())

const at = (text: string): Instant => instant(Date.parse(text))

async function newSchedule(fields: object = {}): Promise<ScheduleId> {
  const body = { type: 'web', name: 'Primary', time_zone: 'Europe/Berlin', ...fields }
  return asId((await api.call('POST', '/api/v1/schedules/', body)).body.id)
}

const path = (scheduleId: string, layerId?: string): string =>
  `/api/v1/schedules/${scheduleId}/layers/${layerId === undefined ? '' : `${layerId}/`}`

/** Days that are handed over at nine in Berlin, which is seven in UTC. */
const daily = (fields: object = {}) => ({
  start: '2026-03-30T09:00:00',
  turn: { unit: 'days' },
  groups: [[ada], [eve]],
  ...fields,
})

async function newLayer(scheduleId: string, fields: object = {}) {
  const made = await api.call('POST', path(scheduleId), daily(fields))
  expect(made).toMatchObject({ status: 201 })
  return made.body
}

const onCall = async (scheduleId: ScheduleId, when: Instant) => {
  const { organizationId } = api.system
  return (await whoIsOnCall(server.db.sql, organizationId, { scheduleIds: [scheduleId], at: when })).get(scheduleId)
}

/** The same organization, at another time. */
const later = <Value>(when: string, work: (tx: Tx) => Promise<Value>) =>
  server.db.tx('test', (tx) => work({ ...tx, now: at(when) }))

describe('layers', () => {
  test('put people on call in turn', async () => {
    const scheduleId = await newSchedule()
    const made = await api.call('POST', path(scheduleId), daily({ name: 'Days' }))
    expect(made.status).toBe(201)
    expect(made.body.id).toMatch(/^LY[A-Z1-9]{12}$/)
    expect(made.body).toEqual({
      id: made.body.id,
      schedule: scheduleId,
      name: 'Days',
      level: 0,
      time_zone: null,
      start: '2026-03-30T09:00:00',
      until: null,
      turn: { unit: 'days', length: 1, handover: '09:00:00' },
      groups: [[ada], [eve]],
      first_group: 0,
      restrictions: [],
      turn_consumption: 'calendar',
    })
    expect((await api.call('GET', path(scheduleId, made.body.id))).body).toEqual(made.body)
    expect((await api.call('GET', `/api/v1/schedules/${scheduleId}/`)).body).toMatchObject({ on_call_now: [ada], shifts: [] })
    expect(await onCall(scheduleId, at('2026-04-02T06:59:59Z'))).toEqual([ada])
    expect(await onCall(scheduleId, at('2026-04-02T07:00:00Z'))).toEqual([eve])
    const question = `/api/v1/schedules/${scheduleId}/on_call/?at=2026-04-02T07:00:00Z`
    expect((await api.call('GET', question)).body.users).toMatchObject([
      { cover: { kind: 'layer', id: made.body.id, name: 'Days' } },
    ])
  })

  test.each(['web', 'calendar'])('count on schedules of type %s, beside shifts', async (type) => {
    const shift = { type: 'single_event', start: '2026-04-01T00:00:00', duration: 86_400, users: [eve], level: 1 }
    const made = await api.call('POST', '/api/v1/on_call_shifts/', shift)
    const scheduleId = await newSchedule({ type, shifts: [made.body.id] })
    await newLayer(scheduleId)
    expect(await onCall(scheduleId, testNow)).toEqual([eve])
    await newLayer(scheduleId, { level: 1 })
    expect((await onCall(scheduleId, testNow))?.toSorted()).toEqual([ada, eve].toSorted())
  })

  test('are listed by schedule, oldest first', async () => {
    const scheduleId = await newSchedule()
    const made = [await newLayer(scheduleId), await newLayer(scheduleId)]
    await newLayer(await newSchedule())
    const listed = (await api.call('GET', path(scheduleId))).body
    expect(listed).toMatchObject({ count: 2, page_size: 50 })
    expect(listed.results).toHaveLength(2)
    expect(listed.results).toEqual(expect.arrayContaining(made))
    expect((await api.call('GET', `${path(scheduleId)}?perpage=1`)).body.results).toHaveLength(1)
  })

  test('are found in their schedule alone, and nowhere among shifts', async () => {
    const scheduleId = await newSchedule()
    const { id } = await newLayer(scheduleId)
    const elsewhere = await newSchedule({ shifts: [id] })
    expect((await api.call('GET', `/api/v1/schedules/${elsewhere}/`)).body.shifts).toEqual([])
    for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
      expect((await api.call(method, path(elsewhere, id), body)).status).toBe(404)
      expect((await api.call(method, `/api/v1/on_call_shifts/${id}/`, body)).status).toBe(404)
    }
    expect((await api.call('GET', `/api/v1/on_call_shifts/?schedule_id=${scheduleId}`)).body.count).toBe(0)
    for (const [method, url, body] of [
      ['GET', path(scheduleId)],
      ['POST', path(scheduleId), daily()],
      ['GET', path(scheduleId, id)],
      ['PATCH', path(scheduleId, id), {}],
      ['DELETE', path(scheduleId, id)],
    ] as const) {
      expect((await api.callAs('stranger', method, url, body)).status).toBe(404)
    }
    expect((await api.callAs('viewer', 'GET', path(scheduleId, id))).status).toBe(200)
    expect((await api.callAs('viewer', 'POST', path(scheduleId), daily())).status).toBe(403)
  })

  test('go with their schedule', async () => {
    const scheduleId = await newSchedule()
    const { id } = await newLayer(scheduleId)
    await api.call('DELETE', `/api/v1/schedules/${scheduleId}/`)
    for (const [method, url] of [
      ['GET', path(scheduleId)],
      ['POST', path(scheduleId)],
      ['GET', path(scheduleId, id)],
    ] as const) {
      expect((await api.call(method, url, method === 'POST' ? daily() : undefined)).status).toBe(404)
    }
    expect(await onCall(scheduleId, testNow)).toEqual([])
  })

  test('leave out who has left, whose turn nobody else takes', async () => {
    const scheduleId = await newSchedule()
    const below = await newLayer(scheduleId, { level: -1, groups: [[ada]] })
    const user = { username: 'leaver', email: 'leaver@example.com', role: 'editor' } as const
    const leaver = await server.db.tx('test', (tx) => createUser(tx, api.system, user))
    const layer = await newLayer(scheduleId, { groups: [[eve], [leaver.id]], current_group: leaver.id })
    expect(layer.first_group).toBe(1)
    expect(await onCall(scheduleId, testNow)).toEqual([leaver.id])
    await server.db.tx('test', (tx) => deactivateUser(tx, api.system, leaver.id))
    expect(await onCall(scheduleId, testNow)).toEqual([ada])
    expect(await onCall(scheduleId, at('2026-04-02T12:00:00Z'))).toEqual([eve])
    // As it was shown, the layer can be sent back; elsewhere nobody can be named who has left.
    expect((await api.call('PUT', path(scheduleId, layer.id), layer)).status).toBe(200)
    const gone = { groups: { 1: ['The user at index 0 does not exist.'] } }
    expect(await api.call('PATCH', path(scheduleId, below.id), { groups: [[eve], [leaver.id, ada]] })).toMatchObject({
      status: 400,
      body: gone,
    })
  })

  test('are refused with users whom the organization does not have', async () => {
    const refused = await api.call('POST', path(await newSchedule()), daily({ groups: [[ada], ['UNOBODY', eve, 'UNONE']] }))
    expect(refused).toMatchObject({
      status: 400,
      body: { groups: { 1: ['The user at index 0 does not exist.', 'The user at index 2 does not exist.'] } },
    })
  })

  test('are refused where they are too much for their schedule', async () => {
    const scheduleId = await newSchedule()
    const often = { turn: { unit: 'elapsed', length: 18 } }
    await newLayer(scheduleId, often)
    const fault = 'The layers of a schedule begin shifts at most 5000 times a day, all together.'
    const tooMuch = { status: 400, body: { detail: fault } }
    expect(await api.call('POST', path(scheduleId), daily(often))).toMatchObject(tooMuch)
    const hours = await newLayer(scheduleId, { turn: { unit: 'hours' } })
    expect(await api.call('PATCH', path(scheduleId, hours.id), often)).toMatchObject(tooMuch)
    const shift = { type: 'recurrent_event', start: '2026-04-01T00:00:00', duration: 60, users: [ada], frequency: 'hourly' }
    for (let count = 0; count < 7; count += 1) {
      expect((await api.call('POST', '/api/v1/on_call_shifts/', { ...shift, schedule: scheduleId })).status).toBe(201)
    }
    expect(await api.call('POST', '/api/v1/on_call_shifts/', { ...shift, schedule: scheduleId })).toMatchObject(tooMuch)
    expect((await api.call('PATCH', path(scheduleId, hours.id), { name: 'Hours' })).status).toBe(200)
  })

  test('that a newer version stored cover nothing, are told, and can be removed', async () => {
    const scheduleId = await newSchedule()
    const { id } = await newLayer(scheduleId)
    await server.db.sql.updateTable('shift_versions').set({ definition: '{}' }).where('shift_id', '=', id).execute()
    const shown = (await api.call('GET', `/api/v1/schedules/${scheduleId}/`)).body
    expect(shown).toMatchObject({ on_call_now: [], unreadable_shifts: [id] })
    const refusal = { status: 400, body: { detail: 'This version of Watchbell cannot read the layer, only remove it.' } }
    expect(await api.call('GET', path(scheduleId, id))).toMatchObject(refusal)
    expect(await api.call('PATCH', path(scheduleId, id), {})).toMatchObject(refusal)
    expect((await api.call('GET', path(scheduleId))).body).toMatchObject({ count: 1, results: [] })
    expect((await api.call('DELETE', path(scheduleId, id))).status).toBe(204)
    expect((await api.call('GET', path(scheduleId))).body.count).toBe(0)
  })
})

describe('an edit of a layer', () => {
  test('counts from now on, keeps the hand-overs, and leaves the turn with those who have it', async () => {
    const scheduleId = await newSchedule()
    const { id } = await newLayer(scheduleId)
    const { id: third } = await server.db.tx('test', (tx) =>
      createUser(tx, api.system, { username: 'third', email: 'third@example.com', role: 'editor' }),
    )
    // Two days later it is the turn of the same one.
    const key = { scheduleId, id: asId<LayerId>(id) }
    const body = { groups: [[eve], [third], [ada]] }
    const edited = await later('2026-04-03T12:00:00Z', (tx) => updateLayer(tx, api.system, { ...key, body }))
    expect(edited).toMatchObject({ firstGroup: 1, groups: body.groups })
    expect(await onCall(scheduleId, at('2026-04-03T11:00:00Z'))).toEqual([ada])
    expect(await onCall(scheduleId, at('2026-04-04T06:59:59Z'))).toEqual([ada])
    expect(await onCall(scheduleId, at('2026-04-04T07:00:00Z'))).toEqual([eve])
    expect(await onCall(scheduleId, at('2026-04-05T07:00:00Z'))).toEqual([third])
    await later('2026-04-03T13:00:00Z', (tx) => updateLayer(tx, api.system, { ...key, body: { current_group: third } }))
    expect(await onCall(scheduleId, at('2026-04-03T12:59:59Z'))).toEqual([ada])
    expect(await onCall(scheduleId, at('2026-04-03T13:00:00Z'))).toEqual([third])
    expect(await onCall(scheduleId, at('2026-04-04T07:00:00Z'))).toEqual([ada])
    const rows = await api.call('GET', `/api/v1/schedules/${scheduleId}/final_shifts/?start_date=2026-04-03&end_date=2026-04-05`)
    expect(rows.body.results.map((row: any) => [row.user_pk, row.shift_start])).toEqual([
      [eve, '2026-04-03T00:00:00Z'],
      [ada, '2026-04-03T07:00:00Z'],
      [third, '2026-04-03T13:00:00Z'],
      [ada, '2026-04-04T07:00:00Z'],
    ])
  })

  test('that says nothing new leaves no trace', async () => {
    const scheduleId = await newSchedule()
    const made = await newLayer(scheduleId, { first_group: 1 })
    for (const body of [{}, made, { level: 0 }, { current_group: eve }]) {
      const key = { scheduleId, id: asId<LayerId>(made.id) }
      await later('2026-04-03T12:00:00Z', (tx) => updateLayer(tx, api.system, { ...key, body }))
    }
    const versions = await server.db.sql.selectFrom('shift_versions').selectAll().where('shift_id', '=', made.id).execute()
    expect(versions).toHaveLength(1)
  })

  test('that removes it leaves who was on call on record', async () => {
    const scheduleId = await newSchedule()
    const { id } = await newLayer(scheduleId)
    await later('2026-04-01T13:00:00Z', (tx) => deleteLayer(tx, api.system, { scheduleId, id: asId<LayerId>(id) }))
    expect(await onCall(scheduleId, at('2026-04-01T12:59:59Z'))).toEqual([ada])
    expect(await onCall(scheduleId, at('2026-04-01T13:00:00Z'))).toEqual([])
    expect((await api.call('GET', path(scheduleId, id))).status).toBe(404)
  })
})

describe('a layer that hands over every twenty seconds', () => {
  let scheduleId: ScheduleId

  beforeAll(async () => {
    scheduleId = await newSchedule()
    await newLayer(scheduleId, { turn: { unit: 'elapsed', length: 20 } })
  })

  const tooLong = {
    non_field_errors: ['The schedule has too many shifts for one answer about that time: ask for at most 11 days.'],
  }

  test.each([
    ['final_shifts', 'start_date=2026-04-01&end_date=2026-04-13'],
    ['gaps', 'start_date=2026-04-01&end_date=2026-04-13'],
    ['preview', ''],
  ])('has too many shifts for long answers: %s', async (question, query) => {
    const asked = `/api/v1/schedules/${scheduleId}/${question}/?${query}`
    const answer = question === 'preview' ? await api.call('POST', asked, {}) : await api.call('GET', asked)
    expect(answer).toMatchObject({ status: 400, body: tooLong })
  })

  test('tells all those of a shorter one', async () => {
    const asked = `/api/v1/schedules/${scheduleId}/final_shifts/?start_date=2026-04-01&end_date=2026-04-12`
    expect((await api.call('GET', asked)).body).toMatchObject({ count: 11 * 24 * 180 })
  })
})
