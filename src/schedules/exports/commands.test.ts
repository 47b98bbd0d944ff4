import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../../../test/support/api.ts'
import { type Calendars, single, testCalendars } from '../../../test/support/calendars.ts'
import { instant } from '../../lib/time.ts'

let calendars: Calendars
let api: Api

beforeAll(async () => {
  calendars = await testCalendars()
  api = calendars.api
})

afterAll(() => calendars.server.close())

describe('the calendar of a schedule', () => {
  test('has an entry for each final shift, in UTC, with a name and an address to find the person by', async () => {
    const shift = single('2026-04-02T08:00:00', 8, [api.users.admin, api.users.editor])
    const url = await calendars.exportUrl(`schedules/${await calendars.newSchedule([shift], { time_zone: 'Europe/Berlin' })}`)
    const entries = await calendars.entriesOf(url)
    const window = '2026-04-02T06:00:00.000Z 2026-04-02T14:00:00.000Z'
    expect(
      entries.map(({ uid: _uid, ...entry }) => entry).toSorted((one, other) => one.summary.localeCompare(other.summary)),
    ).toEqual([
      { summary: 'ada', description: 'ada@example.com', window },
      { summary: 'editor', description: 'editor@example.com', window },
    ])
    expect(new Set(entries.map(({ uid }) => uid)).size).toBe(2)
  })

  test('is the final shifts of the window, over clock changes and levels, in each of several zones', async () => {
    const rolling = { type: 'rolling_users', start_rotation_from_user_index: 0 }
    const weekly = { ...rolling, frequency: 'weekly', interval: 1, week_start: 'MO', duration: 604_800 }
    const hourly = {
      ...rolling,
      frequency: 'hourly',
      interval: 6,
      duration: 21_600,
      level: 1,
      until: '2026-04-10T00:00:00',
    }
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata']) {
      const groups = [[api.users.admin], [api.users.editor]]
      const id = await calendars.newSchedule(
        [
          { ...weekly, start: '2026-01-05T09:30:00', rolling_users: groups },
          { ...hourly, start: '2026-03-20T00:00:00', rolling_users: groups },
          { type: 'override', start: '2026-03-29T01:30:00', duration: 5400, users: [api.users.editor] },
        ],
        { time_zone: zone },
      )
      const expected = await finalShifts(id)
      expect(expected.length).toBeGreaterThan(60)
      expect(await clippedEntries(id)).toEqual(expected)
    }
  })

  test('is the final shifts of layers and of overrides of every kind too', async () => {
    const { admin: ada, editor } = api.users
    const id = await calendars.newSchedule([], { time_zone: 'America/New_York' })
    const restrictions = [{ days: ['MO', 'TU', 'WE', 'TH', 'FR'], start: '08:00', end: '20:00' }]
    const layer = { start: '2026-03-02T09:00:00', turn: { unit: 'days' }, groups: [[ada], [editor]], restrictions }
    const day = { start: '2026-05-01T00:00:00Z', end: '2026-05-02T12:00:00Z' }
    for (const [path, body] of [
      ['layers', layer],
      ['overrides', { ...day, kind: 'add', user: editor }],
      ['overrides', { kind: 'replace_all', users: [ada, editor], start: '2026-04-11T10:30:00Z', end: '2026-04-13T15:00:00Z' }],
      [
        'overrides',
        { kind: 'replace_user', replaced: ada, user: editor, start: '2026-06-01T00:00:00Z', end: '2026-06-09T00:00:00Z' },
      ],
      ['overrides', { kind: 'remove', user: editor, start: '2026-06-03T14:00:00Z', end: '2026-06-03T15:00:00Z' }],
    ] as const) {
      const { status, text } = await api.call('POST', `/api/v1/schedules/${id}/${path}/`, body)
      expect({ status, text }).toEqual({ status: 201, text })
    }
    expect(await clippedEntries(id)).toEqual(await finalShifts(id))
    expect((await finalShifts(id)).length).toBeGreaterThan(100)
  })

  test('is read by another schedule, which then has the same final shifts', async () => {
    const id = await calendars.newSchedule(
      [
        {
          ...{ type: 'rolling_users', rolling_users: [[api.users.admin], [api.users.editor]], start_rotation_from_user_index: 0 },
          ...{ frequency: 'weekly', week_start: 'MO', duration: 604_800, start: '2026-01-05T02:30:00', level: 3 },
        },
        { ...single('2026-05-02T08:00:00', 8, [api.users.admin, api.users.editor]), level: 4 },
      ],
      { time_zone: 'Europe/Berlin' },
    )
    const { body } = await calendars.fetched(await calendars.exportUrl(`schedules/${id}`))
    const expected = await finalShifts(id)
    expect(expected.length).toBeGreaterThan(25)
    expect(await finalShifts(await upload(body))).toEqual(expected)
  })

  test('names its entries alike in every call, whatever becomes of other shifts and with the days', async () => {
    const daily = { type: 'recurrent_event', frequency: 'daily', interval: 1, duration: 28_800, users: [api.users.admin] }
    const id = await calendars.newSchedule([{ ...daily, start: '2026-01-01T08:00:00' }])
    const url = await calendars.exportUrl(`schedules/${id}`)
    const before = await calendars.entriesOf(url)
    expect(before).toHaveLength(196)
    await api.call('POST', '/api/v1/on_call_shifts/', { ...single('2026-04-03T20:00:00', 2, [api.users.editor]), schedule: id })
    await api.call('PATCH', `/api/v1/schedules/${id}/`, { name: 'Renamed' })
    const after = await calendars.entriesOf(url)
    expect(after.filter(({ summary }) => summary === 'ada')).toEqual(before)
    calendars.setClock({ now: () => instant(Date.parse('2026-04-03T00:00:00Z')) })
    const later = await calendars.entriesOf(url)
    calendars.setClock({})
    expect(later.filter(({ summary }) => summary === 'ada').slice(0, -2)).toEqual(before.slice(2))
  })

  test('reads hostile names back as they are', async () => {
    const username = `[L9] ${'🔔'.repeat(60)}\nEND:VCALENDAR, "x"; \\n`
    const id = await calendars.newUser('bell', { username })
    const name = `a\nEND:VEVENT\r\n${'ü,;\\'.repeat(40)}`
    const schedule = await calendars.newSchedule([single('2026-04-02T08:00:00', 8, [id])], { name })
    const [entry, ...others] = await calendars.entriesOf(await calendars.exportUrl(`schedules/${schedule}`))
    expect(entry).toMatchObject({ summary: `[L0] ${username}`, description: 'bell@example.com' })
    expect(others).toEqual([])
  })

  test('is empty where there is nobody', async () => {
    expect(await calendars.entriesOf(await calendars.exportUrl(`schedules/${await calendars.newSchedule([])}`))).toEqual([])
  })
})

describe('the calendar of a user', () => {
  test('has the shifts in all schedules and nobody else’s, in order, with the names of the schedules', async () => {
    const id = await calendars.newUser('grace')
    await calendars.newSchedule([single('2026-04-05T08:00:00', 4, [id, api.users.editor])], { name: 'Second' })
    for (let number = 0; number < 100; number += 1) await calendars.newSchedule([], { name: 'Of nobody' })
    await calendars.newSchedule([single('2026-04-02T08:00:00', 4, [id])], { name: 'First' })
    const entries = await calendars.entriesOf(await calendars.exportUrl(`users/${id}`))
    expect(entries.map(({ uid: _uid, ...entry }) => entry)).toEqual([
      {
        ...{ summary: 'First: grace', description: 'grace@example.com' },
        window: '2026-04-02T08:00:00.000Z 2026-04-02T12:00:00.000Z',
      },
      {
        ...{ summary: 'Second: grace', description: 'grace@example.com' },
        window: '2026-04-05T08:00:00.000Z 2026-04-05T12:00:00.000Z',
      },
    ])
  })
})

describe('the calendar of a user who is named nowhere else', () => {
  const inCalendarOf = async (id: string) =>
    (await calendars.entriesOf(await calendars.exportUrl(`users/${id}`))).map(({ window }) => window)

  test('has what an override adds', async () => {
    const id = await calendars.newUser('hedy')
    const schedule = await calendars.newSchedule([])
    const day = { start: '2026-05-01T00:00:00Z', end: '2026-05-02T00:00:00Z' }
    await api.call('POST', `/api/v1/schedules/${schedule}/overrides/`, { ...day, kind: 'add', user: id })
    expect(await inCalendarOf(id)).toEqual(['2026-05-01T00:00:00.000Z 2026-05-02T00:00:00.000Z'])
  })

  test('has what the user has taken over in a swap', async () => {
    const id = await calendars.newUser('joan')
    const schedule = await calendars.newSchedule([single('2026-04-10T08:00:00', 8, [api.users.editor])])
    const swap = await api.call('POST', '/api/v1/shift_swaps/', {
      ...{ schedule, beneficiary: api.users.editor, swap_start: '2026-04-10T10:00:00Z', swap_end: '2026-04-11T00:00:00Z' },
    })
    expect(swap.status).toBe(201)
    expect(await inCalendarOf(id)).toEqual([])
    expect((await api.call('POST', `/api/v1/shift_swaps/${swap.body.id}/take/`, { benefactor: id })).status).toBe(200)
    await api.call('DELETE', `/api/v1/users/${id}/export_token/`)
    expect(await inCalendarOf(id)).toEqual(['2026-04-10T10:00:00.000Z 2026-04-10T16:00:00.000Z'])
  })

  test('has what a calendar names them for, by the address in any letter case', async () => {
    const id = await calendars.newUser('emmy')
    await newImport([
      ['EMMY@Example.com', '20260410T080000Z', '20260410T160000Z'],
      ['somebody else', '20260411T080000Z', '20260411T160000Z'],
    ])
    expect(await inCalendarOf(id)).toEqual(['2026-04-10T08:00:00.000Z 2026-04-10T16:00:00.000Z'])
  })

  test('has the shifts of last week, whatever became of the shift and its schedule since', async () => {
    const id = await calendars.newUser('mary')
    const { body: shift } = await api.call('POST', '/api/v1/on_call_shifts/', single('2026-03-25T08:00:00', 8, [id]))
    const { body: schedule } = await api.call('POST', '/api/v1/schedules/', {
      ...{ type: 'web', name: 'Primary', time_zone: 'UTC', shifts: [shift.id] },
    })
    await api.call('PATCH', `/api/v1/schedules/${schedule.id}/`, { shifts: [] })
    await api.call('DELETE', `/api/v1/on_call_shifts/${shift.id}/`)
    expect(await inCalendarOf(id)).toEqual(['2026-03-25T08:00:00.000Z 2026-03-25T16:00:00.000Z'])
  })
})

/** A schedule whose calendar was uploaded: titles, and when their events begin and end. */
async function newImport(events: readonly (readonly [title: string, start: string, end: string])[]): Promise<void> {
  const parts = events.map(([title, start, end], index) =>
    ['BEGIN:VEVENT', `UID:${index}`, `SUMMARY:${title}`, `DTSTART:${start}`, `DTEND:${end}`, 'END:VEVENT'].join('\r\n'),
  )
  await upload(['BEGIN:VCALENDAR', 'VERSION:2.0', ...parts, 'END:VCALENDAR', ''].join('\r\n'))
}

async function upload(payload: string): Promise<string> {
  const { status, body } = await api.call('POST', '/api/v1/schedules/', {
    type: 'ical',
    name: 'Imported',
    ical_url_primary: null,
  })
  expect(status).toBe(201)
  const url = `/api/v1/schedules/${body.id}/calendar/`
  const headers = { ...api.headersOf('admin'), 'content-type': 'text/calendar' }
  const answer = await calendars.server.app.inject({ method: 'PUT', url, headers, payload })
  expect({ status: answer.statusCode, text: answer.body }).toMatchObject({ status: 200 })
  return body.id
}

const finalShifts = async (id: string): Promise<readonly string[]> => {
  const { body } = await api.call('GET', `/api/v1/schedules/${id}/final_shifts/?start_date=2026-03-17&end_date=2026-09-29`)
  const iso = (text: string): string => new Date(text).toISOString()
  return body.results.map((row: any) => `${row.user_username} ${iso(row.shift_start)} ${iso(row.shift_end)}`).toSorted()
}

const clippedEntries = async (id: string): Promise<readonly string[]> =>
  (await calendars.entriesOf(await calendars.exportUrl(`schedules/${id}`)))
    .map(({ summary, window }) => `${summary} ${clipped(window)}`)
    .toSorted()

/** To the window of the calendar, as final shifts are. */
const clipped = (window: string): string => {
  const [start = '', end = ''] = window.split(' ')
  return [start < '2026-03-17' ? '2026-03-17T00:00:00.000Z' : start, end > '2026-09-29' ? '2026-09-29T00:00:00.000Z' : end].join(
    ' ',
  )
}
