import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { noWayOut, testClock, testNow, testServer, type TestServer } from '../../test/support/server.ts'
import { type Instant, instant } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { updateSchedule } from './commands.ts'
import { whoIsOnCall } from './on-call-commands.ts'
import { scheduleRoutes } from './routes.ts'
import { deleteShift, updateShift } from './shifts/commands.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC.

let server: TestServer
let api: Api

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
})

afterAll(() => server.close())

const at = (text: string): Instant => instant(Date.parse(text))

const shiftBody = (fields: object = {}) => ({
  type: 'single_event',
  start: '2026-04-01T08:00:00',
  duration: 28_800,
  users: [api.users.editor],
  ...fields,
})

const newShift = async (fields: object = {}) => (await api.call('POST', '/api/v1/on_call_shifts/', shiftBody(fields))).body

const newSchedule = async (fields: object = {}) =>
  (await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Primary', time_zone: 'UTC', ...fields })).body

const onCall = async (scheduleId: string, when: Instant) => {
  const { organizationId } = api.system
  const found = await whoIsOnCall(server.db.sql, organizationId, { scheduleIds: [scheduleId as never], at: when })
  return found.get(scheduleId as never)
}

/** The same organization, at another time. */
const later = <Value>(when: string, work: (tx: Tx) => Promise<Value>) =>
  server.db.tx('test', (tx) => work({ ...tx, now: at(when) }))

describe('schedules', () => {
  test('of type calendar are shown with the keys of the contract', async () => {
    const shift = await newShift()
    const body = { type: 'calendar', name: 'Primary', time_zone: 'Europe/Berlin', shifts: [shift.id, 'O1'], team_id: '' }
    const made = await api.call('POST', '/api/v1/schedules/', body)
    expect(made.status).toBe(201)
    expect(made.body.id).toMatch(/^S[A-Z1-9]{12}$/)
    expect(made.text).toBe(
      `{"id":"${made.body.id}","team_id":null,"name":"Primary","type":"calendar",` +
        `"slack":{"channel_id":null,"user_group_id":null},"on_call_now":["${api.users.editor}"],` +
        `"time_zone":"Europe/Berlin","shifts":["${shift.id}"],"ical_url_overrides":null,"enable_web_overrides":false}`,
    )
    expect((await api.call('GET', `/api/v1/schedules/${made.body.id}`)).body).toEqual(made.body)
  })

  test('of type web can be changed', async () => {
    const made = await newSchedule()
    const shift = await newShift({ type: 'override' })
    const path = `/api/v1/schedules/${made.id}/`
    const changed = await api.call('PUT', path, { name: 'Second', type: 'calendar', shifts: [shift.id] })
    expect(changed).toMatchObject({
      status: 200,
      body: { type: 'web', name: 'Second', shifts: [shift.id], on_call_now: [api.users.editor] },
    })
    expect((await api.call('PATCH', path, {})).body).toEqual(changed.body)
    expect((await api.call('PATCH', path, { shifts: null })).body).toMatchObject({ shifts: [], on_call_now: [] })
  })

  test('take the bodies of the Go client twice without a difference', async () => {
    const shift = await newShift()
    const body = {
      team_id: '',
      name: 'From Terraform',
      type: 'calendar',
      ical_url_primary: null,
      ical_url_overrides: null,
      enable_web_overrides: true,
      time_zone: 'America/New_York',
      slack: { channel_id: null, user_group_id: null },
      shifts: [shift.id],
    }
    const first = await api.call('POST', '/api/v1/schedules/', body)
    expect(first.status).toBe(201)
    for (let round = 0; round < 2; round += 1) {
      expect(await api.call('PUT', `/api/v1/schedules/${first.body.id}/`, body)).toMatchObject({ status: 200, body: first.body })
    }
  })

  test('are listed by name and team', async () => {
    await newSchedule({ name: 'Listed' })
    expect((await api.call('GET', '/api/v1/schedules/?name=Listed&team_id=null')).body).toMatchObject({ count: 1, page_size: 50 })
    expect((await api.call('GET', '/api/v1/schedules/?name=Unlisted')).body.count).toBe(0)
    const all = (await api.call('GET', '/api/v1/schedules/')).body.count
    expect((await api.call('GET', '/api/v1/schedules/?name=&team_id=')).body.count).toBe(all)
    expect((await api.call('GET', '/api/v1/schedules/?team_id=T1')).status).toBe(400)
  })

  test.each<[object, object]>([
    [{ type: 'ical' }, { ical_url_primary: ['This field is required.'] }],
    [{ time_zone: 'Europe/Atlantis' }, { time_zone: ['Invalid timezone'] }],
    [{ slack: { channel_id: 'C1', user_group_id: null } }, { detail: "Slack isn't connected to this workspace" }],
    [{ team_id: 'T1' }, { team_id: ['Object does not exist'] }],
    [{ name: 'a\u0000b' }, { name: ['Null characters are not allowed.'] }],
  ])('are refused: %j', async (fields, wanted) => {
    const body = { type: 'calendar', name: 'x', time_zone: 'UTC', ...fields }
    expect(await api.call('POST', '/api/v1/schedules/', body)).toMatchObject({ status: 400, body: wanted })
  })

  test('of type calendar list no overrides', async () => {
    const override = await newShift({ type: 'override' })
    const refused = { status: 400, body: { detail: 'Shifts of type override are not supported in this schedule' } }
    const body = { type: 'calendar', name: 'x', time_zone: 'UTC', shifts: [override.id] }
    expect(await api.call('POST', '/api/v1/schedules/', body)).toMatchObject(refused)
    const shift = await newShift()
    await newSchedule({ type: 'calendar', shifts: [shift.id] })
    expect(await api.call('PUT', `/api/v1/on_call_shifts/${shift.id}/`, { type: 'override' })).toMatchObject(refused)
  })

  test('are gone once they are deleted', async () => {
    const { id } = await newSchedule()
    expect((await api.call('DELETE', `/api/v1/schedules/${id}/`)).status).toBe(204)
    expect((await api.call('GET', `/api/v1/schedules/${id}/`)).status).toBe(404)
    expect((await api.call('PUT', `/api/v1/schedules/${id}/`, {})).status).toBe(404)
    expect(await onCall(id, testNow)).toEqual([])
  })

  test('are neither shown to nor changed by another organization', async () => {
    const { id } = await newSchedule()
    for (const [method, body] of [['GET'], ['PUT', {}], ['PATCH', {}], ['DELETE']] as const) {
      expect((await api.callAs('stranger', method, `/api/v1/schedules/${id}/`, body)).status).toBe(404)
    }
    const window = 'start_date=2026-04-01&end_date=2026-04-02'
    expect((await api.callAs('stranger', 'GET', `/api/v1/schedules/${id}/final_shifts?${window}`)).status).toBe(404)
    expect((await api.callAs('stranger', 'GET', '/api/v1/schedules/')).body.count).toBe(0)
    expect((await api.callAs('viewer', 'GET', `/api/v1/schedules/${id}/`)).status).toBe(200)
    expect((await api.callAs('viewer', 'PATCH', `/api/v1/schedules/${id}/`, {})).status).toBe(403)
    expect((await api.callAs('editor', 'PATCH', `/api/v1/schedules/${id}/`, {})).status).toBe(200)
  })
})

describe('on-call shifts', () => {
  test('are shown with the fields of their type', async () => {
    const single = await api.call(
      'POST',
      '/api/v1/on_call_shifts/',
      shiftBody({ name: 'Early', level: 2, users: [api.users.editor, 'U1'] }),
    )
    expect(single.status).toBe(201)
    expect(single.text).toBe(
      `{"id":"${single.body.id}","schedule":null,"team_id":null,"name":"Early","type":"single_event","time_zone":null,` +
        `"start":"2026-04-01T08:00:00","duration":28800,"rotation_start":"2026-04-01T08:00:00","users":["${api.users.editor}"],"level":2}`,
    )
    const override = await api.call(
      'POST',
      '/api/v1/on_call_shifts/',
      shiftBody({ type: 'override', source: 0, time_zone: 'Asia/Calcutta', users: null }),
    )
    expect(override.text).toBe(
      `{"id":"${override.body.id}","schedule":null,"team_id":null,"name":null,"type":"override","time_zone":"Asia/Calcutta",` +
        '"start":"2026-04-01T08:00:00","duration":28800,"rotation_start":"2026-04-01T08:00:00","users":[]}',
    )
  })

  test('take the bodies of the Go client twice without a difference', async () => {
    const body = {
      team_id: '',
      type: 'single_event',
      name: 'From Terraform',
      level: 0,
      start: '2026-04-01T08:00:00',
      duration: 3600,
      until: null,
      frequency: null,
      users: [api.users.editor],
      interval: null,
      by_day: null,
      by_month: null,
      by_monthday: null,
      rolling_users: null,
      time_zone: null,
      start_rotation_from_user_index: null,
      source: 3,
    }
    const first = await api.call('POST', '/api/v1/on_call_shifts/', body)
    expect(first.status).toBe(201)
    for (let round = 0; round < 2; round += 1) {
      expect(await api.call('PUT', `/api/v1/on_call_shifts/${first.body.id}/`, body)).toMatchObject({
        status: 200,
        body: first.body,
      })
    }
    expect((await api.call('PATCH', `/api/v1/on_call_shifts/${first.body.id}/`, { level: 3 })).body).toEqual({
      ...first.body,
      level: 3,
    })
  })

  test('of people in turn are shown as they were said, and hand over', async () => {
    const { admin, editor } = api.users
    const said = {
      ...weeks,
      rolling_users: [[admin], [editor]],
      by_day: ['WE', 'MO'],
      by_month: [4],
      until: '2026-05-01T00:00:00',
    }
    const { body: shift } = await api.call('POST', '/api/v1/on_call_shifts/', shiftBody(said))
    expect(shift).toEqual({
      id: shift.id,
      schedule: null,
      team_id: null,
      name: null,
      type: 'rolling_users',
      time_zone: null,
      start: '2026-03-30T00:00:00',
      duration: 86_400,
      rotation_start: '2026-03-30T00:00:00',
      level: 0,
      frequency: 'weekly',
      interval: 1,
      until: '2026-05-01T00:00:00',
      week_start: 'MO',
      by_day: ['WE', 'MO'],
      by_month: [4],
      by_monthday: null,
      rolling_users: [[admin], [editor]],
      start_rotation_from_user_index: 1,
    })
    const calendar = await newSchedule({ type: 'calendar', time_zone: 'UTC', shifts: [shift.id] })
    const query = 'start_date=2026-04-01&end_date=2026-04-14'
    const { body: rows } = await api.call('GET', `/api/v1/schedules/${calendar.id}/final_shifts/?${query}`)
    expect(rows.results.map((row: { user_pk: string; shift_start: string }) => [row.user_pk, row.shift_start])).toEqual([
      [editor, '2026-04-01T00:00:00Z'],
      [admin, '2026-04-06T00:00:00Z'],
      [admin, '2026-04-08T00:00:00Z'],
      [editor, '2026-04-13T00:00:00Z'],
    ])
  })

  test('that recur put all their users on call, and one row for each time', async () => {
    const said = {
      type: 'recurrent_event',
      frequency: 'daily',
      start: '2026-03-30T00:00:00',
      duration: 86_400,
      users: [api.users.admin],
    }
    const { body: shift } = await api.call('POST', '/api/v1/on_call_shifts/', shiftBody(said))
    expect(shift).toMatchObject({ frequency: 'daily', interval: 1, by_day: null, users: [api.users.admin] })
    expect(shift).not.toHaveProperty('week_start')
    expect(shift).not.toHaveProperty('rolling_users')
    const web = await newSchedule({ time_zone: 'UTC', shifts: [shift.id] })
    const { body: rows } = await api.call(
      'GET',
      `/api/v1/schedules/${web.id}/final_shifts/?start_date=2026-04-01&end_date=2026-04-04`,
    )
    expect(rows.count).toBe(3)
    expect((await api.call('DELETE', `/api/v1/on_call_shifts/${shift.id}/`)).status).toBe(204)
    const { body: ended } = await api.call('GET', `/api/v1/on_call_shifts/${shift.id}/`)
    expect(ended.until).not.toBeNull()
    expect((await api.call('GET', `/api/v1/schedules/${web.id}/`)).body.on_call_now).toEqual([])
  })

  test('that are too many for one schedule are refused, alone or together', async () => {
    const hourly = { type: 'recurrent_event', frequency: 'hourly', start: '2026-03-30T00:00:00', duration: 3600 }
    const ids: string[] = []
    for (let count = 0; count < 209; count += 1)
      ids.push((await api.call('POST', '/api/v1/on_call_shifts/', shiftBody(hourly))).body.id)
    const detail = 'The layers of a schedule begin shifts at most 5000 times a day, all together.'
    const body = { type: 'web', name: 'Busy', time_zone: 'UTC', shifts: ids }
    expect(await api.call('POST', '/api/v1/schedules/', body)).toMatchObject({ status: 400, body: { detail } })
    const { body: schedule } = await api.call('POST', '/api/v1/schedules/', { ...body, shifts: ids.slice(1) })
    const one = shiftBody({ ...hourly, schedule: schedule.id })
    expect(await api.call('POST', '/api/v1/on_call_shifts/', one)).toMatchObject({ status: 400, body: { detail } })
    expect((await api.call('PATCH', `/api/v1/on_call_shifts/${ids[1]}/`, { frequency: 'daily' })).status).toBe(200)
    const daily = await api.call('POST', '/api/v1/on_call_shifts/', { ...one, frequency: 'daily' })
    expect(daily.status).toBe(201)
    const patch = { frequency: 'hourly' }
    expect((await api.call('PATCH', `/api/v1/on_call_shifts/${daily.body.id}/`, patch)).status).toBe(200)
    expect(await api.call('PATCH', `/api/v1/on_call_shifts/${ids[1]}/`, patch)).toMatchObject({ status: 400, body: { detail } })
  })

  test('change their frequency and type only with what that needs', async () => {
    const { body: shift } = await api.call('POST', '/api/v1/on_call_shifts/', shiftBody({ ...weeks, interval: 2 }))
    const patch = async (fields: object) => (await api.call('PATCH', `/api/v1/on_call_shifts/${shift.id}/`, fields)).body
    expect(await patch({ interval: 3 })).toMatchObject({ frequency: 'weekly', interval: 3 })
    expect(await patch({ frequency: 'daily' })).toMatchObject({ frequency: 'daily', interval: 1 })
    expect(await patch({ frequency: 'weekly' })).toEqual({ detail: "Field 'week_start' is required for frequency type 'weekly'" })
    expect(await patch({ frequency: 'weekly', week_start: 'SU' })).toMatchObject({ frequency: 'weekly', week_start: 'SU' })
    expect(await patch({ type: 'single_event' })).not.toHaveProperty('frequency')
    expect(await patch({ type: 'recurrent_event' })).toEqual({
      detail: "Field 'frequency' is required for this on-call shift type",
    })
  })

  test('name the schedule that they are on, and are listed by it', async () => {
    const shift = await newShift({ name: 'On duty' })
    const calendar = await newSchedule({ type: 'calendar', shifts: [shift.id] })
    expect((await api.call('GET', `/api/v1/on_call_shifts/${shift.id}/`)).body.schedule).toBe(calendar.id)
    const web = await newSchedule({ shifts: [shift.id] })
    const { body } = await api.call('GET', `/api/v1/on_call_shifts/?schedule_id=${web.id}&name=On+duty`)
    expect(body).toMatchObject({ count: 1, results: [{ id: shift.id, schedule: web.id }] })
    expect((await api.call('GET', `/api/v1/on_call_shifts/?schedule_id=S1`)).body.count).toBe(0)
    const all = (await api.call('GET', '/api/v1/on_call_shifts/')).body.count
    expect((await api.call('GET', '/api/v1/on_call_shifts/?schedule_id=&name=&team_id=')).body.count).toBe(all)
  })

  test('can be made on a schedule', async () => {
    const web = await newSchedule({ shifts: [(await newShift()).id] })
    const override = await newShift({ type: 'override', schedule: web.id, users: [api.users.admin] })
    expect(override.schedule).toBe(web.id)
    const { body } = await api.call('GET', `/api/v1/schedules/${web.id}/`)
    expect(body).toMatchObject({ on_call_now: [api.users.admin] })
    expect(body.shifts[1]).toBe(override.id)
  })

  test('override a calendar schedule only where its web overrides are on', async () => {
    const calendar = await newSchedule({ type: 'calendar', shifts: [(await newShift()).id] })
    const body = shiftBody({ type: 'override', schedule: calendar.id, users: [api.users.admin] })
    const refused = await api.call('POST', '/api/v1/on_call_shifts/', body)
    expect(refused).toMatchObject({ status: 400, body: { schedule: [expect.stringContaining('enable_web_overrides')] } })
    await api.call('PATCH', `/api/v1/schedules/${calendar.id}/`, { enable_web_overrides: true })
    const made = await api.call('POST', '/api/v1/on_call_shifts/', body)
    expect(made).toMatchObject({ status: 201, body: { schedule: calendar.id } })
    const { body: shown } = await api.call('GET', `/api/v1/schedules/${calendar.id}/`)
    expect(shown.on_call_now).toEqual([api.users.admin])
    expect(shown.shifts).not.toContain(made.body.id)
    await api.call('PATCH', `/api/v1/schedules/${calendar.id}/`, { enable_web_overrides: false })
    expect((await api.call('GET', `/api/v1/schedules/${calendar.id}/`)).body.on_call_now).toEqual([api.users.editor])
  })

  test.each<[object, object]>([
    [{ type: 'weekly' }, { detail: 'Invalid shift type' }],
    [{ type: 'rolling_users' }, { detail: "Field 'frequency' is required for this on-call shift type" }],
    [
      { ...weeks, rolling_users: [['UX'], [], ['UY', 'UZ']] },
      { rolling_users: { 0: ["User does not exist {'UX'}"], 2: ["User does not exist {'UY', 'UZ'}"] } },
    ],
    [
      { ...weeks, duration: 2_147_483_647, frequency: 'hourly' },
      { detail: expect.stringContaining('more than 500 of its occurrences') },
    ],
    [{ start: '2026-04-01' }, { detail: 'Invalid datetime format, should be "yyyy-mm-dd\'T\'hh:mm:ss"' }],
    [{ time_zone: 'x' }, { time_zone: ['Invalid timezone'] }],
    [{ schedule: 'S1' }, { schedule: ['Object does not exist'] }],
    [{ duration: undefined }, { duration: ['This field is required.'] }],
  ])('are refused: %j', async (fields, wanted) => {
    expect(await api.call('POST', '/api/v1/on_call_shifts/', shiftBody(fields))).toMatchObject({ status: 400, body: wanted })
  })

  test('that are deleted leave their schedules', async () => {
    const shift = await newShift()
    const calendar = await newSchedule({ type: 'calendar', shifts: [shift.id] })
    expect((await api.call('DELETE', `/api/v1/on_call_shifts/${shift.id}/`)).status).toBe(204)
    expect((await api.call('GET', `/api/v1/on_call_shifts/${shift.id}/`)).status).toBe(404)
    expect((await api.call('GET', `/api/v1/schedules/${calendar.id}/`)).body).toMatchObject({ shifts: [], on_call_now: [] })
  })

  test('of a web schedule that are under way end now instead', async () => {
    const override = await newShift({ type: 'override' })
    const web = await newSchedule({ shifts: [override.id] })
    expect((await api.call('DELETE', `/api/v1/on_call_shifts/${override.id}/`)).status).toBe(204)
    expect((await api.call('GET', `/api/v1/on_call_shifts/${override.id}/`)).body.duration).toBe(14_400)
    expect((await api.call('GET', `/api/v1/schedules/${web.id}/`)).body.on_call_now).toEqual([])
    expect((await api.call('DELETE', `/api/v1/on_call_shifts/${override.id}/`)).status).toBe(204)
    expect((await api.call('GET', `/api/v1/on_call_shifts/${override.id}/`)).status).toBe(404)
  })

  test('are neither shown to nor changed by another organization', async () => {
    const { id } = await newShift()
    for (const [method, body] of [['GET'], ['PUT', {}], ['PATCH', {}], ['DELETE']] as const) {
      expect((await api.callAs('stranger', method, `/api/v1/on_call_shifts/${id}/`, body)).status).toBe(404)
    }
    expect((await api.callAs('stranger', 'GET', '/api/v1/on_call_shifts/')).body.count).toBe(0)
    const theirs = await api.callAs('stranger', 'POST', '/api/v1/schedules/', {
      type: 'web',
      name: 'x',
      time_zone: 'UTC',
      shifts: [id],
    })
    expect(theirs.body.shifts).toEqual([])
    expect((await api.callAs('viewer', 'DELETE', `/api/v1/on_call_shifts/${id}/`)).status).toBe(403)
  })
})

describe('who is on call', () => {
  test('are only people who may be notified, and what lies below the others counts', async () => {
    const low = await newShift({ users: [api.users.editor] })
    const high = await newShift({ users: [api.users.viewer, api.users.none], level: 5 })
    const schedule = await newSchedule({ shifts: [low.id, high.id] })
    expect(schedule.on_call_now).toEqual([api.users.editor])
  })

  test('is found for several schedules at once, also for those that do not exist', async () => {
    const staffed = await newSchedule({ shifts: [(await newShift()).id] })
    const empty = await newSchedule()
    const scheduleIds = [staffed.id, empty.id, 'S1'] as never[]
    const found = await whoIsOnCall(server.db.sql, api.system.organizationId, { scheduleIds, at: testNow })
    expect([...found]).toEqual([
      [staffed.id, [api.users.editor]],
      [empty.id, []],
      ['S1', []],
    ])
  })

  test('in the past is what was configured then', async () => {
    const shift = await newShift({ duration: 86_400 })
    const schedule = await newSchedule({ shifts: [shift.id] })
    const change = { id: shift.id, body: { users: [api.users.admin] } }
    await later('2026-04-01T14:00:00Z', (tx) => updateShift(tx, api.system, change))
    await later('2026-04-01T16:00:00Z', (tx) => updateSchedule(tx, api.system, { id: schedule.id, body: { shifts: [] } }))
    await later('2026-04-01T18:00:00Z', (tx) => updateSchedule(tx, api.system, { id: schedule.id, body: { shifts: [shift.id] } }))
    await later('2026-04-01T20:00:00Z', (tx) => deleteShift(tx, api.system, shift.id))
    expect(await onCall(schedule.id, at('2026-04-01T13:59:59Z'))).toEqual([api.users.editor])
    expect(await onCall(schedule.id, at('2026-04-01T14:00:00Z'))).toEqual([api.users.admin])
    expect(await onCall(schedule.id, at('2026-04-01T17:00:00Z'))).toEqual([])
    expect(await onCall(schedule.id, at('2026-04-01T19:00:00Z'))).toEqual([api.users.admin])
    expect(await onCall(schedule.id, at('2026-04-01T20:00:00Z'))).toEqual([])
    const { body } = await api.call(
      'GET',
      `/api/v1/schedules/${schedule.id}/final_shifts/?start_date=2026-04-01T10:00&end_date=2026-04-02`,
    )
    const row = (user: string, start: string, end: string) => ({
      user_pk: user,
      user_email: user === api.users.admin ? 'ada@example.com' : 'editor@example.com',
      user_username: user === api.users.admin ? 'ada' : 'editor',
      shift_start: start,
      shift_end: end,
    })
    expect(body).toEqual({
      count: 3,
      next: null,
      previous: null,
      results: [
        row(api.users.editor, '2026-04-01T10:00:00Z', '2026-04-01T14:00:00Z'),
        row(api.users.admin, '2026-04-01T14:00:00Z', '2026-04-01T16:00:00Z'),
        row(api.users.admin, '2026-04-01T18:00:00Z', '2026-04-01T20:00:00Z'),
      ],
      current_page_number: 1,
      page_size: 50,
      total_pages: 1,
    })
  })

  test('is told in whole seconds, without what was over within one', async () => {
    const shift = await newShift({ duration: 43_200 })
    const schedule = await newSchedule({ shifts: [shift.id] })
    const edit = (when: string, users: readonly string[]) =>
      later(when, (tx) => updateShift(tx, api.system, { id: shift.id, body: { users } }))
    await edit('2026-04-01T14:00:00.214Z', [api.users.admin])
    await edit('2026-04-01T14:00:00.897Z', [api.users.editor])
    await edit('2026-04-01T16:00:00.500Z', [api.users.admin])
    const { body } = await api.call(
      'GET',
      `/api/v1/schedules/${schedule.id}/final_shifts/?start_date=2026-04-01&end_date=2026-04-02`,
    )
    expect(body.results).toMatchObject([
      { user_pk: api.users.editor, shift_start: '2026-04-01T08:00:00Z', shift_end: '2026-04-01T14:00:00Z' },
      { user_pk: api.users.editor, shift_start: '2026-04-01T14:00:00Z', shift_end: '2026-04-01T16:00:00Z' },
      { user_pk: api.users.admin, shift_start: '2026-04-01T16:00:00Z', shift_end: '2026-04-01T20:00:00Z' },
    ])
    expect(body.count).toBe(3)
  })

  test('is not forgotten by two edits in one instant', async () => {
    const shift = await newShift()
    const schedule = await newSchedule({ shifts: [shift.id] })
    for (const users of [[api.users.admin], [api.users.viewer], [api.users.admin]]) {
      await api.call('PATCH', `/api/v1/on_call_shifts/${shift.id}/`, { users })
    }
    expect(await onCall(schedule.id, instant(testNow - 1))).toEqual([api.users.editor])
    expect(await onCall(schedule.id, testNow)).toEqual([api.users.admin])
  })
})

/** Rolling users, but for the groups. */
const weeks = {
  type: 'rolling_users',
  frequency: 'weekly',
  week_start: 'MO',
  start: '2026-03-30T00:00:00',
  duration: 86_400,
  name: undefined,
  users: undefined,
  start_rotation_from_user_index: 1,
}
