import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../../test/support/api.ts'
import { noWayOut, testClock, testServer, type TestServer } from '../../../test/support/server.ts'
import { createUser, deactivateUser } from '../../accounts/commands.ts'
import { asId, type ScheduleId, type SwapId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import { whoIsOnCall } from '../on-call-commands.ts'
import { scheduleRoutes } from '../routes.ts'
import { deleteSwap, takeSwap, updateSwap } from './commands.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC. Each test has a schedule of its own: Ada by day, Eve by night, in UTC.

let server: TestServer
let api: Api
let ada: string
let eve: string
let scheduleId: ScheduleId

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
  ada = api.users.admin
  eve = api.users.editor
})

afterAll(() => server.close())

beforeEach(async () => {
  scheduleId = asId((await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Primary', time_zone: 'UTC' })).body.id)
  await api.call('POST', `/api/v1/schedules/${scheduleId}/layers/`, {
    ...{ start: '2026-03-01T08:00:00', turn: { unit: 'hours', length: 12 }, groups: [[ada], [eve]], level: 2 },
  })
})

const at = (text: string): Instant => instant(Date.parse(text))

const path = (id = '', rest = ''): string => `/api/v1/shift_swaps/${id === '' ? '' : `${id}/`}${rest}`

/** Ada's day of the second of April, and the evening before, which is not hers. */
const asked = (fields: object = {}) => ({
  schedule: scheduleId,
  swap_start: '2026-04-01T22:00:00Z',
  swap_end: '2026-04-02T14:00:00.000000Z',
  beneficiary: ada,
  ...fields,
})

async function newSwap(fields: object = {}): Promise<SwapId> {
  const made = await api.call('POST', path(), asked(fields))
  expect(made).toMatchObject({ status: 201 })
  return asId(made.body.id)
}

async function onCall(...times: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const time of times) {
    const { organizationId } = api.system
    const people = await whoIsOnCall(server.db.sql, organizationId, { scheduleIds: [scheduleId], at: at(time) })
    found.push((people.get(scheduleId) ?? []).map((id) => (id === ada ? 'Ada' : id === eve ? 'Eve' : id)).join('+'))
  }
  return found
}

/** The same organization, at another time. */
const later = <Value>(when: string, work: (tx: Tx) => Promise<Value>) =>
  server.db.tx('test', (tx) => work({ ...tx, now: at(when) }))

const detail = (text: string) => ({ status: 400, body: { detail: text } })
const whole = (text: string) => ({ status: 400, body: { non_field_errors: [text] } })

describe('a shift swap', () => {
  test('is shown with the keys of the contract, and the shifts that it is about', async () => {
    const made = await api.call('POST', path(), asked({ description: 'Dentist' }))
    expect(made.status).toBe(201)
    expect(made.body.id).toMatch(/^SSR[A-Z1-9]{12}$/)
    expect(Object.keys(made.body)).toEqual([
      ...['id', 'created_at', 'updated_at', 'status', 'schedule', 'swap_start', 'swap_end', 'description'],
      ...['beneficiary', 'benefactor', 'shifts'],
    ])
    expect(made.body).toMatchObject({
      created_at: '2026-04-01T12:00:00.000000Z',
      updated_at: '2026-04-01T12:00:00.000000Z',
      status: 'open',
      schedule: scheduleId,
      swap_start: '2026-04-01T22:00:00.000000Z',
      swap_end: '2026-04-02T14:00:00.000000Z',
      description: 'Dentist',
      beneficiary: ada,
      benefactor: null,
      shifts: [
        {
          start: '2026-04-02T08:00:00Z',
          end: '2026-04-02T14:00:00Z',
          users: [{ pk: ada, email: 'ada@example.com', avatar_full: '' }],
          priority_level: 2,
          is_override: false,
        },
      ],
    })
    expect((await api.call('GET', path(made.body.id))).body).toEqual(made.body)
    const { shifts: _shifts, ...listed } = made.body
    expect((await api.call('GET', `${path()}?schedule_id=${scheduleId}`)).body).toMatchObject({
      page_size: 50,
      results: [listed],
    })
  })

  test('shows people with their names on request', async () => {
    const id = await newSwap()
    await api.call('POST', path(id, 'take/'), { benefactor: eve })
    const { body } = await api.call('GET', `${path(id)}?expand_users=true`)
    expect(body.benefactor).toEqual({ display_name: 'editor', email: 'editor@example.com', pk: eve, avatar_full: '' })
    expect(body.beneficiary).toMatchObject({ pk: ada })
    const list = await api.call('GET', `${path()}?schedule_id=${scheduleId}&expand_users=true`)
    expect(list.body.results[0]).toMatchObject({ beneficiary: { pk: ada }, benefactor: { pk: eve } })
  })

  test('changes who is on call once it is taken, below overrides', async () => {
    const id = await newSwap()
    const times = ['2026-04-02T07:59:59Z', '2026-04-02T08:00:00Z', '2026-04-02T13:59:59Z', '2026-04-02T14:00:00Z']
    expect(await onCall(...times)).toEqual(['Eve', 'Ada', 'Ada', 'Ada'])
    const taken = await api.call('POST', path(id, 'take/'), { benefactor: eve })
    expect(taken).toMatchObject({ status: 200, body: { status: 'taken', benefactor: eve } })
    expect(taken.body.shifts).toMatchObject([{ start: '2026-04-02T08:00:00Z', users: [{ pk: eve }] }])
    expect(await onCall(...times)).toEqual(['Eve', 'Eve', 'Eve', 'Ada'])
    const question = `/api/v1/schedules/${scheduleId}/on_call/?at=2026-04-02T08:00:00Z`
    expect((await api.call('GET', question)).body.users).toMatchObject([{ cover: { kind: 'swap', id }, instead_of: { id: ada } }])
    const span = { start: '2026-04-02T10:00:00Z', end: '2026-04-02T11:00:00Z' }
    await api.call('POST', `/api/v1/schedules/${scheduleId}/overrides/`, { ...span, kind: 'replace_all', users: [ada] })
    expect(await onCall('2026-04-02T10:00:00Z')).toEqual(['Ada'])
  })

  test('ends what a shift reaches to, also when it is over', async () => {
    const id = await newSwap({ swap_end: '2026-04-02T10:00:00Z' })
    await api.call('POST', path(id, 'take/'), { benefactor: eve })
    for (const [time, kind, start, end] of [
      ['09:00:00', 'swap', '08:00:00', '10:00:00'],
      ['11:00:00', 'layer', '10:00:00', '20:00:00'],
    ]) {
      const question = `/api/v1/schedules/${scheduleId}/on_call/?at=2026-04-02T${time}Z`
      const reach = { start: `2026-04-02T${start}Z`, end: `2026-04-02T${end}Z` }
      expect((await api.call('GET', question)).body.users).toMatchObject([{ cover: { kind, ...reach } }])
    }
  })

  test('that nobody has taken leaves the person on call, and cuts the rows of final shifts', async () => {
    await newSwap()
    const window = 'start_date=2026-04-02T08:00&end_date=2026-04-02T20:00'
    const { body } = await api.call('GET', `/api/v1/schedules/${scheduleId}/final_shifts/?${window}`)
    expect(body.results.map((row: any) => [row.user_pk, row.shift_start, row.shift_end])).toEqual([
      [ada, '2026-04-02T08:00:00Z', '2026-04-02T14:00:00Z'],
      [ada, '2026-04-02T14:00:00Z', '2026-04-02T20:00:00Z'],
    ])
  })

  test('that nobody took in time is past due, is still found, and can be moved', async () => {
    const id = await newSwap()
    const { organizationId } = api.system
    const shown = async () =>
      (await api.call('GET', `${path()}?starting_after=2020-01-01T00:00:00Z&schedule_id=${scheduleId}`)).body
    await server.db.sql
      .updateTable('shift_swap_versions')
      .set({ starts_at: new Date('2026-04-01T11:00:00Z') })
      .where('organization_id', '=', organizationId)
      .where('swap_id', '=', id)
      .execute()
    expect((await shown()).results).toMatchObject([{ id, status: 'past_due' }])
    expect(await api.call('GET', path(id))).toMatchObject({ status: 200, body: { status: 'past_due' } })
    expect((await api.call('GET', `${path()}?schedule_id=${scheduleId}`)).body.count).toBe(0)
    const late = detail('The shift swap request is not in a state which allows it to be taken')
    expect(await api.call('POST', path(id, 'take/'), { benefactor: eve })).toMatchObject(late)
    const times = { swap_start: '2026-04-03T08:00:00+02:00', swap_end: '2026-04-03T10:00:00+02:00' }
    expect(await api.call('PATCH', path(id), times)).toMatchObject({
      status: 200,
      body: { status: 'open', swap_start: '2026-04-03T06:00:00.000000Z', swap_end: '2026-04-03T08:00:00.000000Z' },
    })
  })

  test('that is changed or removed leaves who was on call on record', async () => {
    const id = await newSwap()
    await later('2026-04-01T13:00:00Z', (tx) => takeSwap(tx, api.system, { id, body: { benefactor: eve } }))
    const body = { swap_start: '2026-04-02T11:00:00Z', swap_end: '2026-04-02T14:00:00Z' }
    await later('2026-04-02T10:00:00Z', (tx) => updateSwap(tx, api.system, { id, body }))
    await later('2026-04-02T12:00:00Z', (tx) => deleteSwap(tx, api.system, id))
    const hours = ['08', '09', '10', '11', '12']
    expect(await onCall(...hours.map((hour) => `2026-04-02T${hour}:00:00Z`))).toEqual(['Eve', 'Eve', 'Ada', 'Eve', 'Ada'])
    expect((await api.call('GET', path(id))).status).toBe(404)
    expect((await api.call('GET', `${path()}?schedule_id=${scheduleId}`)).body.count).toBe(0)
  })

  test('goes back to who asked when whoever took it has left', async () => {
    const person = { username: 'helper', email: 'helper@example.com', role: 'editor' } as const
    const helper = await server.db.tx('test', (tx) => createUser(tx, api.system, person))
    const id = await newSwap()
    await api.call('POST', path(id, 'take/'), { benefactor: helper.id })
    expect(await onCall('2026-04-02T08:00:00Z')).toEqual([helper.id])
    await server.db.tx('test', (tx) => deactivateUser(tx, api.system, helper.id))
    expect(await onCall('2026-04-02T08:00:00Z')).toEqual(['Ada'])
    expect((await api.call('GET', path(id))).body.shifts).toMatchObject([{ users: [{ pk: ada }] }])
  })

  test('without shifts of the person has none', async () => {
    const during = { swap_start: '2026-04-01T21:00:00Z', swap_end: '2026-04-02T07:00:00Z' }
    expect((await api.call('POST', path(), asked(during))).body.shifts).toEqual([])
  })
})

describe('shift swaps are listed', () => {
  test('in the order in which they begin, by schedule, people, start and state', async () => {
    const second = await newSwap({ swap_start: '2026-04-05T08:00:00Z', swap_end: '2026-04-05T20:00:00Z' })
    const first = await newSwap()
    const third = await newSwap({ swap_start: '2026-04-06T20:00:00Z', swap_end: '2026-04-07T08:00:00Z', beneficiary: eve })
    await api.call('POST', path(second, 'take/'), { benefactor: eve })
    const listed = async (query: string) => {
      const { body } = await api.call('GET', `${path()}?schedule_id=${scheduleId}&${query}`)
      return body.results.map(({ id }: { id: string }) => id)
    }
    expect(await listed('')).toEqual([first, second, third])
    expect(await listed('open_only=true')).toEqual([first, third])
    expect(await listed('open_only=false')).toHaveLength(3)
    expect(await listed(`beneficiary=${ada}`)).toEqual([first, second])
    expect(await listed(`benefactor=${eve}`)).toEqual([second])
    expect(await listed('starting_after=2026-04-05T08:00:00Z')).toEqual([second, third])
    expect(await listed('starting_after=2026-04-05T10:00:01+02:00')).toEqual([third])
    expect(await listed('starting_after=')).toHaveLength(3)
    expect((await api.call('GET', `${path()}?schedule_id=SNONE`)).body.count).toBe(0)
    expect(await api.call('GET', `${path()}?starting_after=2026-04-05T08:00:00`)).toMatchObject({
      status: 400,
      body: { starting_after: [expect.stringContaining('Datetime has wrong format.')] },
    })
  })

  test('for their own organization alone, and without those of deleted schedules', async () => {
    const id = await newSwap()
    expect((await api.callAs('stranger', 'GET', path())).body.count).toBe(0)
    for (const [method, rest, body] of [
      ['GET', ''],
      ['PUT', '', {}],
      ['DELETE', ''],
      ['POST', 'take/', { benefactor: eve }],
    ] as const) {
      expect((await api.callAs('stranger', method, path(id, rest), body)).status).toBe(404)
    }
    expect((await api.callAs('viewer', 'GET', path(id))).status).toBe(200)
    expect((await api.callAs('viewer', 'POST', path(id, 'take/'), { benefactor: eve })).status).toBe(403)
    await api.call('DELETE', `/api/v1/schedules/${scheduleId}/`)
    expect((await api.call('GET', path(id))).status).toBe(404)
    expect((await api.call('GET', `${path()}?schedule_id=${scheduleId}`)).body.count).toBe(0)
  })
})

describe('a request about a shift swap is refused', () => {
  test.each<[string, object, object]>([
    ['without a beneficiary', { beneficiary: undefined }, detail('beneficiary user ID is required')],
    ['with a beneficiary of null', { beneficiary: null }, detail('beneficiary user ID is required')],
    ['with a beneficiary who is unknown', { beneficiary: 'UNOBODY' }, detail('Invalid beneficiary user ID')],
    ['with a beneficiary who is no text', { beneficiary: 7 }, detail('Invalid beneficiary user ID')],
    ['with an unknown schedule', { schedule: 'SNONE' }, { status: 400, body: { schedule: ['Object does not exist'] } }],
    ['in the past', { swap_start: '2026-04-01T12:00:00Z' }, whole('swap_start must be a datetime in the future')],
    ['that ends when it begins', { swap_end: '2026-04-01T22:00:00Z' }, whole('swap_end must occur after swap_start')],
    [
      'without a time zone',
      { swap_start: '2026-04-01T22:00:00', swap_end: undefined },
      { status: 400, body: { swap_start: [expect.stringContaining('Datetime')], swap_end: ['This field is required.'] } },
    ],
  ])('%s', async (_what, fields, wanted) => {
    expect(await api.call('POST', path(), asked(fields))).toMatchObject(wanted)
  })

  test('when its schedule has 20,000 swaps already', async () => {
    const { organizationId } = api.system
    await sql`insert into shift_swaps (organization_id, id, beneficiary_id, created_at)
      select ${organizationId}, ${scheduleId} || n, ${ada}, now() from generate_series(1, 20001) n`.execute(server.db.sql)
    await sql`insert into shift_swap_versions (organization_id, swap_id, valid_from, schedule_id, starts_at, ends_at)
      select ${organizationId}, ${scheduleId} || n, '2026-03-01', ${scheduleId}, '2026-03-02',
        case when n < 3 then timestamptz '2026-03-03' else '2026-04-01T22:00Z' end
      from generate_series(1, 20001) n`.execute(server.db.sql)
    // As the database does by itself within a minute: until then it reads by a plan that it made for small tables.
    await sql`analyze shift_swaps, shift_swap_versions`.execute(server.db.sql)
    await newSwap()
    const wanted = detail('A schedule has at most 20000 swaps that are not over.')
    expect(await api.call('POST', path(), asked())).toMatchObject(wanted)
  })

  test('that changes one of its times alone', async () => {
    const wanted = 'when doing a partial update on time related fields, both start and end times must be specified'
    const id = await newSwap()
    for (const method of ['PUT', 'PATCH'] as const) {
      expect(await api.call(method, path(id), { swap_start: '2026-04-03T00:00:00Z' })).toMatchObject(whole(wanted))
      expect(await api.call(method, path(id), { swap_end: '2026-04-03T00:00:00Z' })).toMatchObject(whole(wanted))
    }
  })

  test('that takes it in vain', async () => {
    const id = await newSwap()
    const take = (body: object) => api.call('POST', path(id, 'take/'), body)
    expect(await take({})).toMatchObject(detail('benefactor user ID is required'))
    expect(await take({ benefactor: 'UNOBODY' })).toMatchObject(detail('Invalid benefactor user ID'))
    // A viewer is not paged.
    expect(await take({ benefactor: api.users.viewer })).toMatchObject(detail('Invalid benefactor user ID'))
    expect(await take({ benefactor: ada })).toMatchObject(
      detail('A shift swap request cannot be created and taken by the same user'),
    )
    expect((await take({ benefactor: eve })).status).toBe(200)
    expect(await take({ benefactor: eve })).toMatchObject(
      detail('The shift swap request is not in a state which allows it to be taken'),
    )
  })
})

test('an edit of a shift swap keeps what it does not say, and who has taken it', async () => {
  const id = await newSwap({ description: 'Dentist' })
  await api.call('POST', path(id, 'take/'), { benefactor: eve })
  const before = (await api.call('GET', path(id))).body
  expect((await api.call('PUT', path(id), before)).body).toEqual(before)
  const edited = await api.call('PATCH', path(id), { description: null, beneficiary: eve })
  expect(edited.body).toEqual({ ...before, description: null })
})

describe('a shift swap that is taken', () => {
  const edited = async (fields: object) => {
    const id = await newSwap()
    await api.call('POST', path(id, 'take/'), { benefactor: eve })
    return (await api.call('PATCH', path(id), fields)).body
  }

  test.each([
    ['longer', { swap_start: '2026-04-01T22:00:00Z', swap_end: '2026-04-02T14:00:01Z' }],
    ['begin earlier', { swap_start: '2026-04-01T21:59:59Z', swap_end: '2026-04-02T14:00:00Z' }],
    ['another day', { swap_start: '2026-04-03T22:00:00Z', swap_end: '2026-04-04T14:00:00Z' }],
  ])('and made %s is open again', async (_what, times) => {
    const swap = await edited(times)
    expect(swap).toMatchObject({ status: 'open', benefactor: null })
    expect(await onCall('2026-04-02T09:00:00Z')).toEqual(['Ada'])
    const taken = await api.call('POST', path(swap.id, 'take/'), { benefactor: eve })
    expect(taken).toMatchObject({ status: 200, body: { status: 'taken', benefactor: eve } })
  })

  test('and moved to another schedule is open again', async () => {
    const other = (await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Other', time_zone: 'UTC' })).body.id
    expect(await edited({ schedule: other })).toMatchObject({ status: 'open', schedule: other, benefactor: null })
  })

  test('and made shorter stays with whoever took it', async () => {
    const times = { swap_start: '2026-04-02T08:00:00Z', swap_end: '2026-04-02T10:00:00Z' }
    expect(await edited(times)).toMatchObject({ status: 'taken', benefactor: eve })
    expect(await onCall('2026-04-02T09:59:59Z', '2026-04-02T10:00:00Z')).toEqual(['Eve', 'Ada'])
  })
})
