import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'

/** Somebody whose account has ended, over the whole app. */
let world: StillWorld
let crew: Crew

beforeAll(async () => {
  world = await stillWorld()
  crew = await newCrew(world, 'harbour')
})

afterAll(() => world.close())

let count = 0
const fresh = () => `name ${(count += 1)}`

async function make(path: string, body: object): Promise<any> {
  const { status, json } = await crew.api('POST', `${path}/`, body)
  expect(status).toBe(201)
  return json
}

async function newUser(): Promise<string> {
  const username = fresh()
  return (await make('users', { username, email: `${count}@harbour.example`, role: 'editor' })).id
}

const leave = async (id: string) => expect((await crew.api('DELETE', `users/${id}/`)).status).toBe(204)

/** What names people: its path, the field, and how it is made. */
const naming = [
  [
    'escalation_policies',
    'persons_to_notify',
    async () => ({ type: 'notify_persons', escalation_chain_id: (await make('escalation_chains', { name: fresh() })).id }),
  ],
  [
    'on_call_shifts',
    'users',
    async () => ({ type: 'single_event', name: fresh(), start: '2026-04-01T00:00:00', duration: 86_400, time_zone: 'UTC' }),
  ],
] as const

describe.each(naming)('among what %s name', (path, field, body) => {
  const named = async (id: string) => (await crew.api('GET', `${path}/${id}/`)).json[field]
  const write = async (id: string, fields: object) => (await crew.api('PATCH', `${path}/${id}/`, fields)).json[field]

  test('stays until it is written again', async () => {
    const [gone, here] = [await newUser(), await newUser()]
    const { id } = await make(path, { ...(await body()), [field]: [gone, here] })
    await leave(gone)
    expect(new Set(await named(id))).toEqual(new Set([gone, here]))
    expect(await write(id, { [field]: [gone, here] })).toEqual([here])
    expect(await named(id)).toEqual([here])
  })

  test('is passed over like somebody unknown', async () => {
    const [gone, here] = [await newUser(), await newUser()]
    await leave(gone)
    const made = await make(path, { ...(await body()), [field]: [gone, here, 'U1'] })
    expect(made[field]).toEqual([here])
    expect(await write(made.id, { [field]: [here, gone] })).toEqual([here])
  })
})

test('is not on call, and whoever shares the shift is', async () => {
  const [gone, here] = [await newUser(), await newUser()]
  const time = { start: '2026-04-01T00:00:00', duration: 86_400, time_zone: 'UTC' }
  const shift = await make('on_call_shifts', { type: 'single_event', name: fresh(), ...time, users: [gone, here] })
  const schedule = await make('schedules', { type: 'calendar', name: fresh(), time_zone: 'UTC', shifts: [shift.id] })
  expect(new Set(schedule.on_call_now)).toEqual(new Set([gone, here]))
  await leave(gone)
  expect((await crew.api('GET', `schedules/${schedule.id}/`)).json.on_call_now).toEqual([here])
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
