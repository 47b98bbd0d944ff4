import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../../../test/support/api.ts'
import { type Calendars, testCalendars } from '../../../test/support/calendars.ts'
import { deactivateUser, updateUser } from '../../accounts/commands.ts'

let calendars: Calendars
let api: Api

beforeAll(async () => {
  calendars = await testCalendars()
  api = calendars.api
})

afterAll(() => calendars.server.close())

describe('an export token', () => {
  test('is shown once, one at a time for each person and schedule, and can be made anew when it is revoked', async () => {
    const id = await calendars.newSchedule([])
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
    const kept = await calendars.server.db.sql
      .selectFrom('export_tokens')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .execute()
    expect(JSON.stringify(kept)).not.toContain(made.body.token)
  })

  test('opens its own calendar alone, and says why it opens nothing', async () => {
    const [first, second] = [await calendars.newSchedule([]), await calendars.newSchedule([])]
    const scheduleToken = new URL(await calendars.exportUrl(`schedules/${first}`)).searchParams.get('token') ?? ''
    const person = await calendars.newUser('joan')
    const userToken = new URL(await calendars.exportUrl(`users/${person}`)).searchParams.get('token') ?? ''
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
      const { statusCode, body, headers } = await calendars.server.app.inject({
        url: `/api/v1/${path}`,
        headers: api.headersOf('admin'),
      })
      expect({ path, statusCode, body }).toEqual({ path, statusCode: 403, body: JSON.stringify({ detail }) })
      expect(headers['cache-control']).toBe('no-store')
    }
  })

  test('is refused as deactivated from the moment it is revoked', async () => {
    const id = await calendars.newSchedule([])
    const url = await calendars.exportUrl(`schedules/${id}`)
    await api.call('DELETE', `/api/v1/schedules/${id}/export_token/`)
    expect(await calendars.fetched(url)).toMatchObject({ statusCode: 403, body: '{"detail":"Export token is deactivated"}' })
  })

  test('opens nothing while its owner may not read schedules, and never again when the owner has left', async () => {
    const person = await calendars.newUser('kay')
    const url = await calendars.exportUrl(`users/${person}`)
    const refused = { statusCode: 403, body: '{"detail":"Export token is deactivated"}' }
    const change = (role: 'none' | 'viewer') =>
      calendars.server.db.tx('test', (tx) => updateUser(tx, api.system, { id: person, change: { role } }))
    await change('none')
    expect(await calendars.fetched(url)).toMatchObject(refused)
    await change('viewer')
    expect((await calendars.fetched(url)).statusCode).toBe(200)
    await calendars.server.db.tx('test', (tx) => deactivateUser(tx, api.system, person))
    expect(await calendars.fetched(url)).toMatchObject(refused)
  })

  test('opens nothing when its schedule is gone', async () => {
    const id = await calendars.newSchedule([])
    const url = await calendars.exportUrl(`schedules/${id}`)
    await api.call('DELETE', `/api/v1/schedules/${id}/`)
    expect(await calendars.fetched(url)).toMatchObject({ statusCode: 403, body: '{"detail":"Invalid token."}' })
  })

  test('of a user is made by the user or an admin', async () => {
    const path = `/api/v1/users/${api.users.viewer}/export_token/`
    expect((await api.callAs('editor', 'POST', path)).status).toBe(403)
    expect((await api.callAs('stranger', 'POST', path)).status).toBe(404)
    expect((await api.call('POST', path)).status).toBe(201)
    expect((await api.callAs('viewer', 'DELETE', path)).status).toBe(204)
  })

  test('is in no line of the log', async () => {
    const url = await calendars.exportUrl(`schedules/${await calendars.newSchedule([])}`)
    const token = new URL(url).searchParams.get('token') ?? ''
    await calendars.fetched(url)
    await calendars.fetched(url.replace('/export?', '/nothing?'))
    expect(JSON.stringify(calendars.server.lines)).toContain('export?token=***')
    expect(JSON.stringify(calendars.server.lines)).not.toContain(token)
  })
})

test('the calendar of the own shifts is asked for as current too', async () => {
  const made = await api.callAs('editor', 'POST', '/api/v1/users/current/export_token/')
  expect(made).toMatchObject({
    status: 201,
    body: { export_url: expect.stringContaining(`/users/${api.users.editor}/schedule_export?`) },
  })
  expect((await api.call('DELETE', `/api/v1/users/${api.users.editor}/export_token/`)).status).toBe(204)
  expect((await api.callAs('editor', 'GET', '/api/v1/users/current/export_token/')).status).toBe(404)
})
