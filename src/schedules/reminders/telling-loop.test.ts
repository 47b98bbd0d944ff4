import PostalMime from 'postal-mime'
import { describe, expect, test } from 'vitest'
import { reading, stillSchedules } from '../../../test/support/schedules/still-schedules.ts'
import { pageSettings } from '../../../test/support/still-world.ts'
import { known } from '../../lib/check.ts'
import { after, days, hours, type Instant, minutes } from '../../lib/time.ts'

const { world, crew, start, count, round, until, make } = await stillSchedules()

const text = (at: Instant) => `${reading(at)}Z`

/** Of one hour, that far from the beginning of the test. */
const single = (schedule: string, hoursAhead: number, fields: object = {}) => ({
  type: 'single_event',
  name: `shift ${hoursAhead} ${count()}`,
  start: reading(after(start(), hours(hoursAhead))),
  duration: 3600,
  users: [crew.users.editor],
  schedule,
  ...fields,
})

const newSchedule = () => make('schedules/', { name: `bridge ${count()}`, type: 'web', time_zone: 'UTC' })

async function events(type: string): Promise<readonly any[]> {
  const rows = await world.db.sql
    .selectFrom('events')
    .select(['data', 'at'])
    .where('type', '=', type)
    .where('organization_id', '=', crew.organizationId)
    .where('at', '>=', new Date(start()))
    .orderBy('sequence')
    .execute()
  return rows.map((row) => ({
    ...JSON.parse(row.data),
    at: text(after(start(), minutes((row.at.getTime() - start()) / 60_000))),
  }))
}

/** The e-mails of the test, as they would leave. */
async function mails(): Promise<readonly { to: string; subject: string; text: string; lane: number; expires: Date | null }[]> {
  const rows = await world.db.sql
    .selectFrom('deliveries')
    .innerJoin('messages', 'messages.id', 'deliveries.message_id')
    .select(['messages.id', 'messages.target', 'messages.body_sealed', 'deliveries.lane', 'deliveries.expires_at'])
    .where('messages.at', '>=', new Date(start()))
    .orderBy('deliveries.id')
    .execute()
  return Promise.all(
    rows.map(async (row) => {
      const body = pageSettings.messageVault.openBytes(known(row.body_sealed, 'a mail is sealed'), `message ${row.id}`)
      const mail = await PostalMime.parse(body)
      return { to: row.target, subject: mail.subject ?? '', text: mail.text ?? '', lane: row.lane, expires: row.expires_at }
    }),
  )
}

describe('before a shift', () => {
  test('its person is reminded a day and an hour before, once each, by e-mail and with an event', async () => {
    const schedule = await newSchedule()
    await make('on_call_shifts/', single(schedule, 30))
    await until(after(start(), hours(40)))
    const common = {
      schedule: { id: schedule, name: `bridge ${count()}` },
      user: { id: crew.users.editor, username: 'harbour-editor' },
      shift: { start: text(after(start(), hours(30))), end: text(after(start(), hours(31))) },
    }
    expect(await events('schedule.upcoming')).toEqual([
      { ...common, lead_seconds: [86_400], at: text(after(start(), hours(6))) },
      { ...common, lead_seconds: [3600], at: text(after(start(), hours(29))) },
    ])
    const sent = await mails()
    expect(sent.map(({ to, subject, lane }) => [to, subject, lane])).toEqual([
      ['editor@harbour.example', `On call in 24 hours: bridge ${count()}`, 2],
      ['editor@harbour.example', `On call in 1 hour: bridge ${count()}`, 2],
    ])
    expect(sent[0]?.expires).toEqual(new Date(after(start(), hours(30))))
  })

  test('times are those of the person, who may be reminded at other times or never', async () => {
    const schedule = await newSchedule()
    await crew.api('PATCH', `users/${crew.users.admin}/`, { timezone: 'Asia/Tokyo', shift_reminders: [7200] })
    await crew.api('PATCH', `users/${crew.users.editor}/`, { shift_reminders: [] })
    await make('on_call_shifts/', single(schedule, 30, { users: [crew.users.admin, crew.users.editor] }))
    await until(after(start(), hours(40)))
    await crew.api('PATCH', `users/${crew.users.editor}/`, { shift_reminders: null })
    const sent = await mails()
    expect(sent.map(({ to, subject }) => [to, subject])).toEqual([
      ['admin@harbour.example', `On call in 2 hours: bridge ${count()}`],
    ])
    const inTokyo = after(start(), hours(39))
    expect(sent[0]?.text).toContain(reading(inTokyo).slice(0, 16).replace('T', ' '))
    expect(sent[0]?.text).toContain('Asia/Tokyo')
    await crew.api('PATCH', `users/${crew.users.admin}/`, { timezone: null, shift_reminders: null })
  })

  test('a change of the times counts from then on', async () => {
    const schedule = await newSchedule()
    await make('on_call_shifts/', single(schedule, 10))
    await until(after(start(), hours(1)))
    await crew.api('PATCH', `users/${crew.users.editor}/`, { shift_reminders: [10_800, 36_000] })
    await until(after(start(), hours(12)))
    await crew.api('PATCH', `users/${crew.users.editor}/`, { shift_reminders: null })
    expect((await events('schedule.upcoming')).map(({ at, lead_seconds: leads }) => [at, leads])).toEqual([
      [text(after(start(), hours(7))), [10_800]],
    ])
  })

  test('nobody is reminded of going on, nor of a shift that has begun', async () => {
    const schedule = await newSchedule()
    await make('on_call_shifts/', single(schedule, 30))
    await make('on_call_shifts/', single(schedule, 31))
    await until(after(start(), hours(1)))
    world.pass(hours(40))
    await round()
    await until(after(start(), days(4)))
    expect(await events('schedule.upcoming')).toEqual([])
    expect(await mails()).toEqual([])
  })

  test('what is late is sent once while the shift is to come', async () => {
    const schedule = await newSchedule()
    await make('on_call_shifts/', single(schedule, 30))
    await round()
    world.pass(hours(29.5))
    await round()
    await round()
    expect((await events('schedule.upcoming')).map(({ lead_seconds: leads }) => leads)).toEqual([[86_400, 3600]])
    expect((await mails()).map(({ subject }) => subject)).toEqual([`On call in 30 minutes: bridge ${count()}`])
  })

  test('a time that has passed when the shift is made is left out, whenever the schedule was looked at', async () => {
    const schedule = await newSchedule()
    await until(after(start(), hours(1)))
    world.pass(hours(10))
    await make('on_call_shifts/', single(schedule, 16))
    await until(after(start(), hours(20)))
    expect((await events('schedule.upcoming')).map(({ at, lead_seconds: leads }) => [at, leads])).toEqual([
      [text(after(start(), hours(15))), [3600]],
    ])
  })

  test('an edit does away with no reminder that is late', async () => {
    const schedule = await newSchedule()
    await make('on_call_shifts/', single(schedule, 30))
    await until(after(start(), hours(7)))
    world.pass(hours(22.5))
    await make('on_call_shifts/', single(schedule, 100))
    await round()
    expect((await events('schedule.upcoming')).map(({ lead_seconds: leads }) => leads)).toEqual([[86_400], [3600]])
  })

  test('where e-mail is off there is the event alone', async () => {
    const schedule = await newSchedule()
    await make('on_call_shifts/', single(schedule, 30))
    await round({ mailIsOn: false })
    world.pass(hours(29))
    await round({ mailIsOn: false })
    expect(await events('schedule.upcoming')).toHaveLength(1)
    expect(await mails()).toEqual([])
  })
})

describe('an edit that moves shifts', () => {
  /** A schedule that is not new any more, with a shift of the editor in 100 hours. */
  async function settled() {
    const schedule = await newSchedule()
    const shift = await make('on_call_shifts/', single(schedule, 100))
    await until(after(start(), minutes(30)))
    expect(await events('schedule.shift_moved')).toEqual([])
    return { schedule, shift }
  }

  test('is told to those whose shifts they are, once nothing was edited for two minutes', async () => {
    const { schedule, shift } = await settled()
    const put = (hoursAhead: number) => crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, hoursAhead))
    await put(101)
    await until(after(start(), minutes(31)))
    await put(102)
    await until(after(start(), minutes(32.9)))
    expect(await mails()).toEqual([])
    await until(after(start(), minutes(40)))
    const [moved, ...others] = await events('schedule.shift_moved')
    expect(others).toEqual([])
    const window = (hour: number) => ({ start: text(after(start(), hours(hour))), end: text(after(start(), hours(hour + 1))) })
    expect(moved).toEqual({
      at: text(after(start(), minutes(33))),
      schedule: { id: schedule, name: `bridge ${count()}` },
      edited_since: text(after(start(), minutes(30))),
      edited_by: [crew.users.admin],
      moves_count: 1,
      moves: [{ user_id: crew.users.editor, kind: 'moved', before: [window(100)], after: [window(102)] }],
    })
    const sent = await mails()
    expect(sent.map(({ to, subject }) => [to, subject])).toEqual([
      ['editor@harbour.example', `Your shifts have changed: bridge ${count()}`],
    ])
    expect(sent[0]?.text).toMatch(/Before:\n\w{3} 20.* - .*\nNow:\n\w{3} 20.*\n\nEdited by admin\./)
  })

  test('is told after ten minutes at the latest', async () => {
    const { schedule, shift } = await settled()
    for (let minute = 30; minute < 50; minute += 1) {
      await crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, 100 + minute))
      await until(after(start(), minutes(minute + 1)))
    }
    expect((await events('schedule.shift_moved')).map(({ at }) => at)).toEqual([
      text(after(start(), minutes(40))),
      text(after(start(), minutes(50))),
    ])
  })

  test('is not told to whoever made it, nor when it moves nothing', async () => {
    const { schedule, shift } = await settled()
    await crew.apiAs('editor', 'PUT', `on_call_shifts/${shift}/`, single(schedule, 101))
    await until(after(start(), hours(1)))
    await crew.api('PATCH', `schedules/${schedule}/`, { name: `renamed ${count()}` })
    await until(after(start(), hours(2)))
    expect(await events('schedule.shift_moved')).toHaveLength(1)
    expect(await mails()).toEqual([])
  })

  /** What the moves say, in hours from the beginning of the test. */
  async function hoursMoved() {
    const hour = (at: string) => (Date.parse(at) - start()) / hours(1)
    const shown = (windows: readonly any[]) => windows.map((window) => [hour(window.start), hour(window.end)])
    const told = await events('schedule.shift_moved')
    return told.flatMap(({ moves }) => moves.map((move: any) => [move.kind, shown(move.before), shown(move.after)]))
  }

  test('is told in whole shifts, though they end after the 30 days', async () => {
    const { schedule, shift } = await settled()
    const week = { duration: 7 * 86_400 }
    await crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, 28 * 24, week))
    await until(after(start(), hours(1)))
    await crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, 29 * 24, week))
    await until(after(start(), hours(2)))
    await crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, 31 * 24, week))
    await until(after(start(), hours(3)))
    await crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, 32 * 24, week))
    await until(after(start(), hours(4)))
    expect((await hoursMoved()).slice(2)).toEqual([
      ['moved', [[28 * 24, 35 * 24]], [[29 * 24, 36 * 24]]],
      ['moved', [[29 * 24, 36 * 24]], [[31 * 24, 38 * 24]]],
    ])
  })

  test('is told in whole shifts, though they are under way', async () => {
    const schedule = await newSchedule()
    const shift = await make('on_call_shifts/', single(schedule, -10, { duration: 20 * 3600 }))
    await until(after(start(), hours(1)))
    await crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, -10, { duration: 15 * 3600 }))
    await until(after(start(), hours(2)))
    expect(await hoursMoved()).toEqual([['shortened', [[-10, 10]], [[-10, 5]]]])
  })

  test('that takes a shift from one and gives it to another is told to both', async () => {
    const { schedule, shift } = await settled()
    await crew.api('PUT', `on_call_shifts/${shift}/`, single(schedule, 100, { users: [crew.users.admin] }))
    await crew.apiAs('editor', 'PUT', `on_call_shifts/${shift}/`, single(schedule, 101, { users: [crew.users.admin] }))
    await until(after(start(), hours(1)))
    const sent = (await mails()).map(({ to, text: body }) => [to, /New:/.test(body), /Not yours any more:/.test(body)])
    expect(sent.toSorted()).toEqual([
      ['admin@harbour.example', true, false],
      ['editor@harbour.example', false, true],
    ])
  })

  test('that deletes the schedule is told at once to those whose shifts it takes, but for whoever did it', async () => {
    const { schedule } = await settled()
    await make('on_call_shifts/', single(schedule, -1, { duration: 20 * 3600, users: [crew.users.admin] }))
    await until(after(start(), hours(1)))
    const before = (await mails()).length
    await crew.api('DELETE', `schedules/${schedule}/`)
    await round()
    const sent = (await mails()).slice(before)
    expect(sent.map(({ to, subject }) => [to, subject])).toEqual([
      ['editor@harbour.example', `Your shifts have changed: bridge ${count()}`],
    ])
    expect(sent[0]?.text).toMatch(/bridge \d+ was deleted, and with it your shifts:\s+Not yours any more:/)
    const removed = (await events('schedule.shift_moved')).at(-1).moves
    expect(removed.map(({ user_id: user, kind, after: left }: any) => [user, kind, left])).toEqual([
      [crew.users.admin, 'removed', []],
      [crew.users.editor, 'removed', []],
    ])
    const changes = await events('schedule.shift_changed')
    expect(changes.at(-1)).toMatchObject({ previous: [{ id: crew.users.admin }], current: [] })
    expect(await events('schedule.gap_started')).toEqual([])
  })
})
