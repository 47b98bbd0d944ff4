import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { seconds } from '../lib/time.ts'

let world: StillWorld
let room: BoilerRoom
beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})
afterAll(() => world.close())

let count = 0
const listen = async () => {
  const body = { name: `hook ${(count += 1)}`, url: 'http://127.0.0.1:9000/', http_method: 'POST', trigger_type: 'alert added' }
  const { status, json } = await room.crew.api('POST', 'webhooks/', body)
  expect(status).toBe(201)
  return json
}

async function opened(uid: string): Promise<string> {
  await room.send({ alert_uid: uid, title: uid })
  const { json } = await room.crew.api('GET', 'alert_groups/')
  return json.results.find(({ title }: { readonly title: string }) => title === uid).id
}

const told = async (id: string): Promise<readonly any[]> =>
  (await room.timeline(id)).filter(({ type }) => type === 'alert_group.alert_added').map(({ data }) => data)

test('alerts that join a group are no event where nobody waits for it', async () => {
  const id = await opened('quiet')
  await room.send({ alert_uid: 'quiet' })
  await listen()
  await world.runAlerts()
  expect(await told(id)).toEqual([])
})

test('the first is told at once, and what comes within the minute after it together', async () => {
  await listen()
  const id = await opened('storm')
  expect(await told(id)).toEqual([])
  await room.send({ alert_uid: 'storm', number: 2 })
  await world.runAlerts()
  expect(await told(id)).toMatchObject([
    {
      event: { type: 'alert added', time: '2026-04-01T12:00:00+00:00', alerts_added: 1 },
      user: null,
      alert_group: { alerts_count: 2, state: 'firing', last_alert: { payload: { number: 2 } } },
      alert_payload: { title: 'storm' },
    },
  ])
  for (let number = 3; number <= 150; number += 1) await room.send({ alert_uid: 'storm', number })
  world.pass(seconds(59))
  await world.runAlerts()
  expect((await told(id)).length).toBe(1)
  world.pass(seconds(1))
  await world.runAlerts()
  expect((await told(id))[1]).toMatchObject({
    event: { alerts_added: 148 },
    alert_group: { alerts_count: 150, last_alert: { payload: { number: 150 } } },
  })
  world.pass(seconds(600))
  await world.runAlerts()
  expect((await told(id)).length).toBe(2)
  await room.send({ alert_uid: 'storm', number: 151 })
  await world.runAlerts()
  expect((await told(id))[2]).toMatchObject({ event: { alerts_added: 1 } })
})

test('what ends a group, or ends it again, is none of them', async () => {
  await listen()
  const id = await opened('short')
  await room.send({ alert_uid: 'short', state: 'ok' })
  await room.send({ alert_uid: 'short', state: 'ok' })
  await world.runAlerts()
  expect(await told(id)).toEqual([])
})

test('what joined before the end is told after it, but not when the group was wiped or deleted', async () => {
  await listen()
  const [late, wiped, deleted] = [await opened('late'), await opened('wiped'), await opened('deleted')]
  for (const alert_uid of ['late', 'wiped', 'deleted']) await room.send({ alert_uid })
  await room.act(late, 'resolve')
  expect((await room.crew.api('DELETE', `alert_groups/${wiped}/`, { mode: 'wipe' })).status).toBe(204)
  expect((await room.crew.api('DELETE', `alert_groups/${deleted}/`, { mode: 'delete' })).status).toBe(204)
  await world.runAlerts()
  expect(await told(late)).toMatchObject([{ alert_group: { state: 'resolved', alerts_count: 2 } }])
  expect(await told(wiped)).toEqual([])
  expect(world.errors).toEqual([])
})
