import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { noWayOut, testClock, testServer, type TestServer } from '../../../test/support/server.ts'
import { accepted } from '../../lib/fields.ts'
import { asId } from '../../lib/ids.ts'
import { rehearse } from '../../lib/rehearsal.ts'
import { before, seconds } from '../../lib/time.ts'
import { createOverride } from '../overrides/commands.ts'
import { rehearseEdit } from './commands.ts'
import { parsePreview } from './input.ts'
import { scheduleRoutes } from '../routes.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC.

let server: TestServer
let api: Api

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
})

afterAll(() => server.close())

const shiftBody = (user: string, start: string, hours: number) => ({
  ...{ type: 'single_event', name: 'Shift', time_zone: 'UTC', start, duration: hours * 3600 },
  users: [user],
})

/** A web schedule on which ada is on call from 10 to 18 today. */
async function newSchedule() {
  const shift = (await api.call('POST', '/api/v1/on_call_shifts/', shiftBody(api.users.admin, '2026-04-01T10:00:00', 8))).body
  const schedule = { type: 'web', name: 'Primary', time_zone: 'UTC', shifts: [shift.id] }
  const { id } = (await api.call('POST', '/api/v1/schedules/', schedule)).body
  const path = `/api/v1/schedules/${id}/preview/`
  return { id, shiftId: shift.id, path, preview: (body: object) => api.call('POST', path, { end_date: '2026-04-02', ...body }) }
}

const ada = () => ({ id: api.users.admin, username: 'ada', name: null, email: 'ada@example.com' })
const editor = () => ({ id: api.users.editor, username: 'editor', name: null, email: 'editor@example.com' })

describe('a preview', () => {
  test('tells whose shifts would move, who would be on call now, and the gaps', async () => {
    const { shiftId, preview } = await newSchedule()
    const shifts = [
      { id: shiftId, duration: 4 * 3600 },
      shiftBody(api.users.editor, '2026-04-01T16:00:00', 2),
      { ...shiftBody(api.users.editor, '2026-04-01T11:00:00', 2), level: 1 },
    ]
    const { body } = await preview({ shifts })
    expect(body).toEqual({
      start: '2026-04-01T12:00:00Z',
      end: '2026-04-02T00:00:00Z',
      // Those of one instant are in the order of the ids, which are random.
      moves: expect.toSatisfy((moves: unknown[]) => moves.length === 3),
      on_call_now: { before: [ada()], after: [editor()] },
      gaps_before: [{ start: '2026-04-01T18:00:00Z', end: '2026-04-02T00:00:00Z', duration: 21_600 }],
      gaps_after: [
        { start: '2026-04-01T14:00:00Z', end: '2026-04-01T16:00:00Z', duration: 7200 },
        { start: '2026-04-01T18:00:00Z', end: '2026-04-02T00:00:00Z', duration: 21_600 },
      ],
    })
    expect(body.moves).toEqual(
      expect.arrayContaining([
        {
          user: ada(),
          kind: 'shortened',
          before: [{ start: '2026-04-01T12:00:00Z', end: '2026-04-01T18:00:00Z' }],
          after: [{ start: '2026-04-01T13:00:00Z', end: '2026-04-01T14:00:00Z' }],
        },
        {
          ...{ user: editor(), kind: 'added', before: [] },
          after: [{ start: '2026-04-01T12:00:00Z', end: '2026-04-01T13:00:00Z' }],
        },
        {
          ...{ user: editor(), kind: 'added', before: [] },
          after: [{ start: '2026-04-01T16:00:00Z', end: '2026-04-01T18:00:00Z' }],
        },
      ]),
    )
  })

  test('tells what the schedule itself and removed shifts come to', async () => {
    const { shiftId, preview } = await newSchedule()
    const removed = [{ user: ada(), kind: 'removed', before: [{ start: '2026-04-01T12:00:00Z', end: '2026-04-01T18:00:00Z' }] }]
    expect((await preview({ shifts: [{ id: shiftId, deleted: true }] })).body.moves).toMatchObject(removed)
    expect((await preview({ schedule: { shifts: [] } })).body.moves).toMatchObject(removed)
    expect((await preview({ schedule: { name: 'Other' } })).body.moves).toEqual([])
    expect((await preview({})).body.moves).toEqual([])
  })

  test('knows layers as well', async () => {
    const { id, preview } = await newSchedule()
    const turns = { start: '2026-04-01T12:00:00', turn: { unit: 'hours', length: 12 }, groups: [[api.users.editor]], level: 1 }
    expect((await preview({ layers: [turns] })).body.on_call_now).toEqual({ before: [ada()], after: [editor()] })
    const { body: layer } = await api.call('POST', `/api/v1/schedules/${id}/layers/`, turns)
    expect((await preview({ layers: [{ id: layer.id, level: -1 }] })).body.on_call_now).toEqual({
      before: [editor()],
      after: [ada()],
    })
    expect(
      (await preview({ layers: [{ id: layer.id, deleted: true }] })).body.moves.map(({ kind }: { kind: string }) => kind),
    ).toEqual(expect.arrayContaining(['added', 'removed']))
    expect((await preview({ layers: [{ ...turns, turn: { unit: 'eons' } }, { id: 'LY1' }] })).body).toEqual({
      'layers.0.turn.unit': ['Must be one of hours, days, weeks, months, elapsed.'],
    })
    expect((await preview({ layers: [{ id: 'LY1' }] })).body).toEqual({ 'layers.0.id': ['Object does not exist'] })
  })

  test('knows overrides as well', async () => {
    const { id, preview } = await newSchedule()
    const override = {
      ...{ kind: 'replace_user', replaced: api.users.admin, user: api.users.editor },
      ...{ start: '2026-04-01T12:00:00Z', end: '2026-04-01T13:00:00Z' },
    }
    expect((await preview({ overrides: [override] })).body.on_call_now).toEqual({ before: [ada()], after: [editor()] })
    const made = await server.db.tx('test', (tx) =>
      createOverride({ ...tx, now: before(tx.now, seconds(1)) }, api.system, { scheduleId: id, body: override }),
    )
    const later = { id: made.id, start: '2026-04-01T12:30:00Z' }
    expect((await preview({ overrides: [later] })).body.on_call_now).toEqual({ before: [editor()], after: [ada()] })
    expect((await preview({ overrides: [{ id: made.id, deleted: true }] })).body.on_call_now.after).toEqual([ada()])
    expect((await preview({ overrides: [{ ...override, end: override.start }] })).status).toBe(400)
    expect((await preview({ overrides: [{ id: 'OV1' }] })).body).toEqual({ 'overrides.0.id': ['Object does not exist'] })
  })

  test('comes to what the edit comes to', async () => {
    const { id, shiftId, preview } = await newSchedule()
    const change = { users: [api.users.editor], start: '2026-04-01T09:00:00' }
    const foreseen = (await preview({ shifts: [{ id: shiftId, ...change }] })).body
    await api.call('PATCH', `/api/v1/on_call_shifts/${shiftId}/`, change)
    const { results } = (await api.call('GET', `/api/v1/schedules/${id}/gaps/?start_date=2026-04-01T12:00&end_date=2026-04-02`))
      .body
    expect(foreseen.gaps_after).toEqual(
      results.map(({ start, end, duration }: Record<string, unknown>) => ({ start, end, duration })),
    )
    expect(foreseen.gaps_after).toHaveLength(1)
    expect((await api.call('GET', `/api/v1/schedules/${id}/`)).body.on_call_now).toEqual([api.users.editor])
    expect(foreseen.on_call_now.after).toEqual([editor()])
  })

  test('of a later time knows who is on call now all the same', async () => {
    const { id, preview } = await newSchedule()
    const stretch = { start: '2026-04-01T12:00:00Z', end: '2026-04-01T13:00:00Z' }
    await api.call('POST', `/api/v1/schedules/${id}/overrides/`, { kind: 'add', user: api.users.editor, ...stretch })
    for (const window of [
      { start_date: '2026-04-05', end_date: '2026-04-06' },
      { start_date: '2026-03-01', end_date: '2026-03-02' },
    ])
      expect((await preview(window)).body.on_call_now.after).toEqual([ada(), editor()])
  })

  test('writes nothing', async () => {
    const { shiftId, preview } = await newSchedule()
    const rowsBefore = await everything()
    const shifts = [{ id: shiftId, duration: 60 }, shiftBody(api.users.editor, '2026-04-01T16:00:00', 2)]
    const answer = await preview({ schedule: { name: 'Other', shifts: [] }, shifts })
    expect(answer.body.moves).toHaveLength(2)
    expect((await preview({ shifts: [{ id: shiftId, deleted: true }, { type: 'nonsense' }] })).status).toBe(400)
    expect(await everything()).toEqual(rowsBefore)
    expect(Object.values(rowsBefore).flat().length).toBeGreaterThan(10)
  })

  test('holds up no hand-over', async () => {
    const { id } = await newSchedule()
    const body = { layers: [{ start: '2026-04-01T12:00:00', turn: { unit: 'days' }, groups: [[api.users.editor]] }] }
    await rehearse(server.db, 'test', async (tx) => {
      await rehearseEdit(tx, api.system, { id: asId(id), input: accepted(parsePreview(body, tx.now)) })
      const { rows } = await sql`
        select from schedule_watches where schedule_id = ${id} for no key update nowait`.execute(server.db.sql)
      expect(rows).toHaveLength(1)
    })
  })

  test('is asked with GET as well, by those who may only read', async () => {
    const { shiftId, path } = await newSchedule()
    const change = JSON.stringify({ end_date: '2026-04-02', shifts: [{ id: shiftId, users: [api.users.editor] }] })
    const answer = await api.callAs('viewer', 'GET', `${path}?change=${encodeURIComponent(change)}`)
    expect(answer.body.on_call_now).toEqual({ before: [ada()], after: [editor()] })
    expect((await api.callAs('viewer', 'POST', path, {})).status).toBe(403)
    expect((await api.callAs('none', 'GET', `${path}?change={}`)).status).toBe(403)
    expect((await api.call('GET', path)).body).toEqual({ change: ['This field is required.'] })
    expect((await api.call('GET', `${path}?change={`)).body).toEqual({ change: ['Value must be valid JSON.'] })
    expect((await api.call('GET', `${path}?change=[]`)).body).toEqual({
      change: ['Invalid data. Expected a dictionary, but got list.'],
    })
  })
})

describe('a preview is refused', () => {
  test('as the edit is refused, with the place in front of the field', async () => {
    const { shiftId, preview } = await newSchedule()
    const refused = async (body: object) => {
      const answer = await preview(body)
      expect(answer.status).toBe(400)
      return answer.body
    }
    expect(await refused({ schedule: { time_zone: 'Mars/Olympus', name: '' } })).toEqual({
      'schedule.name': ['This field may not be blank.'],
      'schedule.time_zone': ['Invalid timezone'],
    })
    expect(await refused({ shifts: [{ id: shiftId }, { type: 'single_event' }] })).toEqual({
      'shifts.1.start': ['This field is required.'],
      'shifts.1.duration': ['This field is required.'],
    })
    expect(await refused({ shifts: [{ ...shiftBody(api.users.editor, '', 1), type: 'sometimes' }] })).toEqual({
      'shifts.0': ['Invalid shift type'],
    })
    const rolling = { type: 'rolling_users', frequency: 'daily', start_rotation_from_user_index: 0, rolling_users: [['UNONE']] }
    expect(await refused({ shifts: [{ ...shiftBody('', '2026-04-01T10:00:00', 1), ...rolling }] })).toEqual({
      'shifts.0.rolling_users.0': ["User does not exist {'UNONE'}"],
    })
  })

  test('when it names what is not there, or is of another form', async () => {
    const { preview, path } = await newSchedule()
    const missing = { 'shifts.0.id': ['Object does not exist'] }
    expect((await preview({ shifts: [{ id: 'ONONE', name: 'x' }] })).body).toEqual(missing)
    expect((await preview({ shifts: [{ id: 'O\u0000', deleted: true }] })).body).toEqual(missing)
    expect((await preview({ shifts: [{ deleted: true }] })).body).toEqual({ 'shifts.0.id': ['This field is required.'] })
    expect((await preview({ shifts: [{ id: 7 }, 'x'] })).body).toEqual({
      'shifts.0.id': ['Invalid values'],
      'shifts.1': ['Invalid data. Expected a dictionary, but got str.'],
    })
    expect((await preview({ shifts: {}, schedule: [] })).body).toEqual({
      schedule: ['Invalid data. Expected a dictionary, but got list.'],
      shifts: ['Expected a list of items but got type "dict".'],
    })
    expect((await preview({ shifts: Array.from({ length: 51 }, () => ({})) })).body).toEqual({
      detail: 'A preview takes at most 50 shifts, layers and overrides.',
    })
    expect((await preview({ start_date: 'x' })).body).toHaveProperty('start_date')
    expect((await api.call('POST', '/api/v1/schedules/SNONE/preview/', {})).status).toBe(404)
    expect((await api.callAs('stranger', 'POST', path, {})).status).toBe(404)
  })

  test('for a calendar at another address, which would have to be fetched', async () => {
    const calendar = { ical_url_overrides: 'https://calendars.example/a.ics' }
    const schedule = { type: 'calendar', name: 'Followed', time_zone: 'UTC', ...calendar }
    const { id } = (await api.call('POST', '/api/v1/schedules/', schedule)).body
    const preview = (fields: object) => api.call('POST', `/api/v1/schedules/${id}/preview/`, { schedule: fields })
    expect(await preview({ ical_url_overrides: 'https://calendars.example/b.ics' })).toMatchObject({
      ...{ status: 400, body: { 'schedule.ical_url_overrides': ['A preview does not fetch calendars.'] } },
    })
    for (const fields of [calendar, { ical_url_overrides: null }]) expect((await preview(fields)).status).toBe(200)
  })

  test('for shifts of another organization', async () => {
    const { shiftId } = await newSchedule()
    const made = await api.callAs('stranger', 'POST', '/api/v1/schedules/', { type: 'web', name: 'x', time_zone: 'UTC' })
    const body = { shifts: [{ id: shiftId, duration: 60 }] }
    expect((await api.callAs('stranger', 'POST', `/api/v1/schedules/${made.body.id}/preview/`, body)).body).toEqual({
      'shifts.0.id': ['Object does not exist'],
    })
  })
})

/** All that the database holds, table by table. */
async function everything(): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await sql<{ name: string }>`
    select tablename::text as name from pg_tables where schemaname = 'public' order by 1`.execute(server.db.sql)
  const found: Record<string, readonly string[]> = {}
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t order by 1`.execute(server.db.sql)
    found[name] = rows.map(({ row }) => row)
  }
  return found
}

test('previews of one organization wait for each other, and more than twenty are told to come later', async () => {
  const { path } = await newSchedule()
  const body = { schedule: { name: 'Other' } }
  const answers = Promise.all(Array.from({ length: 60 }, () => api.call('POST', path, body)))
  const stranger = await api.callAs('stranger', 'POST', path, body)
  const told = (await answers).map(({ status }) => status)
  expect(told.filter((status) => status === 200).length).toBeGreaterThanOrEqual(20)
  expect(new Set(told)).toEqual(new Set([200, 429]))
  expect(stranger.status).toBe(404)
  expect((await api.call('POST', path, body)).status).toBe(200)
})
