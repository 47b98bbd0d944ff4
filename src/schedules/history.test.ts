import { describe, expect, test } from 'vitest'
import { cpuMsOf } from '../../test/support/cpu-time.ts'
import { asId, type UserId } from '../lib/ids.ts'
import { hours, instant, type Instant } from '../lib/time.ts'
import { cutShort } from './shifts/cut.ts'
import { finalShifts } from './engine/on-call.ts'
import { type Era, layersThrough, throughHistory, viewed, withoutSeams } from './history.ts'
import { parseLocalTime } from './local-time.ts'
import type { OnCallShift } from './shifts/shift.ts'
import { parseWindow } from './window-input.ts'

const at = (text: string): Instant => instant(Date.parse(text))

function shift(users: readonly string[], start = '2026-04-01T08:00:00'): OnCallShift {
  const startLocal = parseLocalTime(start)
  if (startLocal === null) throw new Error('not a reading')
  return {
    id: asId('O1'),
    type: 'single_event',
    level: 0,
    teamId: null,
    name: null,
    timeZone: null,
    startLocal,
    rotationStartLocal: startLocal,
    durationMs: hours(8),
    users: users.map((user) => asId(user)),
    source: 'api',
  }
}

const of = (said: OnCallShift) => ({ createdAt: at('2026-03-01T00:00:00Z'), part: { kind: 'shift', shift: said } }) as const

function rows(eras: readonly Era[], end = '2026-04-02T00:00:00Z') {
  const schedule = { layers: layersThrough(eras), overrides: [], swaps: [], passedOver: new Set<never>() }
  const found = finalShifts(schedule, { startAt: at('2026-04-01T00:00:00Z'), endAt: at(end) })
  const seams = new Set(eras.flatMap(({ to }) => to ?? []))
  return withoutSeams(found, seams).map(({ userId, startAt, endAt }) => [userId, startAt, endAt])
}

describe('what a schedule covered', () => {
  test('is what each version said while it held', () => {
    const eras = [
      { from: null, to: at('2026-04-01T10:00:00Z'), timeZone: 'UTC', ...of(shift(['U1'])) },
      { from: at('2026-04-01T10:00:00Z'), to: null, timeZone: 'UTC', ...of(shift(['U2'])) },
    ]
    expect(rows(eras)).toEqual([
      ['U1', at('2026-04-01T08:00:00Z'), at('2026-04-01T10:00:00Z')],
      ['U2', at('2026-04-01T10:00:00Z'), at('2026-04-01T16:00:00Z')],
    ])
  })

  test('keeps the shifts of one person apart, as long as no edit was between them', () => {
    const repeated = { frequency: 'daily', interval: 1, weekStart: 'MO', byDay: null, byMonth: null, byMonthday: null } as const
    const daily: OnCallShift = {
      ...shift(['U1'], '2026-04-01T00:00:00'),
      ...repeated,
      type: 'recurrent_event',
      level: 0,
      untilLocal: null,
    }
    const eras = [{ from: null, to: null, timeZone: 'UTC', ...of({ ...daily, durationMs: hours(24) }) }]
    expect(rows(eras, '2026-04-03T00:00:00Z')).toEqual([
      ['U1', at('2026-04-01T00:00:00Z'), at('2026-04-02T00:00:00Z')],
      ['U1', at('2026-04-02T00:00:00Z'), at('2026-04-03T00:00:00Z')],
    ])
  })

  test('is nothing where a version ended before its shift began', () => {
    expect(rows([{ from: null, to: at('2026-04-01T08:00:00Z'), timeZone: 'UTC', ...of(shift(['U1'])) }])).toEqual([])
  })

  test('shows no seam where an edit left a person on call', () => {
    const eras = [
      { from: null, to: at('2026-04-01T10:00:00Z'), timeZone: 'UTC', ...of(shift(['U1', 'U2'])) },
      { from: at('2026-04-01T10:00:00Z'), to: null, timeZone: 'UTC', ...of(shift(['U1', 'U3'])) },
    ]
    expect(rows(eras)).toEqual([
      ['U1', at('2026-04-01T08:00:00Z'), at('2026-04-01T16:00:00Z')],
      ['U2', at('2026-04-01T08:00:00Z'), at('2026-04-01T10:00:00Z')],
      ['U3', at('2026-04-01T10:00:00Z'), at('2026-04-01T16:00:00Z')],
    ])
  })
})

test('a swap that nobody has taken still splits the shift at an edit of the same instant', () => {
  const noon = at('2026-04-01T12:00:00Z')
  const layers = layersThrough([{ from: null, to: null, timeZone: 'UTC', ...of(shift(['U1'])) }])
  const swap = { id: 'SSR1', createdAt: instant(0), startAt: noon, endAt: at('2026-04-01T14:00:00Z') }
  const swaps = [{ ...swap, beneficiary: asId<UserId>('U1'), benefactor: null }]
  const window = { startAt: at('2026-04-01T00:00:00Z'), endAt: at('2026-04-02T00:00:00Z') }
  const found = finalShifts({ layers, overrides: [], swaps, passedOver: new Set() }, window)
  expect(withoutSeams(found, new Set([noon])).map(({ startAt, swapId }) => [startAt, swapId])).toEqual([
    [at('2026-04-01T08:00:00Z'), null],
    [noon, 'SSR1'],
    [at('2026-04-01T14:00:00Z'), null],
  ])
})

test('thousands of edits are joined in no time', () => {
  const swap = { insteadOf: null, swapId: null }
  const cover = {
    startAt: instant(0),
    endAt: instant(60_000),
    source: { kind: 'layer', id: 'LY1' },
    level: 0,
    people: [],
  } as const
  const pieces = Array.from({ length: 60_000 }, (_, index) => ({
    ...{ userId: asId<UserId>(`U${index % 2}`), startAt: instant(index), endAt: instant(index + 1), ...swap, cover },
  }))
  const joined = () => expect(withoutSeams(pieces, new Set(pieces.map(({ startAt }) => startAt)))).toHaveLength(60_000)
  expect(cpuMsOf(joined)).toBeLessThan(2000)
})

describe('a version', () => {
  const createdAt = at('2026-04-01T10:00:00Z')
  const to = at('2026-04-01T12:00:00Z')
  const first = { from: null, to, createdAt }

  test('that is the first one answers for any instant before it', () => {
    expect(viewed(first, throughHistory)).toEqual(first)
  })

  test('counts from its creation on, where what was known at the time is asked', () => {
    expect(viewed(first, { kind: 'recorded' })).toEqual({ from: createdAt, to, createdAt })
    expect(viewed({ ...first, from: to, to: null }, { kind: 'recorded' })).toEqual({ from: to, to: null, createdAt })
  })

  test('counts for ever, where what was configured at an instant is asked', () => {
    expect(viewed(first, { kind: 'as-of', at: createdAt })).toEqual({ from: null, to: null, createdAt })
  })
})

describe('a shift that is cut short', () => {
  test('ends now, to the second', () => {
    expect(cutShort(shift(['U1']), 'Europe/Berlin', at('2026-04-01T07:30:00.700Z'))).toMatchObject({ durationMs: 5_400_000 })
  })

  test.each([
    ['has not begun', '2026-04-01T07:59:59Z'],
    ['has just begun', '2026-04-01T08:00:00.500Z'],
    ['is over', '2026-04-01T16:00:00Z'],
  ])('is left alone when it %s', (_name, now) => {
    expect(cutShort(shift(['U1']), null, at(now))).toBe(null)
  })
})

describe('a shift that repeats and is cut short', () => {
  const { type: _type, ...common } = shift([], '2026-04-01T08:00:00')
  const until = (text: string | null): OnCallShift => ({
    ...common,
    type: 'rolling_users',
    level: 0,
    frequency: 'weekly',
    interval: 1,
    weekStart: 'MO',
    byDay: null,
    byMonth: null,
    byMonthday: null,
    rollingUsers: [[]],
    startRotationFromUserIndex: 0,
    untilLocal: text === null ? null : parseLocalTime(text),
  })

  test('goes on until now, to the second', () => {
    const now = at('2026-04-03T10:00:00.900Z')
    expect(cutShort(until(null), 'Europe/Berlin', now)).toEqual(until('2026-04-03T12:00:00'))
    expect(cutShort(until('2027-01-01T00:00:00'), 'UTC', now)).toEqual(until('2026-04-03T10:00:00'))
  })

  test('is left alone when it is over, or has not begun', () => {
    expect(cutShort(until('2026-04-02T00:00:00'), 'UTC', at('2026-04-03T10:00:00Z'))).toBeNull()
    expect(cutShort(until(null), 'UTC', at('2026-04-01T07:59:59Z'))).toBeNull()
  })
})

describe('the window of final shifts', () => {
  const wrong = 'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm, YYYY-MM-DD.'

  test.each<[object, object]>([
    [{}, { start_date: ['This field is required.'], end_date: ['This field is required.'] }],
    [{ start_date: '2026-04-01' }, { end_date: ['This field is required.'] }],
    [
      { start_date: '2026-04-31', end_date: '2026-04-01T00:00:00' },
      { start_date: [wrong], end_date: [wrong] },
    ],
    [
      { start_date: '2026-04-02', end_date: '2026-04-01' },
      { non_field_errors: ['start_date must be less than or equal to end_date'] },
    ],
    [
      { start_date: '2026-04-01', end_date: '2027-04-01T00:01' },
      { non_field_errors: ['The difference between start_date and end_date must be less than one year (365 days)'] },
    ],
  ])('is refused: %j', (query, fields) => {
    expect(parseWindow({ ...query })).toEqual({ ok: false, reason: { kind: 'invalid-fields', fields } })
  })

  test('is read in UTC and may be a year', () => {
    expect(parseWindow({ start_date: '2026-04-01T10:30', end_date: '2027-04-01' })).toEqual({
      ok: true,
      value: { startAt: at('2026-04-01T10:30:00Z'), endAt: at('2027-04-01T00:00:00Z') },
    })
  })
})
