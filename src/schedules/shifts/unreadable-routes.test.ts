import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { noWayOut, testClock, testServer, type TestServer } from '../../../test/support/server.ts'
import { scheduleRoutes } from '../routes.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC.

let server: TestServer
let api: Api

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
})

afterAll(() => server.close())

const newShift = async (fields: object = {}) => {
  const shift = { type: 'single_event', start: '2026-04-01T08:00:00', duration: 28_800, users: [api.users.editor] }
  return (await api.call('POST', '/api/v1/on_call_shifts/', { ...shift, ...fields })).body
}

const newSchedule = async (fields: object = {}) =>
  (await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Primary', time_zone: 'UTC', ...fields })).body

/** As a newer version of the program beside this one may have stored it. */
const overwrite = (shiftId: string, field: string, value: string) =>
  sql`update shift_versions set definition = jsonb_set(definition, ${sql.lit(`{${field}}`)}, ${value}::text::jsonb)
    where shift_id = ${shiftId}`.execute(server.db.sql)

describe('on call', () => {
  test.each([
    ['type', '"every_second_moon"'],
    ['time_zone', '"Mars/Olympus"'],
    ['start', '"noon"'],
    ['duration', '"long"'],
    ['users', '{}'],
    ['source', '"oracle"'],
  ])('is nobody by a shift whose %s cannot be read, and everything else goes on', async (field, value) => {
    const broken = await newShift({ level: 5 })
    const sound = await newShift({ users: [api.users.admin] })
    const schedule = await newSchedule({ name: 'Half', shifts: [broken.id, sound.id] })
    await overwrite(broken.id, field, value)
    const shown = { on_call_now: [api.users.admin], shifts: [broken.id, sound.id], unreadable_shifts: [broken.id] }
    const one = `/api/v1/schedules/${schedule.id}/`
    expect((await api.call('GET', one)).body).toMatchObject(shown)
    expect((await api.call('GET', '/api/v1/schedules/?perpage=100')).body.results).toContainEqual(expect.objectContaining(shown))
    expect((await api.call('PUT', one, { name: 'Half' })).body).toMatchObject(shown)
    const window = 'start_date=2026-04-01&end_date=2026-04-02'
    expect((await api.call('GET', `${one}final_shifts/?${window}`)).body.count).toBe(1)
    const listed = (await api.call('GET', `/api/v1/on_call_shifts/?schedule_id=${schedule.id}`)).body
    expect(listed.results.map(({ id }: { id: string }) => id)).toEqual([sound.id])
    const shift = `/api/v1/on_call_shifts/${broken.id}/`
    const refusal = { detail: 'This version of Watchbell cannot read the shift, only remove it.' }
    expect(await api.call('GET', shift)).toMatchObject({ status: 400, body: refusal })
    expect(await api.call('PATCH', shift, { level: 1 })).toMatchObject({ status: 400, body: refusal })
    expect((await api.call('DELETE', shift)).status).toBe(204)
    expect((await api.call('GET', one)).body).not.toHaveProperty('unreadable_shifts')
  })

  test('is nobody in a schedule whose time zone is unknown here, but for shifts with a zone of their own', async () => {
    const floating = await newShift()
    const anchored = await newShift({ users: [api.users.admin], time_zone: 'UTC' })
    const { id } = await newSchedule({ shifts: [floating.id, anchored.id] })
    await server.db.sql
      .updateTable('schedule_versions')
      .set({ time_zone: 'Mars/Olympus' })
      .where('schedule_id', '=', id)
      .execute()
    const { body } = await api.call('GET', `/api/v1/schedules/${id}/`)
    expect(body).toMatchObject({ on_call_now: [api.users.admin], unreadable_shifts: [floating.id] })
  })
})
