import { describe, expect, test } from 'vitest'
import { known } from '../../lib/check.ts'
import { hours, ms } from '../../lib/time.ts'
import { parseLayer, parseLayerUpdate } from './input.ts'
import { layerRecord } from './record.ts'
import { parseLocalTime } from '../local-time.ts'

/** Begins on a Wednesday. */
const body = { start: '2026-04-01T09:30:00', turn: { unit: 'weeks' }, groups: [['UANA'], ['UBEN', 'UCLEO']] }

function layer(fields: object = {}) {
  const read = parseLayer({ ...body, ...fields })
  if (!read.ok) throw new Error(JSON.stringify(read.reason))
  return read.value.layer
}

function refusal(fields: object): unknown {
  const read = parseLayer({ ...body, ...fields })
  return read.ok ? 'taken' : read.reason
}

describe('a new layer', () => {
  test('needs a start, a turn and groups', () => {
    const missing = ['This field is required.']
    expect(parseLayer({})).toEqual({
      ok: false,
      reason: { kind: 'invalid-fields', fields: { start: missing, groups: missing, turn: missing } },
    })
  })

  test('is handed over at the time, the day of the week and the day of the month of its start, unless it says otherwise', () => {
    expect(layer()).toEqual({
      name: null,
      level: 0,
      timeZone: null,
      startLocal: known(parseLocalTime('2026-04-01T09:30:00'), 'a reading'),
      untilLocal: null,
      turn: { unit: 'weeks', length: 1, handover: ms(34_200_000), weekday: 'WE' },
      groups: [['UANA'], ['UBEN', 'UCLEO']],
      firstGroup: 0,
      restrictions: [],
      consumption: 'calendar',
    })
    const months = { unit: 'months', length: 3, handover: '00:00', monthday: 31 }
    expect(layer({ turn: months }).turn).toEqual({ unit: 'months', length: 3, handover: ms(0), monthday: 31 })
    expect(layer({ turn: { unit: 'months' } }).turn).toMatchObject({ handover: ms(34_200_000), monthday: 1 })
  })

  test('counts elapsed time in seconds', () => {
    expect(layer({ turn: { unit: 'elapsed', length: 43_200 } }).turn).toEqual({ unit: 'elapsed', length: hours(12) })
  })

  test('has turns of nobody where a group is null', () => {
    expect(layer({ groups: [null, ['UANA', 'UANA']] }).groups).toEqual([[], ['UANA']])
  })

  test('begins with the group that is named by its number or by somebody in it', () => {
    expect(layer({ first_group: 1 }).firstGroup).toBe(1)
    expect(layer({ first_group: 'UCLEO' }).firstGroup).toBe(1)
    expect(parseLayer({ ...body, current_group: 'UBEN' })).toMatchObject({ ok: true, value: { turnNow: 1 } })
    expect(parseLayer(body)).toMatchObject({ ok: true, value: { turnNow: 'first' } })
  })

  test('has restrictions by days, from a day to another, or on every day', () => {
    const restrictions = [
      { days: ['FR', 'MO'], start: '09:00', end: '17:30:15' },
      { start_day: 'FR', start: '18:00', end_day: 'MO', end: '08:00' },
      { start: '22:00', end: '06:00' },
    ]
    expect(layer({ restrictions }).restrictions).toEqual([
      { days: ['MO', 'FR'], start: hours(9), end: ms(63_015_000) },
      { startDay: 'FR', start: hours(18), endDay: 'MO', end: hours(8) },
      { days: ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'], start: hours(22), end: hours(6) },
    ])
  })

  test('is read back from what is stored', () => {
    const said = layer({
      name: 'Nights',
      level: -2,
      time_zone: 'Asia/Calcutta',
      until: '2027-01-01T00:00:00',
      turn: { unit: 'hours', length: 12, handover: '08:00' },
      groups: [['UANA'], null],
      first_group: 1,
      restrictions: [
        { start_day: 'FR', start: '18:00', end_day: 'MO', end: '08:00' },
        { start: '22:00', end: '06:00' },
      ],
      turn_consumption: 'active',
    })
    expect(parseLayer(layerRecord(said))).toEqual({ ok: true, value: { layer: said, turnNow: 'first' } })
    const elapsed = layer({ turn: { unit: 'elapsed', length: 1 } })
    expect(parseLayer(layerRecord(elapsed))).toMatchObject({ value: { layer: elapsed } })
  })
})

describe('a layer is refused', () => {
  const inFields = (fields: object) => ({ kind: 'invalid-fields', fields })
  const inPlaces = (field: string, places: object) => ({ kind: 'invalid-places', field, places })
  const nobody = 'This list may not be empty; a turn of nobody is null.'
  const wrongReading = 'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm:ss.'
  const wrongTime = 'Time has wrong format. Use one of these formats instead: hh:mm, hh:mm:ss.'

  test.each<[string, object, object]>([
    ['an unknown zone', { time_zone: 'Mars/Olympus' }, inFields({ time_zone: ['Invalid timezone'] })],
    ['no groups', { groups: [] }, inFields({ groups: ['This list may not be empty.'] })],
    ['groups of nobody', { groups: [null] }, inFields({ groups: ['At least one group has somebody in it.'] })],
    ['an empty group', { groups: [['UANA'], []] }, inPlaces('groups', { 1: [nobody] })],
    [
      'groups that are no lists',
      { groups: ['UANA'] },
      inPlaces('groups', { 0: ['Expected a list of items but got type "str".'] }),
    ],
    [
      '501 groups',
      { groups: Array.from({ length: 501 }, () => ['UANA']) },
      inFields({ groups: ['Ensure this field has no more than 500 elements.'] }),
    ],
    ['a first group that is none', { first_group: 2 }, inFields({ first_group: [expect.stringContaining('One of the groups')] })],
    [
      'two first groups',
      { first_group: 0, current_group: 1 },
      inFields({ current_group: ['Either first_group or current_group.'] }),
    ],
    ['a start that is no local time', { start: '2026-04-01' }, inFields({ start: [wrongReading] })],
    ['an end that is no local time', { until: '2026-05-01T09:00:00Z' }, inFields({ until: [wrongReading] })],
    ['an end at its start', { until: '2026-04-01T09:30:00' }, inFields({ until: ['The layer ends after it starts.'] })],
    ['a broken level', { level: 1.5 }, inFields({ level: ['A valid integer is required.'] })],
    ['a turn that is none', { turn: 7 }, inFields({ turn: ['Invalid data. Expected a dictionary, but got int.'] })],
    [
      'a turn without a length',
      { turn: { unit: 'days', length: 0 } },
      inPlaces('turn', { length: ['Ensure this value is greater than or equal to 1.'] }),
    ],
    [
      'a turn of more than a hundred years',
      { turn: { unit: 'weeks', length: 5219 } },
      inPlaces('turn', { length: ['Ensure this value is less than or equal to 5218.'] }),
    ],
    [
      'a turn of an unknown unit, handed over never',
      { turn: { unit: 'fortnights', handover: '25:00' } },
      inPlaces('turn', { unit: ['Must be one of hours, days, weeks, months, elapsed.'], handover: [wrongTime] }),
    ],
    ['a day that no week has', { turn: { unit: 'weeks', weekday: 'XX' } }, inPlaces('turn', { weekday: [expect.any(String)] })],
    [
      'restrictions that are none',
      { restrictions: [{ start: '09:00', end: '17:00' }, { days: [], start: '9' }, 'nights'] },
      inPlaces('restrictions', {
        1: [`start: ${wrongTime}`, 'end: This field is required.', 'days: This list may not be empty.'],
        2: ['Invalid data. Expected a dictionary, but got str.'],
      }),
    ],
    [
      'a restriction of two kinds',
      { restrictions: [{ days: ['MO'], start_day: 'MO', end_day: 'TU', start: '09:00', end: '17:00' }] },
      inPlaces('restrictions', { 0: ['days: Either days, or start_day and end_day.'] }),
    ],
    [
      'elapsed turns that wait for cover',
      { turn: { unit: 'elapsed', length: 60 }, turn_consumption: 'active' },
      inFields({ turn_consumption: ['Turns of elapsed time always follow the calendar.'] }),
    ],
  ])('with %s', (_what, fields, wanted) => {
    expect(refusal(fields)).toEqual(wanted)
  })

  test('a turn of ten years is taken', () => {
    expect(layer({ turn: { unit: 'months', length: 120 } }).turn).toMatchObject({ length: 120 })
  })
})

describe('a change of a layer', () => {
  const before = layer({ name: 'Weeks', first_group: 1, restrictions: [{ start: '09:00', end: '17:00' }] })
  const changed = (update: object) => parseLayerUpdate({ ...update }, before)

  test('leaves what it does not say as it is, and the turn to those who have it', () => {
    expect(changed({ name: 'Days' })).toEqual({ ok: true, value: { layer: { ...before, name: 'Days' }, turnNow: 'keep' } })
    expect(changed({ restrictions: [] })).toMatchObject({ value: { layer: { restrictions: [], name: 'Weeks' } } })
  })

  test('gives the turn to somebody else only when it says so', () => {
    expect(changed({ groups: [['UDAN']] })).toMatchObject({ value: { layer: { groups: [['UDAN']] }, turnNow: 'keep' } })
    expect(changed({ groups: [['UDAN'], ['UANA']], first_group: 'UANA' })).toMatchObject({ value: { turnNow: 'first' } })
    expect(changed({ current_group: 0 })).toMatchObject({ value: { turnNow: 0 } })
  })
})
