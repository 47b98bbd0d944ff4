import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom, type Source } from '../../test/support/boiler-room.ts'
import { newCrew, type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { ms } from '../lib/time.ts'

let world: StillWorld
let room: BoilerRoom
let source: Source
/** What was sent, the oldest first. */
const words = ['Kettle boils', 'Lid rattles', 'Whistle blows']

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  source = await room.newSource()
  for (const [index, title] of words.entries()) {
    await room.send({ alert_uid: index === 2 ? 'other' : 'one', title, place: 'Küche', 'a\\b"': '100%_' }, source)
    world.pass(ms(1))
  }
})

afterAll(() => world.close())

const list = async (query = '') => (await room.crew.api('GET', `alerts/?${query}`)).json
const titles = async (query = '') => (await list(query)).results.map(({ payload }: any) => payload.title)

describe('alerts', () => {
  test('are shown with the keys of the contract, in its order', async () => {
    const { json, text, status } = await room.crew.api('GET', 'alerts/?perpage=1')
    const [alert] = json.results
    expect(status).toBe(200)
    expect(alert.id).toMatch(/^A[A-Z1-9]{12}$/)
    const shown = `{"id":"${alert.id}","alert_group_id":"${alert.alert_group_id}","created_at":"2026-04-01T12:00:00.002000Z",`
    expect(text).toContain(`"results":[${shown}"payload":{"alert_uid":"other","title":"Whistle blows","place":"Küche",`)
    const alone = await room.crew.api('GET', `alerts/${alert.id}/`)
    expect(alone.json).toEqual(alert)
    expect((await room.show(alert.alert_group_id)).last_alert).toEqual(alert)
  })

  test('are listed with the newest first, by pages', async () => {
    expect(await titles()).toEqual(words.toReversed())
    const page = await list('perpage=2&page=2')
    expect(page).toMatchObject({ count: 3, page_size: 2, current_page_number: 2, total_pages: 2, next: null })
    expect(page.results.map(({ payload }: any) => payload.title)).toEqual(['Kettle boils'])
    expect((await list()).page_size).toBe(50)
  })

  test('are found by their id and their group', async () => {
    const [newest, older] = (await list()).results
    expect(await titles(`id=${newest.id}`)).toEqual(['Whistle blows'])
    expect(await titles(`alert_group_id=${older.alert_group_id}`)).toEqual(['Lid rattles', 'Kettle boils'])
    expect(await titles(`alert_group_id=${older.alert_group_id}&id=${newest.id}`)).toEqual([])
    for (const unknown of ['id=A1', 'alert_group_id=I1', 'id=%00', 'alert_group_id=%00'])
      expect(await titles(unknown)).toEqual([])
    expect((await titles('id=&alert_group_id=&search=')).length).toBe(3)
  })

  test.each([
    ['rattles', ['Lid rattles']],
    ['RATTLES', ['Lid rattles']],
    ['"title":"Lid', ['Lid rattles']],
    ['Küche', ['Whistle blows', 'Lid rattles', 'Kettle boils']],
    ['a\\\\b\\"', ['Whistle blows', 'Lid rattles', 'Kettle boils']],
    ['100%_', ['Whistle blows', 'Lid rattles', 'Kettle boils']],
    ['%', ['Whistle blows', 'Lid rattles', 'Kettle boils']],
    ['1__%', []],
    ['no such word', []],
    ['\u0000', []],
    ['\uD800', []],
  ])('are found by what their payload holds: %j', async (search, found) => {
    expect(await titles(new URLSearchParams({ search }).toString())).toEqual(found)
  })

  test('that are unknown or of others are not there', async () => {
    const other = await newCrew(world, 'elsewhere')
    const [{ id, alert_group_id: groupId }] = (await list()).results
    for (const path of [`alerts/${id}/`, 'alerts/A1/', 'alerts/%00/']) {
      expect(await other.api('GET', path)).toMatchObject({ status: 404, json: { detail: 'Not found.' } })
    }
    for (const query of ['', `id=${id}`, `alert_group_id=${groupId}`, 'search=e']) {
      expect((await other.api('GET', `alerts/?${query}`)).json.count).toBe(0)
    }
    expect((await room.crew.apiAs('none', 'GET', 'alerts/')).status).toBe(403)
    expect((await room.crew.apiAs('viewer', 'GET', 'alerts/')).status).toBe(200)
  })

  test('are only read', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      expect((await room.crew.api(method, method === 'POST' ? 'alerts/' : 'alerts/A1/', {})).status).toBe(405)
    }
  })
})

test('of a storm the first hundred are listed, and for its group the newest too', async () => {
  const crowded = await room.newSource()
  for (let number = 1; number <= 103; number += 1) await room.send({ alert_uid: 'storm', number, storm: 'Xaver' }, crowded)
  const { json } = await room.crew.api('GET', `alert_groups/?integration_id=${crowded.id}`)
  const ofGroup = await list(`alert_group_id=${json.results[0].id}&perpage=3`)
  expect(ofGroup.count).toBe(101)
  expect(ofGroup.results.map(({ payload }: any) => payload.number)).toEqual([103, 100, 99])
  expect((await list('search=Xaver')).count).toBe(100)
  expect((await list(`search=Xaver&alert_group_id=${json.results[0].id}`)).count).toBe(101)
})

test('long payloads are cut in lists and whole alone', async () => {
  await room.send({ alert_uid: 'long', text: 'é'.repeat(50_000), end: 'Omega' }, source)
  const [cut] = (await list('search=omega')).results
  expect(cut.payload.truncated).toBe(true)
  expect((await room.crew.api('GET', `alerts/${cut.id}/`)).json.payload.end).toBe('Omega')
})

test('a search goes back for 32 MiB of payloads and no further', async () => {
  const { organizationId } = room.crew
  await sql`
    insert into alerts (organization_id, id, received_at, alert_group_id, number, payload, truncated)
    select organization_id, 'AL' || n, received_at + interval '1 hour', alert_group_id, n,
      convert_to('{"mark":"Needle","text":"' || repeat('x', 1000000) || '"}', 'UTF8'), false
    from generate_series(1, 40) n cross join (select * from alerts where organization_id = ${organizationId} limit 1) a`.execute(
    world.db.sql,
  )
  expect((await list('search=needle')).count).toBe(34)
  expect((await list('search=Whistle')).count).toBe(0)
})

test('a list goes back for ten thousand alerts and no further', async () => {
  const { organizationId } = room.crew
  await sql`
    insert into alerts (organization_id, id, received_at, alert_group_id, number, payload, truncated)
    select organization_id, 'A' || n, received_at - interval '1 hour', alert_group_id, n, '{"old":true}', false
    from generate_series(1, 10500) n cross join (select * from alerts where organization_id = ${organizationId} limit 1) a`.execute(
    world.db.sql,
  )
  expect((await list()).count).toBe(10_000)
  expect((await list('perpage=100&page=100')).results).toHaveLength(100)
})
