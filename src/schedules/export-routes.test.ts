import ical from 'ical.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { testClock, testServer, type TestServer } from '../../test/support/server.ts'
import { createUser, deactivateUser, updateUser } from '../accounts/commands.ts'
import { asId, type UserId } from '../lib/ids.ts'
import { type Instant, instant, ms } from '../lib/time.ts'
import { scheduleRoutes } from './routes.ts'

// The clock stands at noon of 2026-04-01, UTC, so calendars show 2026-03-17 up to 2026-09-29.

let server: TestServer
let api: Api
let now: Instant
let monotonic = testClock.monotonic

const at = (text: string): Instant => instant(Date.parse(text))

beforeAll(async () => {
  now = testClock.now()
  const clock = { ...testClock, now: () => now, monotonic: () => monotonic() }
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock }))
  api = await testApi(server)
})

afterAll(() => server.close())

type Row = { readonly uid: string; readonly summary: string; readonly description: string; readonly window: string }

const fetched = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
  const { pathname, search } = new URL(url)
  return server.app.inject({ url: pathname + search, headers })
}

/** The entries of a calendar, as ical.js reads them. */
async function entriesOf(url: string): Promise<readonly Row[]> {
  const { statusCode, body } = await fetched(url)
  expect({ statusCode, body }).toMatchObject({ statusCode: 200 })
  return new ical.Component(ical.parse(body)).getAllSubcomponents('vevent').map((component) => {
    const { uid, startDate, endDate, summary, description } = new ical.Event(component)
    return { uid, summary, description, window: `${startDate.toJSDate().toISOString()} ${endDate.toJSDate().toISOString()}` }
  })
}

const newUser = async (fields: object): Promise<UserId> => {
  return (await server.db.tx('test', (tx) => createUser(tx, api.system, fields as never))).id
}

/** A schedule that has always had these shifts. */
const newSchedule = async (shifts: readonly object[], fields: object = {}): Promise<string> => {
  const ids: string[] = []
  for (const shift of shifts) {
    const { status, text, body } = await api.call('POST', '/api/v1/on_call_shifts/', shift)
    expect({ status, text }).toEqual({ status: 201, text })
    ids.push(body.id)
  }
  const schedule = { type: 'web', name: 'Primary', time_zone: 'UTC', shifts: ids, ...fields }
  return (await api.call('POST', '/api/v1/schedules/', schedule)).body.id
}

const exportUrl = async (path: string, asker: 'admin' | 'editor' = 'admin'): Promise<string> => {
  const { status, body } = await api.callAs(asker, 'POST', `/api/v1/${path}/export_token/`)
  expect(status).toBe(201)
  return body.export_url
}

const single = (start: string, hours: number, users: readonly string[]) => ({
  ...{ type: 'single_event', start, duration: hours * 3600, users },
})

describe('the calendar of a schedule', () => {
  test('has an entry for each final shift, in UTC, with a name and an address to find the person by', async () => {
    const shift = single('2026-04-02T08:00:00', 8, [api.users.admin, api.users.editor])
    const url = await exportUrl(`schedules/${await newSchedule([shift], { time_zone: 'Europe/Berlin' })}`)
    const entries = await entriesOf(url)
    const window = '2026-04-02T06:00:00.000Z 2026-04-02T14:00:00.000Z'
    expect(
      entries.map(({ uid: _uid, ...entry }) => entry).toSorted((one, other) => one.summary.localeCompare(other.summary)),
    ).toEqual([
      { summary: 'ada', description: 'ada@example.com', window },
      { summary: 'editor', description: 'editor@example.com', window },
    ])
    expect(new Set(entries.map(({ uid }) => uid)).size).toBe(2)
  })

  test('is the final shifts of the window, over clock changes and levels, in each of several zones', async () => {
    const rolling = { type: 'rolling_users', start_rotation_from_user_index: 0 }
    const weekly = { ...rolling, frequency: 'weekly', interval: 1, week_start: 'MO', duration: 604_800 }
    const hourly = {
      ...rolling,
      frequency: 'hourly',
      interval: 6,
      duration: 21_600,
      level: 1,
      until: '2026-04-10T00:00:00',
    }
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata']) {
      const groups = [[api.users.admin], [api.users.editor]]
      const id = await newSchedule(
        [
          { ...weekly, start: '2026-01-05T09:30:00', rolling_users: groups },
          { ...hourly, start: '2026-03-20T00:00:00', rolling_users: groups },
          { type: 'override', start: '2026-03-29T01:30:00', duration: 5400, users: [api.users.editor] },
        ],
        { time_zone: zone },
      )
      const { body } = await api.call('GET', `/api/v1/schedules/${id}/final_shifts/?start_date=2026-03-17&end_date=2026-09-29`)
      const shown = (await entriesOf(await exportUrl(`schedules/${id}`))).map(
        ({ summary, window }) => `${summary} ${clipped(window)}`,
      )
      const expected = body.results.map(
        (row: any) => `${row.user_username} ${new Date(row.shift_start).toISOString()} ${new Date(row.shift_end).toISOString()}`,
      )
      expect(expected.length).toBeGreaterThan(60)
      expect(shown.toSorted()).toEqual(expected.toSorted())
    }
  })

  test('names its entries alike in every call, whatever becomes of other shifts and with the days', async () => {
    const daily = { type: 'recurrent_event', frequency: 'daily', interval: 1, duration: 28_800, users: [api.users.admin] }
    const id = await newSchedule([{ ...daily, start: '2026-01-01T08:00:00' }])
    const url = await exportUrl(`schedules/${id}`)
    const before = await entriesOf(url)
    expect(before).toHaveLength(196)
    await api.call('POST', '/api/v1/on_call_shifts/', { ...single('2026-04-03T20:00:00', 2, [api.users.editor]), schedule: id })
    await api.call('PATCH', `/api/v1/schedules/${id}/`, { name: 'Renamed' })
    const after = await entriesOf(url)
    expect(after.filter(({ summary }) => summary === 'ada')).toEqual(before)
    now = at('2026-04-03T00:00:00Z')
    const later = await entriesOf(url)
    now = testClock.now()
    expect(later.filter(({ summary }) => summary === 'ada').slice(0, -2)).toEqual(before.slice(2))
  })

  test('reads hostile names back as they are', async () => {
    const username = `[L9] ${'🔔'.repeat(60)}\nEND:VCALENDAR, "x"; \\n`
    const id = await newUser({ username, email: 'bell@example.com', role: 'editor' })
    const name = `a\nEND:VEVENT\r\n${'ü,;\\'.repeat(40)}`
    const schedule = await newSchedule([single('2026-04-02T08:00:00', 8, [id])], { name })
    const [entry, ...others] = await entriesOf(await exportUrl(`schedules/${schedule}`))
    expect(entry).toMatchObject({ summary: `[L0] ${username}`, description: 'bell@example.com' })
    expect(others).toEqual([])
  })

  test('is empty where there is nobody', async () => {
    expect(await entriesOf(await exportUrl(`schedules/${await newSchedule([])}`))).toEqual([])
  })
})

describe('the calendar of a user', () => {
  test('has the shifts in all schedules and nobody else’s, in order, with the names of the schedules', async () => {
    const id = await newUser({ username: 'grace', email: 'grace@example.com', role: 'editor' })
    await newSchedule([single('2026-04-05T08:00:00', 4, [id, api.users.editor])], { name: 'Second' })
    for (let number = 0; number < 100; number += 1) await newSchedule([], { name: 'Of nobody' })
    await newSchedule([single('2026-04-02T08:00:00', 4, [id])], { name: 'First' })
    const entries = await entriesOf(await exportUrl(`users/${id}`))
    expect(entries.map(({ uid: _uid, ...entry }) => entry)).toEqual([
      {
        ...{ summary: 'First: grace', description: 'grace@example.com' },
        window: '2026-04-02T08:00:00.000Z 2026-04-02T12:00:00.000Z',
      },
      {
        ...{ summary: 'Second: grace', description: 'grace@example.com' },
        window: '2026-04-05T08:00:00.000Z 2026-04-05T12:00:00.000Z',
      },
    ])
  })
})

describe('an answer', () => {
  let url: string

  beforeAll(async () => {
    url = await exportUrl(`schedules/${await newSchedule([single('2026-04-02T08:00:00', 8, [api.users.admin])])}`)
  })

  test('is a calendar that may be kept for five minutes, by whoever asked', async () => {
    const { headers, body } = await fetched(url)
    expect(headers).toMatchObject({
      ...{ 'content-type': 'text/calendar; charset=utf-8', 'cache-control': 'private, max-age=300' },
      ...{ 'content-disposition': 'inline; filename="on-call.ics"', etag: expect.stringMatching(/^W\/"[\w-]{43}"$/) },
    })
    expect(body).toMatch(/^BEGIN:VCALENDAR\r\n/)
  })

  test('is 304 while nothing has changed, however the tag is sent', async () => {
    const tag = String((await fetched(url)).headers['etag'])
    now = at('2026-04-01T15:00:00Z')
    for (const sent of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
      const { statusCode, headers, body } = await fetched(url, { 'if-none-match': sent })
      expect({ sent, statusCode, body, etag: headers['etag'] }).toEqual({ sent, statusCode: 304, body: '', etag: tag })
    }
    now = testClock.now()
    expect((await fetched(url, { 'if-none-match': '"other"' })).statusCode).toBe(200)
  })

  test('has another tag after a change', async () => {
    const id = await newSchedule([])
    const own = await exportUrl(`schedules/${id}`)
    const tag = String((await fetched(own)).headers['etag'])
    await api.call('POST', '/api/v1/on_call_shifts/', { ...single('2026-04-02T08:00:00', 8, [api.users.admin]), schedule: id })
    expect((await fetched(own, { 'if-none-match': tag })).statusCode).toBe(200)
  })

  test('to HEAD is the same without the body, and a slash before the query changes nothing', async () => {
    const { pathname, search } = new URL(url)
    const head = await server.app.inject({ method: 'HEAD', url: pathname + search })
    expect(head).toMatchObject({ statusCode: 200, body: '' })
    expect(head.headers['etag']).toBe((await fetched(url)).headers['etag'])
    expect((await server.app.inject({ url: `${pathname}/${search}` })).statusCode).toBe(200)
  })

  test('is refused for a while when making it has taken long again and again', async () => {
    const own = await exportUrl(`schedules/${await newSchedule([])}`)
    let passed = 0
    // Each look at the clock is two seconds after the one before.
    monotonic = () => ms((passed += 2000))
    let [answer, madeCount] = [await fetched(own), 0]
    for (; answer.statusCode === 200 && madeCount < 20; madeCount += 1) answer = await fetched(own)
    monotonic = testClock.monotonic
    expect(madeCount).toBeGreaterThan(3)
    const retryAfter = String(answer.headers['retry-after'])
    expect(retryAfter).toMatch(/^\d+$/)
    expect(answer).toMatchObject({
      ...{ statusCode: 429, body: `{"detail":"Request was throttled. Expected available in ${retryAfter} seconds."}` },
    })
  })

  test('goes to whoever takes calendars', async () => {
    expect((await fetched(url, { accept: 'text/calendar' })).statusCode).toBe(200)
    expect((await fetched(url, { accept: 'application/json' })).statusCode).toBe(406)
  })
})

describe('an export token', () => {
  test('is shown once, one at a time for each person and schedule, and can be made anew when it is revoked', async () => {
    const id = await newSchedule([])
    const path = `/api/v1/schedules/${id}/export_token/`
    expect((await api.call('GET', path)).status).toBe(404)
    const made = await api.call('POST', path)
    expect(made).toMatchObject({
      status: 201,
      body: { token: expect.stringMatching(/^[0-9a-f]{32}$/), created_at: '2026-04-01T12:00:00Z' },
    })
    expect(made.body.export_url).toBe(`https://bell.example/api/v1/schedules/${id}/export?token=${made.body.token}`)
    expect(await api.call('POST', path)).toMatchObject({
      ...{ status: 409, body: { detail: 'Schedule export token for user already exists' } },
    })
    expect(await api.call('GET', path)).toMatchObject({
      ...{ status: 200, body: { created_at: '2026-04-01T12:00:00Z', revoked_at: null, active: true } },
    })
    expect((await api.callAs('editor', 'GET', path)).status).toBe(404)
    expect((await api.callAs('editor', 'POST', path)).status).toBe(201)
    expect((await api.call('DELETE', path)).status).toBe(204)
    expect((await api.call('DELETE', path)).status).toBe(404)
    expect((await api.call('POST', path)).status).toBe(201)
    const { organizationId } = api.system
    const kept = await server.db.sql
      .selectFrom('export_tokens')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .execute()
    expect(JSON.stringify(kept)).not.toContain(made.body.token)
  })

  test('opens its own calendar alone, and says why it opens nothing', async () => {
    const [first, second] = [await newSchedule([]), await newSchedule([])]
    const scheduleToken = new URL(await exportUrl(`schedules/${first}`)).searchParams.get('token') ?? ''
    const person = await newUser({ username: 'joan', email: 'joan@example.com', role: 'editor' })
    const userToken = new URL(await exportUrl(`users/${person}`)).searchParams.get('token') ?? ''
    const cases: readonly [string, string][] = [
      [`schedules/${first}/export`, 'Invalid token.'],
      [`schedules/${first}/export?token=`, 'Invalid token.'],
      [`schedules/${first}/export?token=${'0'.repeat(32)}`, 'Invalid token.'],
      [`schedules/${first}/export?token=${scheduleToken.toUpperCase()}X`, 'Invalid token.'],
      [`schedules/${first}/export?token=${userToken}`, 'Invalid token.'],
      [`schedules/${second}/export?token=${scheduleToken}`, 'Invalid schedule export token for schedule'],
      [`schedules/S%00/export?token=${scheduleToken}`, 'Invalid schedule export token for schedule'],
      [`users/${person}/schedule_export?token=${scheduleToken}`, 'Invalid token.'],
      [`users/${api.users.admin}/schedule_export?token=${userToken}`, 'Invalid schedule export token for user'],
    ]
    for (const [path, detail] of cases) {
      const { statusCode, body, headers } = await server.app.inject({ url: `/api/v1/${path}`, headers: api.headersOf('admin') })
      expect({ path, statusCode, body }).toEqual({ path, statusCode: 403, body: JSON.stringify({ detail }) })
      expect(headers['cache-control']).toBe('no-store')
    }
  })

  test('is refused as deactivated from the moment it is revoked', async () => {
    const id = await newSchedule([])
    const url = await exportUrl(`schedules/${id}`)
    await api.call('DELETE', `/api/v1/schedules/${id}/export_token/`)
    expect(await fetched(url)).toMatchObject({ statusCode: 403, body: '{"detail":"Export token is deactivated"}' })
  })

  test('opens nothing while its owner may not read schedules, and never again when the owner has left', async () => {
    const person = await newUser({ username: 'kay', email: 'kay@example.com', role: 'editor' })
    const url = await exportUrl(`users/${person}`)
    const refused = { statusCode: 403, body: '{"detail":"Export token is deactivated"}' }
    const change = (role: 'none' | 'viewer') =>
      server.db.tx('test', (tx) => updateUser(tx, api.system, { id: person, change: { role } }))
    await change('none')
    expect(await fetched(url)).toMatchObject(refused)
    await change('viewer')
    expect((await fetched(url)).statusCode).toBe(200)
    await server.db.tx('test', (tx) => deactivateUser(tx, api.system, person))
    expect(await fetched(url)).toMatchObject(refused)
  })

  test('opens nothing when its schedule is gone', async () => {
    const id = await newSchedule([])
    const url = await exportUrl(`schedules/${id}`)
    await api.call('DELETE', `/api/v1/schedules/${id}/`)
    expect(await fetched(url)).toMatchObject({ statusCode: 403, body: '{"detail":"Invalid token."}' })
  })

  test('of a user is made by the user or an admin', async () => {
    const path = `/api/v1/users/${asId<UserId>(api.users.viewer)}/export_token/`
    expect((await api.callAs('editor', 'POST', path)).status).toBe(403)
    expect((await api.callAs('stranger', 'POST', path)).status).toBe(404)
    expect((await api.call('POST', path)).status).toBe(201)
    expect((await api.callAs('viewer', 'DELETE', path)).status).toBe(204)
  })

  test('is in no line of the log', async () => {
    const url = await exportUrl(`schedules/${await newSchedule([])}`)
    const token = new URL(url).searchParams.get('token') ?? ''
    await fetched(url)
    await fetched(url.replace('/export?', '/nothing?'))
    expect(JSON.stringify(server.lines)).toContain('export?token=***')
    expect(JSON.stringify(server.lines)).not.toContain(token)
  })
})

/** To the window of the calendar, as final shifts are. */
const clipped = (window: string): string => {
  const [start = '', end = ''] = window.split(' ')
  return [start < '2026-03-17' ? '2026-03-17T00:00:00.000Z' : start, end > '2026-09-29' ? '2026-09-29T00:00:00.000Z' : end].join(
    ' ',
  )
}
