import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Crew, newCrew, pageSettings, type StillWorld, stillWorld } from '../../../test/support/still-world.ts'
import { chainsOfSchedules } from '../../escalation-chains/policy-commands.ts'
import { allShards } from '../../lib/shard.ts'
import { minutes } from '../../lib/time.ts'
import { schedulesLoop } from '../loop.ts'

let world: StillWorld
let crew: Crew

beforeAll(async () => {
  world = await stillWorld()
  crew = await newCrew(world, 'harbour')
})

afterAll(() => world.close())

/** A schedule whose calendar has one person all day, every day. */
async function uploaded(name: string, schedule?: string): Promise<string> {
  const made = schedule ?? (await crew.api('POST', 'schedules/', { type: 'ical', name, ical_url_primary: null })).json.id
  const event = ['BEGIN:VEVENT', `SUMMARY:${name}`, 'DTSTART:20260101T000000Z', 'DURATION:P1D', 'RRULE:FREQ=DAILY', 'END:VEVENT']
  const { statusCode } = await world.app.inject({
    method: 'PUT',
    url: `/api/v1/schedules/${made}/calendar/`,
    headers: { authorization: crew.tokens.admin, 'content-type': 'text/calendar' },
    payload: ['BEGIN:VCALENDAR', ...event, 'END:VCALENDAR'].join('\r\n'),
  })
  expect(statusCode).toBe(200)
  return made
}

/** A minute later: the hand-overs of a schedule so far. */
async function told(schedule: string): Promise<readonly string[]> {
  world.pass(minutes(1))
  await schedulesLoop(world.ports, { chainsOfSchedules, notifications: pageSettings, observeDelay: () => {} }).run(allShards)
  const rows = await world.db.sql.selectFrom('events').select('data').where('type', '=', 'schedule.shift_changed').execute()
  const names = (people: readonly { username: string }[]) => people.map(({ username }) => username).join('+') || 'nobody'
  return rows
    .map(({ data }) => JSON.parse(data))
    .filter((data) => data.schedule.id === schedule)
    .map((data) => `${names(data.previous)} -> ${names(data.current)}`)
}

test('a calendar that says something else is a hand-over', async () => {
  const schedule = await uploaded('harbour-editor')
  expect(await told(schedule)).toEqual(['nobody -> harbour-editor'])
  await uploaded('admin@harbour.example', schedule)
  expect(await told(schedule)).toEqual(['nobody -> harbour-editor', 'harbour-editor -> admin'])
  await uploaded('admin@harbour.example', schedule)
  expect(await told(schedule)).toHaveLength(2)
})

test('somebody whom a calendar names is on call as soon as they have an account, and while they have that name', async () => {
  const schedule = await uploaded('newcomer')
  expect(await told(schedule)).toEqual([])
  const user = { username: 'newcomer', email: 'new@harbour.example', role: 'editor' }
  const { id } = (await crew.api('POST', 'users/', user)).json
  expect(await told(schedule)).toEqual(['nobody -> newcomer'])
  await crew.api('PATCH', `users/${id}/`, { username: 'veteran' })
  expect(await told(schedule)).toEqual(['nobody -> newcomer', 'veteran -> nobody'])
  await crew.api('PATCH', `users/${id}/`, { username: 'newcomer' })
  expect(await told(schedule)).toHaveLength(3)
})
