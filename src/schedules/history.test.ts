import { describe, expect, test } from 'vitest'
import { asId } from '../lib/ids.ts'
import { hours, instant, type Instant } from '../lib/time.ts'
import { cutShort } from './cut.ts'
import { coversThrough, withoutSeams } from './history.ts'
import { parseLocalTime } from './local-time.ts'
import { finalShifts } from './on-call.ts'
import type { OnCallShift } from './shift.ts'
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

describe('what a schedule covered', () => {
  test('is what each version said while it held', () => {
    const eras = [
      { from: null, to: at('2026-04-01T10:00:00Z'), timeZone: 'UTC', shift: shift(['U1']) },
      { from: at('2026-04-01T10:00:00Z'), to: null, timeZone: 'UTC', shift: shift(['U2']) },
    ]
    const covers = coversThrough(eras).map(({ startAt, endAt, users }) => ({ startAt, endAt, users }))
    expect(covers).toEqual([
      { startAt: at('2026-04-01T08:00:00Z'), endAt: at('2026-04-01T10:00:00Z'), users: ['U1'] },
      { startAt: at('2026-04-01T10:00:00Z'), endAt: at('2026-04-01T16:00:00Z'), users: ['U2'] },
    ])
  })

  test('is nothing where a version ended before its shift began', () => {
    expect(coversThrough([{ from: null, to: at('2026-04-01T08:00:00Z'), timeZone: 'UTC', shift: shift(['U1']) }])).toEqual([])
  })

  test('shows no seam where an edit left a person on call', () => {
    const eras = [
      { from: null, to: at('2026-04-01T10:00:00Z'), timeZone: 'UTC', shift: shift(['U1', 'U2']) },
      { from: at('2026-04-01T10:00:00Z'), to: null, timeZone: 'UTC', shift: shift(['U1', 'U3']) },
    ]
    const rows = finalShifts(coversThrough(eras), { startAt: at('2026-04-01T00:00:00Z'), endAt: at('2026-04-02T00:00:00Z') })
    expect(withoutSeams(rows).map(({ userId, startAt, endAt }) => [userId, startAt, endAt])).toEqual([
      ['U1', at('2026-04-01T08:00:00Z'), at('2026-04-01T16:00:00Z')],
      ['U2', at('2026-04-01T08:00:00Z'), at('2026-04-01T10:00:00Z')],
      ['U3', at('2026-04-01T10:00:00Z'), at('2026-04-01T16:00:00Z')],
    ])
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
