import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Crew, newCrew, type StillWorld, stillWorld } from '../../../test/support/still-world.ts'
import { minutes } from '../../lib/time.ts'

let world: StillWorld
let crew: Crew
let schedule: string
let shift: string

const shiftBody = { type: 'single_event', name: 'shift', start: '2026-04-01T09:00:00', duration: 3600 }

beforeAll(async () => {
  world = await stillWorld()
  crew = await newCrew(world, 'harbour')
  schedule = await make('schedules/', { name: 'bridge', type: 'web', time_zone: 'UTC' })
  shift = await make('on_call_shifts/', { ...shiftBody, users: [crew.users.editor], schedule })
})

afterAll(() => world.close())

beforeEach(async () => {
  world.pass(minutes(1))
  world.woken.clear()
  const rested = { due_at: new Date(world.now() + 86_400_000), next_change: '{}' }
  await world.db.sql.updateTable('schedule_watches').set(rested).execute()
})

async function make(path: string, body: object): Promise<string> {
  const { status, text, json } = await crew.api('POST', path, body)
  expect({ status, text }).toMatchObject({ status: 201 })
  return json.id
}

/** The names of the schedules that are to be looked at now. */
async function due(): Promise<readonly string[]> {
  const rows = await world.db.sql
    .selectFrom('schedule_watches')
    .select('schedule_id')
    .where('due_at', '<=', new Date(world.now()))
    .where('next_change', 'is', null)
    .execute()
  return rows.map((row) => row.schedule_id)
}

test('a new schedule is looked at', async () => {
  const id = await make('schedules/', { name: 'engine room', type: 'calendar', time_zone: 'UTC' })
  expect(await due()).toEqual([id])
  expect(world.woken).toContain('schedules')
})

const edits: readonly (readonly [string, () => Promise<{ readonly status: number }>])[] = [
  ['its own', () => crew.api('PATCH', `schedules/${schedule}/`, { time_zone: 'Asia/Tokyo' })],
  ['of its shift', () => crew.api('PUT', `on_call_shifts/${shift}/`, { ...shiftBody, duration: 7200 })],
  ['by a new shift', () => crew.api('POST', 'on_call_shifts/', { ...shiftBody, name: 'other', schedule })],
  ['by the end of a shift', () => crew.api('DELETE', `on_call_shifts/${shift}/`)],
  ['by its end', () => crew.api('DELETE', `schedules/${schedule}/`)],
]

test.each(edits)('a schedule is looked at again after an edit %s', async (_name, edit) => {
  expect((await edit()).status).toBeLessThan(300)
  expect(await due()).toEqual([schedule])
  expect(world.woken).toContain('schedules')
})

test('an edit of an override looks at the calendar schedule that it belongs to', async () => {
  const calendar = await make('schedules/', { name: 'crow', type: 'calendar', time_zone: 'UTC', enable_web_overrides: true })
  const override = await make('on_call_shifts/', { ...shiftBody, name: 'o', type: 'override', schedule: calendar })
  world.pass(minutes(1))
  await world.db.sql
    .updateTable('schedule_watches')
    .set({ due_at: new Date(world.now() + 1), next_change: '{}' })
    .execute()
  await crew.api('PUT', `on_call_shifts/${override}/`, { ...shiftBody, name: 'o', type: 'override', duration: 7200 })
  expect(await due()).toEqual([calendar])
})

test('what says nothing new leaves the hand-over that is prepared', async () => {
  const id = await make('schedules/', { name: 'galley', type: 'web', time_zone: 'UTC' })
  world.pass(minutes(1))
  await world.db.sql
    .updateTable('schedule_watches')
    .set({ due_at: new Date(world.now() + 1), next_change: '{}' })
    .execute()
  await crew.api('PATCH', `schedules/${id}/`, { name: 'galley' })
  expect(await due()).toEqual([])
})
