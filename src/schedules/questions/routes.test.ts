import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { noWayOut, testClock, testNow, testServer, type TestServer } from '../../../test/support/server.ts'
import { asId, type ShiftId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import { whoIsOnCallIn } from './commands.ts'
import { scheduleRoutes } from '../routes.ts'
import { updateShift } from '../shifts/commands.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC.

let server: TestServer
let api: Api

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
})

afterAll(() => server.close())

/** A web schedule in Berlin with shifts of single stretches, `[user, start, end, level]`, in UTC. */
async function newSchedule(...shifts: [string, string, string, number?][]) {
  const made: { id: string }[] = []
  for (const [user, start, end, level = 0] of shifts) {
    const duration = (Date.parse(`${end}Z`) - Date.parse(`${start}Z`)) / 1000
    const body = { type: 'single_event', name: `${start} ${level}`, time_zone: 'UTC', start, duration, level, users: [user] }
    made.push((await api.call('POST', '/api/v1/on_call_shifts/', body)).body)
  }
  const ids = made.map(({ id }) => id)
  const schedule = { type: 'web', name: 'Primary', time_zone: 'Europe/Berlin', shifts: ids }
  const { id } = (await api.call('POST', '/api/v1/schedules/', schedule)).body
  return { id, ids, ask: (question: string) => api.call('GET', `/api/v1/schedules/${id}/${question}`) }
}

const ada = () => ({ id: api.users.admin, username: 'ada', name: null, email: 'ada@example.com' })
const editor = () => ({ id: api.users.editor, username: 'editor', name: null, email: 'editor@example.com' })

describe('who is on call at an instant', () => {
  test('is told with the layer that it comes from and with the next change', async () => {
    const { id, ids, ask } = await newSchedule(
      [api.users.admin, '2026-04-01T08:00:00', '2026-04-01T16:00:00'],
      [api.users.editor, '2026-04-01T16:00:00', '2026-04-02T00:00:00', 2],
    )
    expect((await ask('on_call/')).body).toEqual({
      at: '2026-04-01T12:00:00Z',
      schedule: { id, name: 'Primary' },
      users: [
        {
          user: ada(),
          cover: {
            kind: 'layer',
            id: ids[0],
            name: '2026-04-01T08:00:00 0',
            level: 0,
            start: '2026-04-01T08:00:00Z',
            end: '2026-04-01T16:00:00Z',
          },
          instead_of: null,
        },
      ],
      next: { at: '2026-04-01T16:00:00Z', users: [editor()] },
    })
  })

  test.each([
    ['2026-04-01T15:59:59Z', 'ada'],
    ['2026-04-01T16:00', 'editor'],
    ['2026-04-01T17:59:59%2B02:00', 'ada'],
    ['2026-04-01T18:00:00+02:00', 'editor'],
    ['2026-04-01T12:00:00-04:00', 'editor'],
    ['2026-04-01', ''],
    ['0001-01-01', ''],
    ['9999-12-31T23:59:59Z', ''],
  ])('is asked with ?at=%s', async (at, expected) => {
    const { ask } = await newSchedule(
      [api.users.admin, '2026-04-01T08:00:00', '2026-04-01T16:00:00'],
      [api.users.editor, '2026-04-01T16:00:00', '2026-04-02T00:00:00'],
    )
    const { body } = await ask(`on_call/?at=${at}`)
    expect(body.users.map(({ user }: { user: { username: string } }) => user.username).join()).toBe(expected)
  })

  test('in the past is what was configured then, and the next change too', async () => {
    const { ids, ask } = await newSchedule([api.users.admin, '2026-04-01T08:00:00', '2026-04-01T20:00:00'])
    await server.db.tx('test', (tx) =>
      updateShift({ ...tx, now: instant(Date.parse('2026-04-01T14:00:00Z')) }, api.system, {
        id: asId<ShiftId>(ids[0] ?? ''),
        body: { users: [api.users.editor] },
      }),
    )
    const { body } = await ask('on_call/?at=2026-04-01T09:00')
    expect(body.users[0]).toMatchObject({ user: ada(), cover: { end: '2026-04-01T14:00:00Z' } })
    expect(body.next).toEqual({ at: '2026-04-01T14:00:00Z', users: [editor()] })
  })

  test('an override has no level, and nobody next is a change', async () => {
    const { id, ask } = await newSchedule()
    const body = { type: 'override', schedule: id, start: '2026-04-01T16:00:00', duration: 7200, users: [api.users.editor] }
    await api.call('POST', '/api/v1/on_call_shifts/', body)
    const answer = (await ask('on_call/?at=2026-04-01T15:00:00Z')).body
    expect(answer.users).toMatchObject([{ cover: { kind: 'override', name: null, level: null } }])
    expect(answer.next).toEqual({ at: '2026-04-01T16:00:00Z', users: [] })
  })

  test('by an override of one person says whom it replaces', async () => {
    const { id, ask } = await newSchedule([api.users.admin, '2026-04-01T08:00:00', '2026-04-01T16:00:00'])
    const stretch = { start: '2026-04-01T12:00:00Z', end: '2026-04-01T13:00:00Z' }
    const override = { kind: 'replace_user', name: 'Dentist', replaced: api.users.admin, user: api.users.editor, ...stretch }
    const { body } = await api.call('POST', `/api/v1/schedules/${id}/overrides/`, override)
    expect((await ask('on_call/')).body.users).toEqual([
      {
        user: editor(),
        cover: { kind: 'override', id: body.id, name: 'Dentist', level: null, ...stretch },
        instead_of: ada(),
      },
    ])
    expect((await ask('explain/')).body.users[0]).toMatchObject({ otherwise: [ada()] })
  })

  test('by a swap says so, from when to when, and a swap that nobody has taken puts nobody on call', async () => {
    const { id, ids, ask } = await newSchedule([api.users.admin, '2026-04-01T08:00:00', '2026-04-01T20:00:00'])
    const swap = {
      schedule: id,
      swap_start: '2026-04-01T14:00:00Z',
      swap_end: '2026-04-01T16:00:00Z',
      beneficiary: api.users.admin,
    }
    const { body: made } = await api.call('POST', '/api/v1/shift_swaps/', swap)
    const at = 'on_call/?at=2026-04-01T15:00:00Z'
    const stretch = { start: '2026-04-01T14:00:00Z', end: '2026-04-01T16:00:00Z' }
    const open = (await ask(at)).body.users
    expect(open).toMatchObject([{ user: ada(), cover: { kind: 'layer', id: ids[0], ...stretch }, instead_of: null }])
    await api.call('POST', `/api/v1/shift_swaps/${made.id}/take/`, { benefactor: api.users.editor })
    expect((await ask(at)).body.users).toEqual([
      {
        user: editor(),
        cover: { kind: 'swap', id: made.id, name: '2026-04-01T08:00:00 0', level: 0, ...stretch },
        instead_of: ada(),
      },
    ])
    expect((await ask('on_call/')).body.next).toEqual({ at: '2026-04-01T14:00:00Z', users: [editor()] })
    expect((await ask('explain/?at=2026-04-01T15:00:00Z')).body.text[1]).toBe(
      'editor is on call by a swap, instead of ada, from 2026-04-01 16:00 to 2026-04-01 18:00. Without it ada would be on call.',
    )
  })

  test('without anybody ever is empty, and so is what comes next', async () => {
    const { ask } = await newSchedule()
    expect((await ask('on_call/')).body).toMatchObject({ users: [], next: null })
  })

  test('at something else than an instant is refused', async () => {
    const { ask } = await newSchedule()
    const words =
      'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss][+HH:MM|-HH:MM|Z], YYYY-MM-DD.'
    const faults = ['now', '', '2026-02-30', '2026-04-01T25:00', '2026-04-01T10:00:00.5Z', '2026-04-01T10:00+2']
    for (const at of faults) {
      expect({ at, ...(await ask(`on_call/?at=${at}`)) }).toMatchObject({ at, status: 400, body: { at: [words] } })
    }
  })

  test('of a schedule that is not there is not found', async () => {
    const { id } = await newSchedule()
    for (const question of ['on_call/', 'gaps/']) {
      expect((await api.call('GET', `/api/v1/schedules/SNONE/${question}`)).status).toBe(404)
      expect((await api.callAs('stranger', 'GET', `/api/v1/schedules/${id}/${question}`)).status).toBe(404)
      expect((await api.callAs('none', 'GET', `/api/v1/schedules/${id}/${question}`)).status).toBe(403)
      expect((await api.callAs('viewer', 'GET', `/api/v1/schedules/${id}/${question}`)).status).toBe(200)
    }
  })
})

test('who is on call everywhere is a list of the schedules, page by page', async () => {
  const first = await newSchedule([api.users.editor, '2026-04-01T08:00:00', '2026-04-01T16:00:00'])
  const { body } = await api.call('GET', '/api/v1/on_call/?perpage=100')
  const all = (await api.call('GET', '/api/v1/schedules/?perpage=100')).body
  expect(body.results.map(({ schedule }: { schedule: { id: string } }) => schedule.id)).toEqual(
    all.results.map(({ id }: { id: string }) => id),
  )
  const rowOf = (id: string, { results }: any) => results.find(({ schedule }: { schedule: { id: string } }) => schedule.id === id)
  expect(rowOf(first.id, body)).toMatchObject({ users: [{ user: editor() }] })
  const later = (await api.call('GET', '/api/v1/on_call/?perpage=100&at=2026-04-01T16:00:00Z')).body
  expect(rowOf(first.id, later)).toEqual({ schedule: { id: first.id, name: 'Primary' }, users: [] })
  expect((await api.call('GET', '/api/v1/on_call/?at=soon')).status).toBe(400)
  expect((await api.call('GET', '/api/v1/on_call/?name=none')).body.results).toEqual([])
  expect((await api.callAs('stranger', 'GET', '/api/v1/on_call/')).body.results).toEqual([])
})

test('a question takes as many statements for many layers and overrides as for one', async () => {
  const statementsFor = async (count: number): Promise<number> => {
    const { id } = await newSchedule()
    for (let number = 0; number < count; number += 1) {
      const layer = { start: '2026-01-01T00:00:00', turn: { unit: 'days' }, groups: [[api.users.admin], [api.users.editor]] }
      await api.call('POST', `/api/v1/schedules/${id}/layers/`, { ...layer, level: number })
      const stretch = { start: '2026-04-01T13:00:00Z', end: '2026-04-01T14:00:00Z' }
      await api.call('POST', `/api/v1/schedules/${id}/overrides/`, { kind: 'add', user: api.users.editor, ...stretch })
    }
    let statementCount = 0
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        statementCount += 1
        return node
      },
      transformResult: ({ result }) => Promise.resolve(result),
    }
    const found = await whoIsOnCallIn(server.db.sql.withPlugin(counting), api.system, { id, at: testNow })
    expect(found.next?.at).toBe(testNow + 3_600_000)
    return statementCount
  }
  expect([await statementsFor(1), await statementsFor(12)]).toEqual([3, 3])
})

test('an edit counts at once, also in the second in which it is made', async () => {
  const clock = { ...testClock, now: () => instant(testNow + 400) }
  const running = await testServer((app, db) => scheduleRoutes(app, { db, clock, ...noWayOut }), undefined, clock)
  onTestFinished(() => running.close())
  const { call, users } = await testApi(running)
  const { id } = (await call('POST', '/api/v1/schedules/', { type: 'web', name: 'Primary', time_zone: 'UTC' })).body
  const day = { start: '2026-04-01T00:00:00Z', end: '2026-04-02T00:00:00Z' }
  await call('POST', `/api/v1/schedules/${id}/overrides/`, { kind: 'add', user: users.editor, ...day })
  const answer = { at: '2026-04-01T12:00:00Z', users: [{ user: { id: users.editor } }] }
  expect((await call('GET', `/api/v1/schedules/${id}/on_call/`)).body).toMatchObject(answer)
  expect((await call('GET', `/api/v1/schedules/${id}/explain/`)).body).toMatchObject(answer)
  expect((await call('GET', '/api/v1/on_call/')).body.results).toMatchObject([{ users: answer.users }])
})

describe('gaps', () => {
  test('are told with their length, and with who is on call around them', async () => {
    const { ask } = await newSchedule(
      [api.users.admin, '2026-04-01T08:00:00', '2026-04-01T16:00:00'],
      [api.users.editor, '2026-04-01T10:00:00', '2026-04-01T16:00:00'],
      [api.users.editor, '2026-04-01T17:30:00', '2026-04-02T00:00:00'],
    )
    expect((await ask('gaps/?start_date=2026-04-01&end_date=2026-04-02')).body).toEqual({
      count: 2,
      results: [
        { start: '2026-04-01T00:00:00Z', end: '2026-04-01T08:00:00Z', duration: 28_800, before: [], after: [ada()] },
        {
          start: '2026-04-01T16:00:00Z',
          end: '2026-04-01T17:30:00Z',
          duration: 5400,
          before: [ada(), editor()],
          after: [editor()],
        },
      ],
    })
  })

  test('that begin or end with the window know who is on call right there', async () => {
    const { ask } = await newSchedule(
      [api.users.admin, '2026-04-01T08:00:00', '2026-04-01T16:00:00'],
      [api.users.editor, '2026-04-02T00:00:00', '2026-04-02T01:00:00'],
    )
    expect((await ask('gaps/?start_date=2026-04-01T16:00&end_date=2026-04-02')).body.results).toMatchObject([
      { duration: 28_800, before: [ada()], after: [editor()] },
    ])
    expect((await ask('gaps/?start_date=2026-04-01T17:00&end_date=2026-04-01T18:00')).body.results).toMatchObject([
      { start: '2026-04-01T17:00:00Z', duration: 3600, before: [], after: [] },
    ])
  })

  test('are looked for from now on for 30 days when nothing else is said', async () => {
    const { ask } = await newSchedule([api.users.admin, '2026-04-01T08:00:00', '2026-04-01T16:00:00'])
    expect((await ask('gaps/')).body.results).toMatchObject([{ start: '2026-04-01T16:00:00Z', end: '2026-05-01T12:00:00Z' }])
  })

  test('are refused for a window that is turned round or too long, and for what is no day', async () => {
    const { ask } = await newSchedule()
    expect((await ask('gaps/?end_date=2026-03-01')).body).toEqual({
      non_field_errors: ['start_date must be less than or equal to end_date'],
    })
    expect((await ask('gaps/?start_date=2026-01-01&end_date=2027-01-02')).body).toEqual({
      non_field_errors: ['The difference between start_date and end_date must be less than one year (365 days)'],
    })
    expect((await ask('gaps/?start_date=yesterday')).body).toEqual({
      start_date: ['Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm, YYYY-MM-DD.'],
    })
    expect((await ask('gaps/?start_date=0001-01-01&end_date=0001-01-02')).body.count).toBe(1)
    expect((await ask('gaps/?start_date=9999-12-31')).status).toBe(200)
  })
})
