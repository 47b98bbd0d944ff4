import { describe, expect, test } from 'vitest'
import type { Body } from '../../lib/fields.ts'
import { known } from '../../lib/check.ts'
import { parseNewShift, parseShiftUpdate } from './input.ts'
import { fieldsOf, recordOf } from './record.ts'

const common = { start: '2025-06-02T09:00:00', duration: 3600 }
const recurrent = { ...common, type: 'recurrent_event', frequency: 'daily' }
const rolling = { ...common, type: 'rolling_users', frequency: 'daily', start_rotation_from_user_index: 0 }

describe('a shift that repeats', () => {
  test('needs no more than a frequency', () => {
    expect(shiftOf(recurrent)).toMatchObject({
      frequency: 'daily',
      interval: 1,
      weekStart: 'SU',
      byDay: null,
      byMonth: null,
      byMonthday: null,
      untilLocal: null,
    })
  })

  test('keeps what it is given, each value once; empty lists filter nothing', () => {
    const said = { by_day: ['MO', 'FR', 'MO'], by_month: [], by_monthday: [-1, 31], interval: '2', until: '2025-07-01T00:00:00' }
    expect(shiftOf({ ...recurrent, ...said })).toMatchObject({
      interval: 2,
      byDay: ['MO', 'FR'],
      byMonth: null,
      byMonthday: [-1, 31],
      untilLocal: Date.UTC(2025, 6, 1),
    })
  })

  test('of groups keeps them in order; each person counts once in a group', () => {
    const shift = shiftOf({ ...rolling, rolling_users: [['U2', 'U1', 'U2'], [], ['U1']], users: ['U9'] })
    expect(shift).toMatchObject({ rollingUsers: [['U2', 'U1'], [], ['U1']], users: [] })
    expect(shiftOf({ ...rolling, rolling_users: null })).toMatchObject({ rollingUsers: [] })
  })

  test.each([
    { ...recurrent, by_day: ['MO'], by_month: [1, 12], by_monthday: [-31], interval: 5, until: '2026-01-01T00:00:00', level: 4 },
    { ...recurrent, frequency: 'weekly', week_start: 'WE' },
    { ...rolling, rolling_users: [['U1'], ['U2', 'U3']], start_rotation_from_user_index: 7 },
  ])('comes back from its row as it was: %j', (body) => {
    const shift = shiftOf(body)
    const stored = recordOf(shift)
    expect(fieldsOf({ ...stored, definition: JSON.parse(JSON.stringify(stored.definition)) })).toEqual(shift)
  })
})

describe('a shift that repeats is refused', () => {
  const days = "'MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'"
  const type = 'is required for this on-call shift type'

  test.each<[object, string]>([
    [{ frequency: undefined }, `Field 'frequency' ${type}`],
    [{ frequency: null }, `Field 'frequency' ${type}`],
    [{ frequency: 'yearly' }, 'Invalid frequency type'],
    [{ frequency: 'weekly' }, "Field 'week_start' is required for frequency type 'weekly'"],
    [{ week_start: 'mo' }, `Invalid day format for week start field. Should be one of the following: ${days}`],
    [{ interval: null }, "Field 'interval' must be a positive integer"],
    [{ interval: 0 }, 'Invalid value for interval'],
    [{ interval: -1 }, 'Invalid value for interval'],
    [{ by_day: ['MO', 'XX'] }, `Invalid day value in by_day field. Valid values: ${days}`],
    [{ by_day: [1] }, `Invalid day value in by_day field. Valid values: ${days}`],
    [{ by_month: [0] }, 'Invalid month value in by_month field. Valid values: from 1 to 12'],
    [{ by_month: [13] }, 'Invalid month value in by_month field. Valid values: from 1 to 12'],
    [{ by_month: ['1'] }, 'Invalid month value in by_month field. Valid values: from 1 to 12'],
    [{ by_monthday: [0] }, 'Invalid monthday value in by_monthday field. Valid values: from 1 to 31 and from -31 to -1'],
    [{ by_monthday: [-32] }, 'Invalid monthday value in by_monthday field. Valid values: from 1 to 31 and from -31 to -1'],
    [{ until: 'soon' }, `Invalid datetime format, should be "yyyy-mm-dd'T'hh:mm:ss"`],
    [{ duration: 2_147_483_647 }, 'The shift lasts so long that more than 500 of its occurrences would be under way at once.'],
  ])('in one sentence: %j', (change, detail) => {
    expect(parseNewShift({ ...recurrent, ...change })).toEqual({ ok: false, reason: { kind: 'invalid', detail } })
  })

  test.each<[object, string]>([
    [{ start_rotation_from_user_index: undefined }, `Field 'start_rotation_from_user_index' ${type}`],
    [{ start_rotation_from_user_index: null }, `Field 'start_rotation_from_user_index' ${type}`],
    [
      { by_monthday: [1] },
      "Day limits are temporarily disabled for on-call shifts with type 'rolling_users' and frequency 'daily'",
    ],
    [{ by_day: ['MO', 'TU'], interval: 3 }, 'Interval must be less than or equal to the number of selected days'],
    [{ rolling_users: Array.from({ length: 501 }, () => []) }, 'At most 500 groups take turns.'],
  ])('with people in turn, in one sentence: %j', (change, detail) => {
    expect(parseNewShift({ ...rolling, ...change })).toEqual({ ok: false, reason: { kind: 'invalid', detail } })
  })

  test.each<[object, object]>([
    [{ interval: 'often' }, { interval: ['A valid integer is required.'] }],
    [{ interval: 1e6 }, { interval: ['Ensure this value is less than or equal to 876600.'] }],
    [{ by_day: 'MO' }, { by_day: ['Expected a list of items but got type "str".'] }],
    [{ rolling_users: [['U1'], 'U2'] }, { rolling_users: ['Expected a list of items but got type "str".'] }],
    [{ rolling_users: [[1]] }, { rolling_users: ['Not a valid string.'] }],
    [
      { start_rotation_from_user_index: -1 },
      { start_rotation_from_user_index: ['Ensure this value is greater than or equal to 0.'] },
    ],
  ])('by its field: %j', (change, fields) => {
    expect(parseNewShift({ ...rolling, ...change })).toEqual({ ok: false, reason: { kind: 'invalid-fields', fields } })
  })
})

describe('a change of a shift that repeats', () => {
  const weekly = { ...rolling, frequency: 'weekly', week_start: 'MO', interval: 2, by_day: ['TU'], rolling_users: [['U1']] }

  test('leaves what it does not name', () => {
    expect(parseShiftUpdate({ name: 'Days' }, shiftOf(weekly))).toEqual({ ok: true, value: { ...shiftOf(weekly), name: 'Days' } })
  })

  test('asks for the start of the week only when the frequency becomes weekly', () => {
    expect(parseShiftUpdate({ frequency: 'weekly' }, shiftOf(weekly))).toMatchObject({
      ok: true,
      value: { weekStart: 'MO', interval: 1 },
    })
    expect(parseShiftUpdate({ frequency: 'weekly' }, shiftOf(rolling))).toMatchObject({ ok: false })
  })

  test('takes filters away', () => {
    expect(parseShiftUpdate({ by_day: null, until: null }, shiftOf(weekly))).toMatchObject({
      value: { byDay: null, untilLocal: null },
    })
  })

  test('to another type brings what that type needs', () => {
    const { detail } = { detail: "Field 'start_rotation_from_user_index' is required for this on-call shift type" }
    expect(parseShiftUpdate({ type: 'rolling_users' }, shiftOf(recurrent))).toMatchObject({ reason: { detail } })
    expect(parseShiftUpdate({ type: 'single_event' }, shiftOf(weekly))).not.toHaveProperty('value.frequency')
  })
})

function shiftOf(body: Body) {
  const read = parseNewShift(body)
  return known(read.ok ? read.value : null, 'the body is good')
}
