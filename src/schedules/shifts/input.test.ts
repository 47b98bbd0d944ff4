import { describe, expect, test } from 'vitest'
import type { ShiftFields } from './shift.ts'
import { known } from '../../lib/check.ts'
import type { Body } from '../../lib/fields.ts'
import { parseNewShift, parseShiftUpdate } from './input.ts'

const body = { type: 'single_event', name: 'Days', start: '2025-06-02T09:00:00', duration: 28_800, users: ['UANA'] }
const startLocal = 1_748_854_800_000

describe('a new on-call shift', () => {
  test('needs no more than a type, a start and a duration', () => {
    expect(parseNewShift({ type: 'single_event', start: '2025-06-02T09:00:00', duration: 1 })).toEqual({
      ok: true,
      value: {
        type: 'single_event',
        level: 0,
        teamId: null,
        name: null,
        timeZone: null,
        startLocal,
        rotationStartLocal: startLocal,
        durationMs: 1000,
        users: [],
        source: 'api',
      },
    })
  })

  test('keeps what it is given', () => {
    const given = { team_id: 'TX', level: 2, time_zone: 'Asia/Calcutta', rotation_start: '2025-06-03T00:00:00', source: 3 }
    expect(parseNewShift({ ...body, ...given })).toEqual({
      ok: true,
      value: {
        type: 'single_event',
        level: 2,
        teamId: 'TX',
        name: 'Days',
        timeZone: 'Asia/Calcutta',
        startLocal,
        rotationStartLocal: 1_748_908_800_000,
        durationMs: 28_800_000,
        users: ['UANA'],
        source: 'terraform',
      },
    })
  })

  test('is taken as Terraform sends it, with nulls for all that is not set', () => {
    const unset = [
      'until',
      'frequency',
      'interval',
      'by_day',
      'by_month',
      'by_monthday',
      'rolling_users',
      'start_rotation_from_user_index',
    ]
    const nulls = Object.fromEntries([...unset, 'level', 'users', 'time_zone'].map((name) => [name, null]))
    expect(parseNewShift({ ...body, ...nulls, team_id: '', source: 3 })).toMatchObject({
      ok: true,
      value: { teamId: null, timeZone: null, level: 0, users: [] },
    })
  })

  test('of type override has no level', () => {
    expect(parseNewShift({ ...body, type: 'override', level: 5 })).toMatchObject({ ok: true, value: { type: 'override' } })
    expect(parseNewShift({ ...body, type: 'override', level: 5 })).not.toHaveProperty('value.level')
  })

  test('of type override rotates from its start, whatever the body says', () => {
    for (const rotationStart of ['2025-06-03T00:00:00', 'soon']) {
      const override = shiftOf({ ...body, type: 'override', rotation_start: rotationStart })
      expect(override.rotationStartLocal).toBe(startLocal)
      expect(parseShiftUpdate({ start: '2025-06-04T09:00:00' }, override)).toMatchObject({
        value: { startLocal: 1_749_027_600_000, rotationStartLocal: 1_749_027_600_000 },
      })
    }
  })
})

describe('users and source of an on-call shift', () => {
  test('each user counts once, and what cannot be an id is passed over', () => {
    const users = ['UBEN', 'UANA', 7, null, 'UBEN', ['UX'], 'U\u0000']
    expect(parseNewShift({ ...body, users })).toMatchObject({ value: { users: ['UBEN', 'UANA'] } })
  })

  test.each([
    [0, 'web'],
    [3, 'terraform'],
    [1, 'api'],
    [2, 'api'],
    ['web', 'api'],
    [null, 'api'],
  ])('source %j is %s', (source, expected) => {
    expect(parseNewShift({ ...body, source })).toMatchObject({ value: { source: expected } })
  })
})

describe('a bad on-call shift', () => {
  test.each([
    [{ type: 'weekly' }, 'Invalid shift type'],
    [{ type: null }, 'Invalid shift type'],
    [{ start: '2025-06-02' }, `Invalid datetime format, should be "yyyy-mm-dd'T'hh:mm:ss"`],
    [{ start: 5 }, `Invalid datetime format, should be "yyyy-mm-dd'T'hh:mm:ss"`],
    [{ start: '2025-06-02T09:00:00Z', time_zone: 'Mars' }, `Invalid datetime format, should be "yyyy-mm-dd'T'hh:mm:ss"`],
    [{ rotation_start: 'soon' }, `Invalid datetime format, should be "yyyy-mm-dd'T'hh:mm:ss"`],
  ])('with %j is refused in one sentence', (change, detail) => {
    expect(parseNewShift({ ...body, ...change })).toEqual({ ok: false, reason: { kind: 'invalid', detail } })
  })

  test.each([
    [{ time_zone: 'Mars/Olympus' }, { time_zone: ['Invalid timezone'] }],
    [{ time_zone: '' }, { time_zone: ['Invalid timezone'] }],
    [{ start: null }, { start: ['This field may not be null.'] }],
    [{ duration: null }, { duration: ['This field may not be null.'] }],
    [{ duration: 'long' }, { duration: ['A valid integer is required.'] }],
    [{ duration: 1.5 }, { duration: ['A valid integer is required.'] }],
    [{ duration: true }, { duration: ['A valid integer is required.'] }],
    [{ duration: 0 }, { duration: ['Ensure this value is greater than or equal to 1.'] }],
    [{ duration: 1e12 }, { duration: ['Ensure this value is less than or equal to 2147483647.'] }],
    [{ level: 'high' }, { level: ['A valid integer is required.'] }],
    [{ users: 'UANA' }, { users: ['Expected a list of items but got type "str".'] }],
    [{ team_id: 7 }, { team_id: ['Invalid values'] }],
    [{ name: '' }, { name: ['This field may not be blank.'] }],
    [{ name: ['Days'] }, { name: ['Not a valid string.'] }],
    [{ name: 'a\u0000b' }, { name: ['Null characters are not allowed.'] }],
    [{ name: 'x'.repeat(201) }, { name: ['Ensure this field has no more than 200 characters.'] }],
    [
      { name: '', duration: null },
      { duration: ['This field may not be null.'], name: ['This field may not be blank.'] },
    ],
  ])('with %j is refused at the field', (change, fields) => {
    expect(parseNewShift({ ...body, ...change })).toEqual({ ok: false, reason: { kind: 'invalid-fields', fields } })
  })

  test('is told everything that it lacks', () => {
    const required = ['This field is required.']
    expect(parseNewShift({})).toEqual({
      ok: false,
      reason: { kind: 'invalid-fields', fields: { type: required, start: required, duration: required } },
    })
  })
})

describe('an update of an on-call shift', () => {
  const current = shiftOf({ ...body, level: 2, team_id: 'TX', time_zone: 'Europe/Berlin', source: 3 })

  test('changes nothing when it says nothing', () => {
    expect(parseShiftUpdate({}, current)).toEqual({ ok: true, value: current })
  })

  test('changes what it says', () => {
    expect(parseShiftUpdate({ duration: 60, level: 0, users: [], team_id: '', time_zone: null, name: null }, current)).toEqual({
      ok: true,
      value: { ...current, durationMs: 60_000, level: 0, users: [], teamId: null, timeZone: null, name: null },
    })
  })

  test('can make an override of it, and a single event again', () => {
    const override = parseShiftUpdate({ type: 'override' }, current)
    expect(override).toMatchObject({ value: { type: 'override', users: ['UANA'], durationMs: 28_800_000 } })
    expect(override).not.toHaveProperty('value.level')
    expect(parseShiftUpdate({ type: 'single_event' }, shiftOf({ ...body, type: 'override' }))).toMatchObject({
      value: { level: 0 },
    })
  })

  test('is refused in the same words as a new shift', () => {
    expect(parseShiftUpdate({ start: null }, current)).toMatchObject({
      reason: { fields: { start: ['This field may not be null.'] } },
    })
    expect(parseShiftUpdate({ type: 'x' }, current)).toMatchObject({ reason: { detail: 'Invalid shift type' } })
  })
})

function shiftOf(said: Body): ShiftFields {
  const parsed = parseNewShift(said)
  return known(parsed.ok ? parsed.value : null, 'a good body')
}
