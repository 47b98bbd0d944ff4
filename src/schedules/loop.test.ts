import { describe, expect, test } from 'vitest'
import { reading, stillSchedules } from '../../test/support/schedules/still-schedules.ts'
import { pageSettings } from '../../test/support/still-world.ts'
import { chainsOfSchedules } from '../escalation-chains/policy-commands.ts'
import { asId, type ScheduleId } from '../lib/ids.ts'
import { after, days, hours, type Instant, instant, minutes, ms, seconds } from '../lib/time.ts'
import { announcePrepared } from './hand-overs/announce-commands.ts'
import { skipMissedHandOvers } from './hand-overs/watch-commands.ts'

const { world, crew, start, count, round, until, make, delays } = await stillSchedules()

/** The admin and the editor by turns, an hour each, from an instant on. */
async function hourly(from: Instant, fields: object = {}) {
  const schedule = await make('schedules/', { name: `s${count()} ${world.now()}`, type: 'web', time_zone: 'UTC', ...fields })
  const shift = await make('on_call_shifts/', {
    ...{
      type: 'rolling_users',
      name: 'hourly',
      start: reading(from),
      rotation_start: reading(from),
      duration: 3600,
      frequency: 'hourly',
    },
    ...{ interval: 1, rolling_users: [[crew.users.admin], [crew.users.editor]], start_rotation_from_user_index: 0, schedule },
  })
  return { schedule, shift }
}

type Told = {
  readonly type: string
  readonly sequence: number
  readonly data: any
}

/** What events say of schedules, in their order. */
async function told(schedule?: string): Promise<readonly Told[]> {
  const rows = await world.db.sql
    .selectFrom('events')
    .select(['type', 'sequence', 'data'])
    .where('organization_id', '=', crew.organizationId)
    .where('type', 'in', ['schedule.shift_changed', 'schedule.gap_started', 'schedule.gap_ended'])
    .where('at', '>=', new Date(start()))
    .orderBy('sequence')
    .execute()
  const all = rows.map((row) => ({ ...row, data: JSON.parse(row.data) }))
  return all.filter(({ data }) => schedule === undefined || data.schedule.id === schedule)
}

const names = (people: readonly any[]) => people.map(({ username }) => username.replace('harbour-', '')).join('+')

/** Type, minutes since the beginning of the test, who to whom, why. */
async function story(schedule?: string): Promise<readonly string[]> {
  return (await told(schedule)).map(({ type, data }) => {
    const minute = (Date.parse(data.scheduled_at) - start()) / 60_000
    const late = data.late ? ' late' : ''
    return `${type.replace('schedule.', '')} ${minute} ${names(data.previous)}>${names(data.current)} ${data.cause}${late}`
  })
}

describe('a hand-over', () => {
  test('is announced at its instant, once, with all that there is to say', async () => {
    const { schedule, shift } = await hourly(world.now())
    const chain = await make('escalation_chains/', { name: `chain ${count()}` })
    const step = { escalation_chain_id: chain, type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: schedule }
    await make('escalation_policies/', step)
    await make('escalation_policies/', { ...step, important: true })
    await until(after(start(), minutes(60)))
    await round()
    expect(await story()).toEqual(['shift_changed 0 >admin configuration', 'shift_changed 60 admin>editor rotation'])
    const [, event] = await told()
    const cover = { kind: 'layer', id: shift, name: 'hourly' }
    const admin = {
      ...{
        id: crew.users.admin,
        username: 'admin',
        name: 'admin',
        first_name: 'admin',
        last_name: '',
        email: 'admin@harbour.example',
      },
      ...{ role: 'admin', slack_user_id: null, cover },
    }
    const editor = {
      ...{
        id: crew.users.editor,
        username: 'harbour-editor',
        name: 'harbour-editor',
        first_name: 'harbour-editor',
        last_name: '',
      },
      ...{ email: 'editor@harbour.example', role: 'editor', slack_user_id: null, cover },
    }
    const second = (at: Instant) => `${reading(at)}Z`
    expect(event?.data).toEqual({
      scheduled_at: second(world.now()),
      detected_at: second(world.now()),
      ...{ late: false, change_number: 2, cause: 'rotation', gap: false },
      schedule: {
        ...{ id: schedule, name: `s${count()} ${start()}`, type: 'web', time_zone: 'UTC', team: null },
        ...{ created_at: second(start()), updated_at: second(start()) },
      },
      previous: [admin],
      current: [editor],
      next: { at: second(after(world.now(), hours(1))), users: [admin] },
      escalation_chains: [{ id: chain, name: `chain ${count()}` }],
    })
  })

  test('that was missed is announced late, each in order, and nothing twice', async () => {
    const { schedule } = await hourly(world.now())
    await round()
    world.pass(minutes(180))
    world.pass(seconds(5))
    await round()
    world.pass(minutes(60))
    world.pass(seconds(1))
    await round()
    await round()
    expect(await story(schedule)).toEqual([
      'shift_changed 0 >admin configuration',
      'shift_changed 60 admin>editor rotation late',
      'shift_changed 120 editor>admin rotation late',
      'shift_changed 180 admin>editor rotation',
      'shift_changed 240 editor>admin rotation late',
    ])
    expect((await told(schedule)).map(({ data }) => data.change_number)).toEqual([1, 2, 3, 4, 5])
    const found = [hours(2), hours(1), hours(0)].map((wait) => ms(wait + seconds(5)))
    expect(delays).toEqual([0, ...found, seconds(6)])
  })

  test('of two months of downtime is announced some hundreds at a time, all in order', async () => {
    const { schedule } = await hourly(world.now())
    await round()
    world.pass(days(60))
    expect(await round()).toBeLessThan(world.now())
    expect(await told(schedule)).toHaveLength(1 + 500)
    await until(world.now())
    const all = await told(schedule)
    expect(all).toHaveLength(1 + 60 * 24)
    const instants = all.map(({ data }) => Date.parse(data.scheduled_at))
    expect(instants).toEqual(instants.map((_, index) => (instants[0] ?? 0) + index * 3_600_000))
    expect(all.map(({ data }) => data.change_number)).toEqual(all.map((_, index) => index + 1))
  })

  test('of somebody to themself is none', async () => {
    const schedule = await make('schedules/', { name: 'same', type: 'web', time_zone: 'UTC' })
    const single = { type: 'single_event', duration: 3600, users: [crew.users.editor], schedule }
    await make('on_call_shifts/', { ...single, name: 'a', start: reading(world.now()) })
    await make('on_call_shifts/', { ...single, name: 'b', start: reading(after(world.now(), hours(1))) })
    await until(after(world.now(), hours(3)))
    expect(await story()).toEqual([
      'shift_changed 0 >editor configuration',
      'shift_changed 120 editor> layer_end',
      'gap_started 120 editor> layer_end',
    ])
  })
})

describe('nobody on call', () => {
  test('is a gap with a beginning and an end, but not before somebody was', async () => {
    const schedule = await make('schedules/', { name: 'gappy', type: 'web', time_zone: 'UTC' })
    await round()
    const single = { type: 'single_event', duration: 3600, users: [crew.users.editor], schedule }
    await make('on_call_shifts/', { ...single, name: 'a', start: reading(after(world.now(), hours(1))) })
    await make('on_call_shifts/', { ...single, name: 'b', start: reading(after(world.now(), hours(3))) })
    await until(after(world.now(), hours(5)))
    expect(await story()).toEqual([
      'shift_changed 60 >editor layer_start',
      'shift_changed 120 editor> layer_end',
      'gap_started 120 editor> layer_end',
      'shift_changed 180 >editor layer_start',
      'gap_ended 180 >editor layer_start',
      'shift_changed 240 editor> layer_end',
      'gap_started 240 editor> layer_end',
    ])
  })

  test('is no gap where the schedule is no more', async () => {
    const { schedule } = await hourly(world.now())
    await round()
    world.pass(minutes(5))
    expect((await crew.api('DELETE', `schedules/${schedule}/`)).status).toBe(204)
    await round()
    world.pass(days(1))
    await round()
    expect(await story()).toEqual(['shift_changed 0 >admin configuration', 'shift_changed 5 admin> configuration'])
    expect(await world.db.sql.selectFrom('schedule_watches').selectAll().execute()).toEqual([])
  })

  test('ends for good with a schedule that has a gap', async () => {
    const { schedule } = await hourly(world.now())
    await until(after(world.now(), minutes(5)))
    await crew.api('PATCH', `schedules/${schedule}/`, { shifts: [] })
    await until(after(world.now(), minutes(5)))
    await crew.api('DELETE', `schedules/${schedule}/`)
    await round()
    expect((await story()).slice(1)).toEqual([
      'shift_changed 5 admin> configuration',
      'gap_started 5 admin> configuration',
      'gap_ended 10 > configuration',
    ])
  })
})

describe('an edit', () => {
  test('that changes who is on call now is a hand-over now, and what was prepared before it is forgotten', async () => {
    const { shift } = await hourly(world.now())
    await until(after(world.now(), minutes(10)))
    await crew.api('PUT', `on_call_shifts/${shift}/`, {
      ...{ type: 'single_event', name: 'single', start: reading(world.now()), duration: 7200, users: [crew.users.editor] },
    })
    await until(after(world.now(), minutes(120)))
    expect(await story()).toEqual([
      'shift_changed 0 >admin configuration',
      'shift_changed 10 admin>editor configuration',
      'shift_changed 130 editor> layer_end',
      'gap_started 130 editor> layer_end',
    ])
  })

  test('of what comes later is none', async () => {
    const { shift } = await hourly(world.now())
    await until(after(world.now(), minutes(10)))
    await crew.api('PATCH', `on_call_shifts/${shift}/`, { name: 'renamed' })
    await until(after(world.now(), minutes(50)))
    const all = await told()
    expect(all).toHaveLength(2)
    expect(all[1]?.data.current[0].cover.name).toBe('renamed')
  })

  test('in the instant of a hand-over does not hide it', async () => {
    const { shift } = await hourly(world.now())
    await until(after(world.now(), minutes(59)))
    world.pass(minutes(1))
    await crew.api('PATCH', `on_call_shifts/${shift}/`, { name: 'renamed' })
    await until(after(world.now(), minutes(1)))
    expect((await story()).slice(1)).toEqual(['shift_changed 60 admin>editor configuration'])
  })

  test('whose instant has passed when it is seen is a hand-over of now', async () => {
    const { schedule } = await hourly(world.now())
    await until(after(world.now(), minutes(10)))
    await world.db.sql.updateTable('schedule_watches').set({ on_call: '[]' }).execute()
    await crew.api('PATCH', `schedules/${schedule}/`, { name: `seen late ${count()}` })
    world.pass(minutes(1))
    await round()
    expect((await story()).slice(1)).toEqual(['shift_changed 11 >admin configuration'])
  })
})

describe('a person', () => {
  test('who leaves hands over to whoever is below, and comes back', async () => {
    world.pass(minutes(-1))
    const leaver = await make('users/', {
      username: `leaver${count()}`,
      email: `leaver${count()}@harbour.example`,
      role: 'editor',
    })
    world.pass(minutes(1))
    const schedule = await make('schedules/', { name: 'left', type: 'web', time_zone: 'UTC' })
    const single = { type: 'single_event', duration: 36_000, start: reading(world.now()), schedule }
    await make('on_call_shifts/', { ...single, name: 'above', users: [leaver], level: 2 })
    await make('on_call_shifts/', { ...single, name: 'below', users: [crew.users.editor], level: 1 })
    await until(after(world.now(), minutes(10)))
    await crew.api('PATCH', `users/${leaver}/`, { role: 'none' })
    await until(after(world.now(), minutes(10)))
    await crew.api('PATCH', `users/${leaver}/`, { role: 'editor' })
    world.pass(minutes(10))
    await crew.api('DELETE', `users/${leaver}/`)
    world.pass(minutes(10))
    await round()
    expect((await story(schedule)).map((line) => line.replace(`leaver${count()}`, 'leaver'))).toEqual([
      'shift_changed 0 >leaver configuration',
      'shift_changed 10 leaver>editor user',
      'shift_changed 20 editor>leaver user late',
      'shift_changed 30 leaver>editor user late',
    ])
  })

  test('who left before a hand-over is told of before it, also when the hand-over is about to be written', async () => {
    const { schedule } = await hourly(start())
    await until(after(start(), minutes(61)))
    world.setTime(after(start(), minutes(90)))
    await crew.api('PATCH', `users/${crew.users.editor}/`, { role: 'viewer' })
    world.setTime(after(start(), minutes(121)))
    // A node that had asked for presence before, and stood still since.
    const some = { organizationId: crew.organizationId, ids: [asId<ScheduleId>(schedule)] }
    await world.db.tx('announce', (tx) =>
      announcePrepared(tx, { chainsOfSchedules, notifications: pageSettings, observeDelay: () => {} }, some),
    )
    await round()
    expect(await story()).toEqual([
      'shift_changed 0 >admin configuration',
      'shift_changed 60 admin>editor rotation',
      'shift_changed 90 editor> user late',
      'gap_started 90 editor> user late',
      'shift_changed 120 >admin rotation late',
      'gap_ended 120 >admin rotation late',
    ])
    await crew.api('PATCH', `users/${crew.users.editor}/`, { role: 'editor' })
    await round()
  })

  test('whom nothing names wakes no schedule', async () => {
    await hourly(world.now())
    const stranger = await make('users/', { username: `x${count()}`, email: `x${count()}@harbour.example`, role: 'editor' })
    const next = await round()
    await crew.api('DELETE', `users/${stranger}/`)
    expect(await round()).toBe(next)
  })
})

test('a person whom a calendar has been naming for long is on call from the moment at which there is such a user', async () => {
  const schedule = await make('schedules/', { name: `file ${count()}`, type: 'ical', ical_url_primary: null })
  const basic = (at: Instant) => `${reading(at).replace(/[-:]/g, '')}Z`
  const event = [
    'UID:1',
    `DTSTART:${basic(world.now())}`,
    `DTEND:${basic(after(world.now(), hours(9)))}`,
    `SUMMARY:newbie${count()}`,
  ]
  const calendar = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', 'BEGIN:VEVENT', ...event, 'END:VEVENT', 'END:VCALENDAR', '']
  const put = await world.app.inject({
    method: 'PUT',
    url: `/api/v1/schedules/${schedule}/calendar/`,
    headers: { authorization: crew.tokens.admin, 'content-type': 'text/calendar' },
    payload: calendar.join('\r\n'),
  })
  expect(put.statusCode).toBeLessThan(300)
  await until(after(world.now(), minutes(10)))
  const newbie = await make('users/', { username: `newbie${count()}`, email: `newbie${count()}@harbour.example`, role: 'editor' })
  await until(after(world.now(), minutes(10)))
  await crew.api('PATCH', `users/${newbie}/`, { username: `other${count()}` })
  await round()
  expect((await story()).map((line) => line.replaceAll(/newbie\d+|other\d+/g, 'newbie'))).toEqual([
    'shift_changed 10 >newbie user',
    'shift_changed 20 newbie> configuration',
    'gap_started 20 newbie> configuration',
  ])
})

test('other rules of the zones change what comes, and tell what they change now', async () => {
  await hourly(world.now())
  await until(after(world.now(), minutes(10)))
  await world.db.sql.updateTable('schedule_watches').set({ on_call: '[]', zone_data: '1999a' }).execute()
  world.pass(minutes(1))
  await round()
  expect((await story()).slice(1)).toEqual(['shift_changed 11 >admin tzdata'])
})

test('a schedule that cannot be looked at holds up no other, and is told of later', async () => {
  const broken = await hourly(world.now())
  await hourly(world.now(), { name: `whole ${count()}` })
  await world.db.sql.updateTable('schedule_watches').set({ on_call: '{}' }).where('schedule_id', '=', broken.schedule).execute()
  expect(await round()).toEqual(after(world.now(), minutes(1)))
  expect(await story()).toEqual(['shift_changed 0 >admin configuration'])
  expect(world.errors.map(({ message, schedule_id }) => [message, schedule_id])).toEqual([['schedule failed', broken.schedule]])
  await world.db.sql.updateTable('schedule_watches').set({ on_call: '[]' }).where('schedule_id', '=', broken.schedule).execute()
  world.pass(minutes(1))
  await round()
  expect(await story(broken.schedule)).toEqual(['shift_changed 0 >admin configuration late'])
})

test('what was missed can be left unsaid, but for who is on call now', async () => {
  await hourly(world.now())
  await round()
  world.pass(minutes(210))
  await world.db.tx('skip', skipMissedHandOvers)
  await until(after(world.now(), minutes(30)))
  expect(await story()).toEqual([
    'shift_changed 0 >admin configuration',
    'shift_changed 210 admin>editor configuration',
    'shift_changed 240 editor>admin rotation',
  ])
})

test('what is not due is not looked at', async () => {
  await hourly(world.now())
  await round()
  await world.db.sql.updateTable('schedule_watches').set({ on_call: '{}' }).execute()
  world.pass(ms(3_599_000))
  expect(await round()).toEqual(instant(world.now() + seconds(1)))
  expect(world.errors).toEqual([])
})

test('two nodes that look at once announce once', async () => {
  await hourly(world.now())
  await Promise.all([round(), round()])
  world.pass(hours(1))
  await Promise.all([round(), round(), round()])
  expect(await story()).toEqual(['shift_changed 0 >admin configuration', 'shift_changed 60 admin>editor rotation'])
})

test('hand-overs of one instant are next to each other, by organization', async () => {
  for (let number = 0; number < 3; number += 1) await hourly(world.now(), { name: `n${number} ${count()}` })
  await round()
  world.pass(hours(1))
  await round()
  const all = (await told()).slice(-3)
  const [first] = all
  expect(all.map(({ sequence }) => sequence - (first?.sequence ?? 0))).toEqual([0, 1, 2])
})

/** Schedules with a shift of a person, of an hour from each of some instants, which a webhook of Zenduty hears of from now on. */
async function manyWith(user: string, hoursAhead: readonly number[]): Promise<void> {
  for (let number = 0; number < 60; number += 1) {
    const schedule = await make('schedules/', { name: `many ${number} ${count()}`, type: 'web', time_zone: 'UTC' })
    const single = { type: 'single_event', duration: 3600, users: [user], schedule }
    for (const hour of hoursAhead)
      await make('on_call_shifts/', { ...single, name: `${hour}`, start: reading(after(world.now(), hours(hour))) })
  }
  await round()
  await make('webhooks/', { name: `zenduty ${count()}`, url: 'https://zenduty.example/', preset: 'zenduty' })
}

/** Of how many events each message of the test tells. */
async function sizes(): Promise<readonly number[]> {
  const rows = await world.db.sql
    .selectFrom('deliveries')
    .select('grouped_sequences')
    .where('event_sequence', 'is not', null)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.grouped_sequences?.length ?? 1)
}

test('what a look finds in many schedules at one instant is one message for Zenduty', async () => {
  const leaver = await make('users/', { username: `all${count()}`, email: `all${count()}@harbour.example`, role: 'editor' })
  await manyWith(leaver, [0])
  world.pass(minutes(5))
  await crew.api('DELETE', `users/${leaver}/`)
  await round()
  expect(await sizes()).toEqual([60])
})

test('what was missed in many schedules is told instant by instant', async () => {
  await world.db.sql.deleteFrom('deliveries').execute()
  await world.db.sql.deleteFrom('webhooks').execute()
  await manyWith(crew.users.editor, [1, 3, 5])
  world.pass(minutes(270))
  await round()
  expect(await sizes()).toEqual([60, 60, 60, 60])
  const instants = (await told()).filter(({ type }) => type.endsWith('changed')).map(({ data }) => Date.parse(data.scheduled_at))
  expect(instants).toHaveLength(240)
  expect(instants).toEqual(instants.toSorted((left, right) => left - right))
})

test('what was missed at one instant is one message, whether it was prepared or not', async () => {
  await world.db.sql.deleteFrom('deliveries').execute()
  await world.db.sql.deleteFrom('webhooks').execute()
  const at = (hour: number) => reading(after(start(), hours(hour)))
  const withShifts = async (name: string, beginnings: readonly number[]) => {
    const schedule = await make('schedules/', { name: `${name} ${count()}`, type: 'web', time_zone: 'UTC' })
    const single = { type: 'single_event', duration: 3600, users: [crew.users.editor], schedule }
    for (const hour of beginnings) await make('on_call_shifts/', { ...single, name: `${hour}`, start: at(hour) })
  }
  await make('webhooks/', { name: `zenduty ${count()}`, url: 'https://zenduty.example/', preset: 'zenduty' })
  await withShifts('early', [1, 3])
  await withShifts('late', [3])
  await until(after(start(), minutes(30)))
  await withShifts('not looked at', [1, 3])
  world.pass(hours(3.5))
  await round()
  expect((await story()).filter((line) => !line.startsWith('gap'))).toEqual([
    ...Array(2).fill('shift_changed 60 >editor layer_start late'),
    ...Array(2).fill('shift_changed 120 editor> layer_end late'),
    ...Array(3).fill('shift_changed 180 >editor layer_start late'),
    ...Array(3).fill('shift_changed 240 editor> layer_end'),
  ])
  expect(await sizes()).toEqual([2, 2, 3, 3])
})
