import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { noWayOut, testClock, testServer, type TestServer } from '../../test/support/server.ts'
import { asId, type LayerId, type OverrideId, type ScheduleId, type ShiftId, type SwapId } from '../lib/ids.ts'
import { type Instant, instant } from '../lib/time.ts'
import { assemble } from './assembly-commands.ts'
import { finalShifts } from './engine/on-call.ts'
import { throughHistory, type View } from './history.ts'
import { deleteLayer } from './layers/commands.ts'
import { updateOverride } from './overrides/commands.ts'
import { scheduleRoutes } from './routes.ts'
import { takeSwap } from './swaps/commands.ts'
import { updateShift } from './shifts/commands.ts'

// The clock of these tests stands at noon of 2026-04-01, UTC: then the schedule and its shift are made. At 14:00 an edit swaps the person.

let server: TestServer
let api: Api
let scheduleId: ScheduleId

beforeAll(async () => {
  server = await testServer((app, db) => scheduleRoutes(app, { db, clock: testClock, ...noWayOut }))
  api = await testApi(server)
  const body = { type: 'single_event', start: '2026-04-01T08:00:00', duration: 28_800, users: [api.users.editor] }
  const shift = await api.call('POST', '/api/v1/on_call_shifts/', body)
  const schedule = { type: 'web', name: 'Primary', time_zone: 'UTC', shifts: [shift.body.id] }
  scheduleId = asId((await api.call('POST', '/api/v1/schedules/', schedule)).body.id)
  await server.db.tx('test', (tx) =>
    updateShift({ ...tx, now: at('14:00') }, api.system, {
      id: asId<ShiftId>(shift.body.id),
      body: { users: [api.users.admin] },
    }),
  )
})

afterAll(() => server.close())

const at = (time: string): Instant => instant(Date.parse(`2026-04-01T${time}:00Z`))

async function rows(view: View, id = scheduleId) {
  const window = { startAt: at('00:00'), endAt: at('23:00') }
  const question = { organizationId: api.system.organizationId, scheduleIds: [id], ...window, view }
  const { schedule } = (await assemble(server.db.sql, question)).of(id)
  return finalShifts(schedule, window).map(({ userId, startAt, endAt }) => [userId, startAt, endAt])
}

test('an override is read only where the window touches it', async () => {
  const { id } = (await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Overridden', time_zone: 'UTC' })).body
  const override = { kind: 'add', user: api.users.editor, start: '2026-04-02T08:00:00Z', end: '2026-04-02T10:00:00Z' }
  await api.call('POST', `/api/v1/schedules/${id}/overrides/`, override)
  const read = async (start: string, end: string) => {
    const window = { startAt: instant(Date.parse(start)), endAt: instant(Date.parse(end)) }
    const question = { organizationId: api.system.organizationId, scheduleIds: [asId<ScheduleId>(id)], view: throughHistory }
    return (await assemble(server.db.sql, { ...question, ...window })).of(asId(id)).schedule.overrides.length
  }
  expect(await read('2026-04-02T00:00:00Z', '2026-04-02T07:59:59Z')).toBe(0)
  expect(await read('2026-04-02T00:00:00Z', '2026-04-02T08:00:00Z')).toBe(1)
  expect(await read('2026-04-02T09:59:59Z', '2026-04-03T00:00:00Z')).toBe(1)
  expect(await read('2026-04-02T10:00:00Z', '2026-04-03T00:00:00Z')).toBe(0)
})

describe('what says who is on call is read', () => {
  test('through history: a first version answers for the time before it was made', async () => {
    expect(await rows(throughHistory)).toEqual([
      [api.users.editor, at('08:00'), at('14:00')],
      [api.users.admin, at('14:00'), at('16:00')],
    ])
  })

  test('as recorded: nobody was on call before there was a schedule', async () => {
    expect(await rows({ kind: 'recorded' })).toEqual([
      [api.users.editor, at('12:00'), at('14:00')],
      [api.users.admin, at('14:00'), at('16:00')],
    ])
  })

  test('as of an instant: what was configured then is all there is', async () => {
    expect(await rows({ kind: 'as-of', at: at('13:59') })).toEqual([[api.users.editor, at('08:00'), at('16:00')]])
    expect(await rows({ kind: 'as-of', at: at('14:00') })).toEqual([[api.users.admin, at('08:00'), at('16:00')]])
  })
})

/** Made at noon: the editor by a layer that began in March, an override from 16:00 on that nobody is on call, a swap that is open. */
describe('layers, overrides and swaps are read', () => {
  let own: ScheduleId

  beforeAll(async () => {
    const { editor, admin } = api.users
    own = asId((await api.call('POST', '/api/v1/schedules/', { type: 'web', name: 'Own', time_zone: 'UTC' })).body.id)
    const path = `/api/v1/schedules/${own}`
    const layer = await api.call('POST', `${path}/layers/`, {
      ...{ start: '2026-03-01T00:00:00', turn: { unit: 'weeks' }, groups: [[editor]] },
    })
    const override = await api.call('POST', `${path}/overrides/`, {
      ...{ kind: 'replace_all', users: null, start: '2026-04-01T16:00:00Z', end: '2026-04-01T20:00:00Z' },
    })
    const times = { swap_start: '2026-04-01T15:00:00Z', swap_end: '2026-04-01T22:00:00Z' }
    const swap = await api.call('POST', '/api/v1/shift_swaps/', { ...times, schedule: own, beneficiary: editor })
    await server.db.tx('test', async (transaction) => {
      const tx = { ...transaction, now: at('14:00') }
      await takeSwap(tx, api.system, { id: asId<SwapId>(swap.body.id), body: { benefactor: admin } })
      await updateOverride(tx, api.system, { scheduleId: own, id: asId<OverrideId>(override.body.id), body: { end: end18 } })
    })
    await server.db.tx('test', (tx) =>
      deleteLayer({ ...tx, now: at('21:00') }, api.system, { scheduleId: own, id: asId<LayerId>(layer.body.id) }),
    )
  })

  const end18 = '2026-04-01T18:00:00Z'

  test('through history: each as it was then, the layer before it was made too', async () => {
    expect(await rows(throughHistory, own)).toEqual([
      [api.users.editor, at('00:00'), at('15:00')],
      [api.users.admin, at('15:00'), at('16:00')],
      [api.users.admin, at('18:00'), at('21:00')],
    ])
  })

  test('as recorded: none of them before it was made', async () => {
    expect(await rows({ kind: 'recorded' }, own)).toEqual([
      [api.users.editor, at('12:00'), at('15:00')],
      [api.users.admin, at('15:00'), at('16:00')],
      [api.users.admin, at('18:00'), at('21:00')],
    ])
  })

  test('as of an instant: as they were then, as if for ever', async () => {
    const { editor, admin } = api.users
    expect(await rows({ kind: 'as-of', at: at('13:00') }, own)).toEqual([
      [editor, at('00:00'), at('15:00')],
      [editor, at('15:00'), at('16:00')],
      [editor, at('20:00'), at('22:00')],
      [editor, at('22:00'), at('23:00')],
    ])
    expect(await rows({ kind: 'as-of', at: at('14:00') }, own)).toEqual([
      [editor, at('00:00'), at('15:00')],
      [admin, at('15:00'), at('16:00')],
      [admin, at('18:00'), at('22:00')],
      [editor, at('22:00'), at('23:00')],
    ])
    expect(await rows({ kind: 'as-of', at: at('21:00') }, own)).toEqual([])
  })
})
