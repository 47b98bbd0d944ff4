import { describe, expect, test } from 'vitest'
import type { Body } from '../lib/fields.ts'
import { parseNewSchedule, parseScheduleUpdate } from './schedule-input.ts'

const body = { type: 'calendar', name: 'Primary', time_zone: 'Europe/Berlin' }

describe('a new schedule', () => {
  test('of type calendar needs a name and a time zone', () => {
    expect(parseNewSchedule(body)).toEqual({
      ok: true,
      value: {
        type: 'calendar',
        name: 'Primary',
        timeZone: 'Europe/Berlin',
        teamId: null,
        shiftIds: [],
        enableWebOverrides: false,
        icalUrlOverrides: null,
      },
    })
  })

  test('of type web knows no switch for overrides', () => {
    expect(parseNewSchedule({ ...body, type: 'web', shifts: ['OA', 'OB', 'OA'], enable_web_overrides: true })).toEqual({
      ok: true,
      value: { type: 'web', name: 'Primary', timeZone: 'Europe/Berlin', teamId: null, shiftIds: ['OA', 'OB'] },
    })
  })

  test('is taken as Terraform sends it', () => {
    const given = {
      team_id: '',
      ical_url_primary: null,
      ical_url_overrides: null,
      enable_web_overrides: true,
      shifts: null,
      slack: { channel_id: null, user_group_id: null },
    }
    expect(parseNewSchedule({ ...body, ...given })).toEqual({
      ok: true,
      value: {
        type: 'calendar',
        name: 'Primary',
        timeZone: 'Europe/Berlin',
        teamId: null,
        shiftIds: [],
        enableWebOverrides: true,
        icalUrlOverrides: null,
      },
    })
  })

  test('of type ical has calendars and neither a time zone nor shifts', () => {
    const given = { ical_url_primary: 'https://example.org/a.ics', ical_url_overrides: '', shifts: ['OA'] }
    const named = { type: 'ical', name: 'Primary', teamId: null, timeZone: null, shiftIds: [] }
    const value = { ...named, icalUrlPrimary: 'https://example.org/a.ics', icalUrlOverrides: null }
    expect(parseNewSchedule({ ...body, type: 'ical', ...given })).toEqual({ ok: true, value })
  })

  test('keeps the time zone as it was typed', () => {
    expect(parseNewSchedule({ ...body, time_zone: 'Asia/Calcutta' })).toMatchObject({ value: { timeZone: 'Asia/Calcutta' } })
  })
})

describe('a bad schedule', () => {
  test.each([
    [{ slack: { channel_id: 'C1', user_group_id: null } }, `Slack isn't connected to this workspace`],
    [{ slack: { channel_id: null, user_group_id: 'G1' } }, `Slack isn't connected to this workspace`],
  ])('with %j is refused in one sentence', (change, detail) => {
    expect(parseNewSchedule({ ...body, ...change })).toEqual({ ok: false, reason: { kind: 'invalid', detail } })
  })

  test.each([
    [{ type: 'rota' }, { type: ['Invalid type'] }],
    [{ name: null }, { name: ['This field may not be null.'] }],
    [{ time_zone: 'Mars/Olympus' }, { time_zone: ['Invalid timezone'] }],
    [{ time_zone: null }, { time_zone: ['This field may not be null.'] }],
    [{ shifts: 'OA' }, { shifts: ['Expected a list of items but got type "str".'] }],
    [{ enable_web_overrides: 'perhaps' }, { enable_web_overrides: ['Must be a valid boolean.'] }],
    [{ slack: 'general' }, { slack: ['Invalid data. Expected a dictionary, but got str.'] }],
    [{ ical_url_overrides: 'example.org/a.ics' }, { ical_url_overrides: ['Enter a valid URL.'] }],
    [{ type: 'ical' }, { ical_url_primary: ['This field is required.'] }],
    [{ type: 'ical', ical_url_primary: 'ftp://example.org/a.ics' }, { ical_url_primary: ['Enter a valid URL.'] }],
  ])('with %j is refused at the field', (change, fields) => {
    expect(parseNewSchedule({ ...body, ...change })).toEqual({ ok: false, reason: { kind: 'invalid-fields', fields } })
  })

  test('is told everything that it lacks', () => {
    const required = ['This field is required.']
    expect(parseNewSchedule({})).toMatchObject({ reason: { fields: { type: required, name: required, time_zone: required } } })
  })
})

describe('an update of a schedule', () => {
  const current = parseNewSchedule({ ...body, team_id: 'TX', shifts: ['OA'], enable_web_overrides: true })
  const calendar = current.ok ? current.value : null

  test('changes nothing when it says nothing, and never the type', () => {
    expect(calendar && parseScheduleUpdate({ type: 'web' }, calendar)).toEqual(current)
  })

  test('changes what it says', () => {
    const change = { name: 'Second', time_zone: 'UTC', team_id: '', shifts: null, enable_web_overrides: false }
    expect(calendar && parseScheduleUpdate(change, calendar)).toEqual({
      ok: true,
      value: {
        type: 'calendar',
        name: 'Second',
        timeZone: 'UTC',
        teamId: null,
        shiftIds: [],
        ...{ enableWebOverrides: false, icalUrlOverrides: null },
      },
    })
  })

  test('changes a web schedule too', () => {
    const web = parseNewSchedule({ ...body, type: 'web' })
    const update = (change: Body) => (web.ok ? parseScheduleUpdate(change, web.value) : null)
    expect(update({ name: 'x', shifts: ['OB'] })).toEqual({
      ok: true,
      value: { type: 'web', name: 'x', timeZone: 'Europe/Berlin', teamId: null, shiftIds: ['OB'] },
    })
    expect(update({ time_zone: 'x' })).toMatchObject({ reason: { fields: { time_zone: ['Invalid timezone'] } } })
  })
})
