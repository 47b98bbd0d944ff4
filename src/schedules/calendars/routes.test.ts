import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CalendarWorld, calendarWorld } from '../../../test/support/schedules/calendar-world.ts'
import { testClock } from '../../../test/support/server.ts'
import { known } from '../../lib/check.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { hours, minutes } from '../../lib/time.ts'
import { noteRefresh } from './commands.ts'
import { readContent } from './save-commands.ts'
import { lockCalendar } from './store.ts'

let world: CalendarWorld

beforeAll(async () => {
  world = await calendarWorld()
})

beforeEach(() => {
  world.files.clear()
  world.requests.length = 0
})

afterAll(() => world.close())

const url = 'https://calendar.example/rota.ics'

/** A calendar in which each person has the pager from one hour of UTC to another, on the first of April of 2026. */
const calendar = (...shifts: readonly (readonly [name: string, from: number, to: number])[]): string =>
  [
    'BEGIN:VCALENDAR',
    ...shifts.flatMap(([name, from, to], index) => [
      ...['BEGIN:VEVENT', `UID:${index}`, `SUMMARY:${name}`],
      ...[`DTSTART:20260401T${two(from)}0000Z`, `DTEND:20260401T${two(to)}0000Z`, 'END:VEVENT'],
    ]),
    'END:VCALENDAR',
  ].join('\r\n')

const two = (number: number): string => String(number).padStart(2, '0')

/** Noon; the editor is on call in the morning, the admin in the afternoon. */
const rota = calendar(['harbour-editor', 8, 12], ['ADMIN@harbour.example', 12, 18])

const created = async (body: object) => (await world.crew.api('POST', 'schedules/', { type: 'ical', name: 'Rota', ...body })).json

const shown = async (id: string) => (await world.crew.api('GET', `schedules/${id}/`)).json

const finalShifts = async (id: string): Promise<readonly string[]> => {
  const answer = await world.crew.api('GET', `schedules/${id}/final_shifts/?start_date=2026-04-01&end_date=2026-04-02`)
  return answer.json.results.map(
    (row: { shift_start: string; shift_end: string; user_username: string }) =>
      `${row.shift_start.slice(11, 16)}-${row.shift_end.slice(11, 16)} ${row.user_username}`,
  )
}

describe('a schedule of type ical', () => {
  test('is on call by its calendar from the moment it is saved', async () => {
    world.files.set(url, { body: rota })
    const { users } = world.crew
    const schedule = await created({ ical_url_primary: url })
    expect(schedule).toEqual({
      id: expect.stringMatching(/^S/),
      team_id: null,
      name: 'Rota',
      type: 'ical',
      slack: { channel_id: null, user_group_id: null },
      on_call_now: [users.admin],
      ical_url_primary: url,
      ical_url_overrides: null,
      ical_status: {
        primary: { refreshed_at: '2026-04-01T12:00:00Z', failed_at: null, error: null, problems: [] },
        unmatched_names: [],
      },
    })
    expect(await finalShifts(schedule.id)).toEqual(['08:00-12:00 harbour-editor', '12:00-18:00 admin'])
    expect(world.requests).toMatchObject([{ method: 'GET', url, body: null }])
  })

  test('says which names are nobody, and which events cannot be read', async () => {
    const odd = ['BEGIN:VEVENT', 'SUMMARY:Odd', 'DTSTART;TZID=Nowhere:20260401T000000', 'END:VEVENT', 'END:VCALENDAR'].join(
      '\r\n',
    )
    const body = calendar(['nobody', 8, 20], ['nobody', 20, 22], ['harbour-Editor', 8, 20]).replace('END:VCALENDAR', odd)
    world.files.set(url, { body })
    const schedule = await created({ ical_url_primary: url })
    expect(schedule.on_call_now).toEqual([])
    expect(schedule.ical_status).toMatchObject({
      primary: { problems: [expect.stringContaining('The event "Odd" is in the time zone "Nowhere"')] },
      unmatched_names: ['harbour-Editor', 'nobody'],
    })
  })

  test('passes over people who are not paged', async () => {
    world.files.set(url, { body: calendar(['[L1] harbour-viewer', 8, 20], ['harbour-editor', 8, 20]) })
    expect((await created({ ical_url_primary: url })).on_call_now).toEqual([world.crew.users.editor])
  })

  test('has people of its own organization only', async () => {
    const other = await world.newCrew('lake')
    world.files.set(url, { body: calendar(['lake-editor', 8, 20], ['editor@lake.example', 8, 20]) })
    expect((await created({ ical_url_primary: url })).on_call_now).toEqual([])
    const theirs = await other.api('POST', 'schedules/', { type: 'ical', name: 'x', ical_url_primary: url })
    expect(theirs.json.on_call_now).toEqual([other.users.editor])
    expect((await world.crew.api('GET', `schedules/${theirs.json.id}/`)).status).toBe(404)
  })

  test('lets its calendar of overrides beat every level', async () => {
    world.files.set(url, { body: calendar(['[L9] harbour-editor', 8, 20]) })
    world.files.set('https://calendar.example/x.ics', { body: calendar(['admin@harbour.example', 11, 13]) })
    const schedule = await created({ ical_url_primary: url, ical_url_overrides: 'https://calendar.example/x.ics' })
    expect(await finalShifts(schedule.id)).toEqual([
      '08:00-11:00 harbour-editor',
      '11:00-13:00 admin',
      '13:00-20:00 harbour-editor',
    ])
    const without = await world.crew.api('PATCH', `schedules/${schedule.id}/`, { ical_url_overrides: '' })
    expect(without.json).toMatchObject({ on_call_now: [world.crew.users.editor], ical_url_overrides: null })
  })

  test('follows another URL from the change on', async () => {
    world.files.set(url, { body: rota })
    const schedule = await created({ ical_url_primary: url })
    const other = 'https://calendar.example/other.ics'
    world.files.set(other, { body: calendar(['harbour-editor', 0, 23]) })
    const changed = await world.crew.api('PUT', `schedules/${schedule.id}/`, { ical_url_primary: other, type: 'web' })
    expect(changed.json).toMatchObject({ type: 'ical', on_call_now: [world.crew.users.editor] })
    expect(await finalShifts(schedule.id)).toEqual(['08:00-23:00 harbour-editor'])
  })

  test('is renamed without asking for its calendar again', async () => {
    world.files.set(url, { body: rota })
    const schedule = await created({ ical_url_primary: url })
    world.files.clear()
    const renamed = await world.crew.api('PUT', `schedules/${schedule.id}/`, { name: 'Night', ical_url_primary: url })
    expect(renamed.json).toMatchObject({ name: 'Night', on_call_now: [world.crew.users.admin] })
    expect(world.requests).toHaveLength(1)
  })

  test('has no shifts', async () => {
    world.files.set(url, { body: rota })
    const { id } = await created({ ical_url_primary: url, shifts: ['O123456789ABC'] })
    const shift = { type: 'single_event', name: 'x', start: '2026-04-01T00:00:00', duration: 3600, schedule: id }
    const refused = await world.crew.api('POST', 'on_call_shifts/', shift)
    expect(refused).toMatchObject({ status: 400, json: { schedule: ['A schedule of type ical has no shifts'] } })
  })

  test.each([
    ['without a URL', {}, { ical_url_primary: ['This field is required.'] }],
    ['with a URL that is none', { ical_url_primary: 'rota' }, { ical_url_primary: ['Enter a valid URL.'] }],
    ['with a file of this machine', { ical_url_primary: 'file:///etc/passwd' }, { ical_url_primary: ['Enter a valid URL.'] }],
    ['with a number', { ical_url_primary: {} }, { ical_url_primary: ['Not a valid string.'] }],
    [
      'that follows what this server exports',
      { ical_url_primary: 'https://bell.example/api/v1/schedules/S1/export?token=1' },
      { ical_url_primary: ['Potential self-reference'] },
    ],
    [
      'of a private address',
      { ical_url_primary: 'http://127.0.0.1/rota.ics' },
      { ical_url_primary: ['Ical download failed', expect.stringContaining('private, local or reserved address')] },
    ],
    [
      'with a password in its URL',
      { ical_url_primary: 'https://ada:x@calendar.example/rota.ics' },
      {
        ical_url_primary: [
          'Ical download failed',
          'The URL contains a user name or a password. Calendars that need one cannot be followed.',
        ],
      },
    ],
    [
      'of a server that does not answer',
      { ical_url_primary: 'https://calendar.example/silent.ics' },
      { ical_url_primary: ['Ical download failed', 'No connection.'] },
    ],
    [
      'of a server that refuses',
      { ical_url_primary: 'https://calendar.example/404.ics' },
      { ical_url_primary: ['Ical download failed', 'The server answered 404.'] },
    ],
    [
      'of a server that redirects for ever',
      { ical_url_primary: 'https://calendar.example/round.ics' },
      { ical_url_primary: ['Ical download failed', 'It is redirected more than 3 times.'] },
    ],
    [
      'with a web page, and overrides that are too large',
      { ical_url_primary: 'https://calendar.example/page', ical_url_overrides: 'https://calendar.example/huge.ics' },
      {
        ical_url_primary: ['Ical parse failed', 'It is no iCalendar file: it has no BEGIN:VCALENDAR.'],
        ical_url_overrides: ['Ical download failed', 'The file is larger than 5 MiB.'],
      },
    ],
  ])('is not made %s', async (_name, body, expected) => {
    world.files.set('https://calendar.example/404.ics', { status: 404, body: rota })
    world.files.set('https://calendar.example/round.ics', { status: 302, headers: { location: 'round.ics' } })
    world.files.set('https://calendar.example/page', { body: '<html>Sign in</html>' })
    world.files.set('https://calendar.example/huge.ics', { body: 'x'.repeat(5 * 1024 * 1024), truncated: true })
    const before = (await world.crew.api('GET', 'schedules/')).json.count
    expect(await world.crew.api('POST', 'schedules/', { type: 'ical', name: 'Rota', ...body })).toMatchObject({
      status: 400,
      json: expected,
    })
    expect((await world.crew.api('GET', 'schedules/')).json.count).toBe(before)
  })

  test('is found where a redirect leads, and under the scheme of calendar programs', async () => {
    world.files.set('https://calendar.example/moved', { status: 301, headers: { location: '/rota.ics' } })
    world.files.set(url, { body: rota })
    const schedule = await created({ ical_url_primary: 'webcal://calendar.example/moved' })
    expect(schedule).toMatchObject({ on_call_now: [world.crew.users.admin], ical_url_primary: 'webcal://calendar.example/moved' })
    expect(world.requests.map((request) => request.url)).toEqual(['https://calendar.example/moved', url])
  })

  test('explains who is on call by the names of events', async () => {
    world.files.set(url, { body: calendar(['[L1] harbour-editor', 8, 20]) })
    const schedule = await created({ ical_url_primary: url })
    const answer = await world.crew.api('GET', `schedules/${schedule.id}/on_call/`)
    expect(answer.json.users).toMatchObject([{ cover: { kind: 'layer', id: 'primary:0', name: 'harbour-editor', level: 1 } }])
    expect((await world.crew.api('GET', `schedules/${schedule.id}/explain/`)).status).toBe(200)
  })
})

describe('an uploaded calendar', () => {
  test('says who is on call from now on', async () => {
    const schedule = await created({ ical_url_primary: '' })
    expect(schedule).toMatchObject({ on_call_now: [], ical_url_primary: null })
    expect(await world.put(schedule.id, rota)).toMatchObject({
      status: 200,
      json: {
        on_call_now: [world.crew.users.admin],
        ical_status: { primary: { refreshed_at: '2026-04-01T12:00:00Z', error: null }, unmatched_names: [] },
      },
    })
    expect(await finalShifts(schedule.id)).toEqual(['08:00-12:00 harbour-editor', '12:00-18:00 admin'])
    expect(await world.put(schedule.id, calendar(['harbour-editor', 0, 23]))).toMatchObject({ status: 200 })
    expect(await finalShifts(schedule.id)).toEqual(['08:00-23:00 harbour-editor'])
  })

  test('that cannot be read changes nothing', async () => {
    const schedule = await created({ ical_url_primary: null })
    await world.put(schedule.id, rota)
    const faults = ['Ical parse failed', 'It is no iCalendar file: it has no BEGIN:VCALENDAR.']
    expect(await world.put(schedule.id, 'x')).toEqual({ status: 400, json: { calendar: faults } })
    expect(await world.put(schedule.id, '')).toMatchObject({ status: 400 })
    expect(await world.put(schedule.id, rota, 'application/json')).toMatchObject({ status: 415 })
    expect(await world.put(schedule.id, 'x'.repeat(5 * 1024 * 1024 + 1))).toMatchObject({ status: 400 })
    expect(await world.put(schedule.id, 'x'.repeat(5 * 1024 * 1024 + 2))).toMatchObject({ status: 413 })
    expect((await shown(schedule.id)).on_call_now).toEqual([world.crew.users.admin])
  })

  test('is refused where a URL or shifts say who is on call', async () => {
    world.files.set(url, { body: rota })
    const { id } = await created({ ical_url_primary: url })
    expect(await world.put(id, rota)).toEqual({
      status: 400,
      json: { detail: 'The calendar of this schedule comes from its URL.' },
    })
    const web = await world.crew.api('POST', 'schedules/', { type: 'web', name: 'x', time_zone: 'UTC' })
    const only = 'A calendar can be uploaded to a schedule of type ical only.'
    expect(await world.put(web.json.id, rota)).toEqual({ status: 400, json: { detail: only } })
    const theirs = await (await world.newCrew('pond')).api('POST', 'schedules/', {
      type: 'ical',
      name: 'x',
      ical_url_primary: '',
    })
    expect(await world.put(theirs.json.id, rota)).toMatchObject({ status: 404 })
  })
})

describe('the calendar of overrides of a calendar schedule', () => {
  const overrides = 'https://calendar.example/overrides.ics'
  const making = { type: 'calendar', name: 'x', time_zone: 'UTC', ical_url_overrides: overrides }

  test('is stored without asking, followed soon, and not while overrides of the web page count', async () => {
    const schedule = (await world.crew.api('POST', 'schedules/', making)).json
    expect(schedule).toMatchObject({
      on_call_now: [],
      ical_url_overrides: overrides,
      ical_status: { overrides: { refreshed_at: null } },
    })
    expect(world.requests).toEqual([])
    world.files.set(overrides, { body: rota })
    await world.refresh()
    expect((await shown(schedule.id)).on_call_now).toEqual([world.crew.users.admin])
    const ignored = await world.crew.api('PUT', `schedules/${schedule.id}/`, { enable_web_overrides: true })
    expect(ignored.json).toMatchObject({ on_call_now: [], ical_url_overrides: overrides })
  })

  test('is refused where it cannot be called', async () => {
    const answer = await world.crew.api('POST', 'schedules/', { ...making, ical_url_overrides: 'http://10.0.0.1/x' })
    expect(answer).toMatchObject({ status: 400, json: { ical_url_overrides: ['Ical download failed', expect.any(String)] } })
  })
})

describe('calendars that are followed', () => {
  const etag = '"one"'

  test('are asked for every ten minutes, and sent again only when they have changed', async () => {
    world.files.set(url, { body: rota, headers: { etag, 'last-modified': 'Wed, 01 Apr 2026 00:00:00 GMT' } })
    const { id } = await created({ ical_url_primary: url })
    world.requests.length = 0
    await world.refresh()
    expect(world.requests.filter((request) => request.url === url)).toEqual([])
    world.files.set(url, { status: 304 })
    world.pass(minutes(11))
    await world.refresh()
    const again = world.requests.filter((request) => request.url === url && request.headers['if-none-match'] === etag)
    expect(again.map(({ headers }) => headers['if-modified-since'])).toEqual(['Wed, 01 Apr 2026 00:00:00 GMT'])
    expect((await shown(id)).ical_status.primary).toMatchObject({ refreshed_at: '2026-04-01T12:11:00Z', error: null })
  })

  test('change who is on call from the moment the change is seen', async () => {
    world.files.set(url, { body: calendar(['harbour-editor', 8, 20]) })
    const { id } = await created({ ical_url_primary: url })
    world.files.set(url, { body: calendar(['harbour-admin', 8, 20], ['admin@harbour.example', 8, 20]) })
    world.pass(minutes(11))
    await world.refresh()
    expect((await shown(id)).on_call_now).toEqual([world.crew.users.admin])
    expect(await finalShifts(id)).toEqual(['08:00-12:22 harbour-editor', '12:22-20:00 admin'])
  })

  test('do not grow by what is over, also when each answer has other names for the same events', async () => {
    const answer = (word: string) => ({
      body: calendar(['harbour-editor', 1, 8], ['harbour-editor', 8, 20]).replaceAll('UID:', word),
    })
    world.files.set(url, answer('UID:first-'))
    const { id } = await created({ ical_url_primary: url })
    for (const word of ['UID:second-', 'UID:third-']) {
      world.files.set(url, answer(word))
      world.pass(minutes(11))
      await world.refresh()
    }
    const rows = await world.db.sql.selectFrom('calendar_stretches').select('uid').where('schedule_id', '=', id).execute()
    expect(rows.map(({ uid }) => uid).toSorted()).toEqual(['first-0', 'first-1', 'second-1', 'third-1'])
  })

  test('that are overrides of a calendar schedule hold until the first good answer of a new URL', async () => {
    const overrides = 'https://calendar.example/overrides.ics'
    const making = { type: 'calendar', name: 'x', time_zone: 'UTC', ical_url_overrides: overrides }
    world.files.set(overrides, { body: rota })
    const { id } = (await world.crew.api('POST', 'schedules/', making)).json
    await world.refresh()
    const moved = `${overrides}?v2`
    await world.crew.api('PATCH', `schedules/${id}/`, { ical_url_overrides: moved })
    expect((await shown(id)).on_call_now).toEqual([world.crew.users.admin])
    await world.refresh()
    expect(await shown(id)).toMatchObject({
      on_call_now: [world.crew.users.admin],
      ical_status: { overrides: { error: 'No connection.' } },
    })
    world.files.set(moved, { body: calendar(['harbour-editor', 8, 20]) })
    world.pass(minutes(11))
    await world.refresh()
    expect((await shown(id)).on_call_now).toEqual([world.crew.users.editor])
  })

  test('that are uploaded hold against what is worked out of the file before at the same time', async () => {
    const { id } = await created({ ical_url_primary: null })
    await world.put(id, calendar(['harbour-editor', 8, 20]))
    world.pass(minutes(1))
    const key = { organizationId: world.crew.organizationId, scheduleId: asId<ScheduleId>(id), role: 'primary' } as const
    const found = known(await world.db.tx('look', (tx) => lockCalendar(tx, key)), 'the calendar was uploaded')
    const before = await readContent({ ...testClock, now: world.now }, Buffer.from(calendar(['harbour-editor', 8, 20])))
    if (!before.ok) throw new Error(before.reason.join())
    await world.put(id, calendar(['ADMIN@harbour.example', 8, 20]))
    world.pass(minutes(1))
    const { reading, validators } = before.value
    await world.db.tx('refresh calendar', (tx) => noteRefresh(tx, found, { kind: 'same', validators, reading }))
    expect((await shown(id)).on_call_now).toEqual([world.crew.users.admin])
  })

  test('that fail keep who was on call, and say why until they are well again', async () => {
    world.files.set(url, { body: calendar(['harbour-editor', 8, 20]) })
    const { id } = await created({ ical_url_primary: url })
    const failing = [
      [{ status: 500 }, 'The server answered 500.'],
      [{ body: 'busy' }, 'It is no iCalendar file: it has no BEGIN:VCALENDAR.'],
      [{ body: 'BEGIN:VCALENDAR', truncated: true }, 'The answer broke off, or took longer than 10 s.'],
    ] as const
    for (const [answer, error] of failing) {
      world.files.set(url, answer)
      world.pass(minutes(11))
      await world.refresh()
      expect(await shown(id)).toMatchObject({ on_call_now: [world.crew.users.editor], ical_status: { primary: { error } } })
    }
    world.files.set(url, { body: calendar(['harbour-editor', 8, 20]) })
    world.pass(minutes(11))
    await world.refresh()
    expect((await shown(id)).ical_status.primary).toMatchObject({ failed_at: null, error: null })
  })

  test('that fail for an hour, and are well again after that, are events', async () => {
    world.files.set(url, { body: rota })
    const { id } = await created({ ical_url_primary: url })
    const told = async () => {
      const rows = await world.db.sql.selectFrom('events').select(['type', 'data']).orderBy('sequence').execute()
      const all = rows.map(({ type, data }) => ({ type, ...JSON.parse(data) }))
      return all.filter(({ type, schedule }) => type.startsWith('schedule.calendar_') && schedule.id === id)
    }
    const passing = async (duration: number) => {
      for (let minute = 0; minute < duration; minute += 12) {
        world.pass(minutes(12))
        await world.refresh()
      }
    }
    world.files.delete(url)
    await passing(48)
    world.files.set(url, { body: rota })
    await passing(12)
    expect(await told()).toEqual([])
    world.files.set(url, { status: 503 })
    await passing(240)
    const [failed, ...others] = await told()
    expect(others).toEqual([])
    const common = { schedule: { id, name: 'Rota' }, calendar: 'primary' }
    expect(failed).toEqual({
      ...{ type: 'schedule.calendar_failed', ...common, error: 'The server answered 503.' },
      failing_since: expect.stringMatching(/^2026-04-\d\dT\d\d:\d\d:00Z$/),
    })
    world.files.set(url, { body: rota })
    await passing(36)
    expect(await told()).toEqual([
      failed,
      { type: 'schedule.calendar_recovered', ...common, failing_since: failed.failing_since },
    ])
  })

  test('that are deleted are not asked for any more', async () => {
    const own = 'https://calendar.example/own.ics'
    world.files.set(own, { body: rota })
    const { id } = await created({ ical_url_primary: own })
    await world.crew.api('DELETE', `schedules/${id}/`)
    world.pass(hours(48))
    await world.refresh()
    expect(world.requests.filter((request) => request.url === own)).toHaveLength(1)
  })

  test('are worked out anew every day, so that what repeats goes on', async () => {
    const daily = ['DTSTART:20260401T000000Z', 'DURATION:PT24H', 'RRULE:FREQ=DAILY', 'SUMMARY:harbour-editor']
    const schedule = await created({ ical_url_primary: '' })
    await world.put(schedule.id, ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...daily, 'END:VEVENT', 'END:VCALENDAR'].join('\n'))
    for (let day = 0; day < 3; day += 1) {
      world.pass(hours(200 * 24))
      await world.refresh()
    }
    expect((await shown(schedule.id)).on_call_now).toEqual([world.crew.users.editor])
  })
})
