import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom, type Source } from '../../test/support/boiler-room.ts'
import { type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { ms } from '../lib/time.ts'

/** What becomes of alerts whose integration has routes. */
let world: StillWorld
let room: BoilerRoom
let count = 0

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})

afterAll(() => world.close())

async function newChain(steps: readonly object[] = [{ type: 'wait', duration: 60 }]): Promise<string> {
  const { json } = await room.crew.api('POST', 'escalation_chains/', { name: `route chain ${(count += 1)}` })
  for (const step of steps) await room.crew.api('POST', 'escalation_policies/', { escalation_chain_id: json.id, ...step })
  return json.id
}

async function addRoute(source: Source, regex: string, chain: string | null = null, more: object = {}): Promise<string> {
  const body = { integration_id: source.id, escalation_chain_id: chain, routing_regex: regex, ...more }
  const { status, json } = await room.crew.api('POST', 'routes/', body)
  expect(status).toBe(201)
  return json.id
}

/** The groups of a source, the newest first. */
const groupsOf = async (source: Source, query = '') =>
  (await room.crew.api('GET', `alert_groups/?integration_id=${source.id}&${query}`)).json.results

test('an alert takes the first route whose expression is in its payload, else the default one', async () => {
  const source = await room.newSource()
  const east = await addRoute(source, 'us-(east|west)')
  const critical = await addRoute(source, '"severity": "critical"')
  const payloads = [
    [{ alert_uid: 'a', region: 'us-east' }, east],
    [{ alert_uid: 'b', severity: 'critical', region: 'us-west' }, east],
    [{ alert_uid: 'c', severity: 'critical' }, critical],
    [{ alert_uid: 'd', severity: 'warning' }, source.default_route.id],
  ] as const
  for (const [payload, route] of payloads) {
    await room.send(payload, source)
    expect((await groupsOf(source))[0]).toMatchObject({ route_id: route, last_alert: { payload } })
    world.pass(ms(1))
  }
  expect(await groupsOf(source, `route_id=${east}`)).toHaveLength(2)
})

test('the payload is searched as Python prints it, numbers as they came', async () => {
  const source = await room.newSource()
  const route = await addRoute(source, '^\\{"alert_uid": "é?.*", "load": 1\\.50, "list": \\[1, 2\\], "name": "caf\\\\u00e9"\\}$')
  const answer = await world.app.inject({
    method: 'POST',
    url: new URL(source.link).pathname,
    headers: { 'content-type': 'application/json' },
    payload: '{"alert_uid":"x",\n  "load" : 1.50, "list":[1,2],"name":"café"}',
  })
  expect(answer.statusCode).toBe(200)
  expect((await groupsOf(source))[0].route_id).toBe(route)
})

test('alerts of one key on two routes are two groups', async () => {
  const source = await room.newSource()
  const route = await addRoute(source, 'critical')
  for (const severity of ['critical', 'warning', 'critical']) await room.send({ alert_uid: 'disk', severity }, source)
  const groups = await groupsOf(source)
  const told = groups.map(({ route_id, alerts_count }: any) => `${route_id === route ? 'critical' : 'default'} ${alerts_count}`)
  expect(told.toSorted()).toEqual(['critical 2', 'default 1'])
})

describe('the chain of the route', () => {
  const reasonOf = async (id: string) =>
    (await room.timeline(id)).find(({ type }) => type === 'alert_group.pages_nobody')?.data.reason

  test('pages, and the one that it leads to later pages when the group fires again', async () => {
    const source = await room.newSource()
    const [first, second] = [await newChain(), await newChain()]
    const route = await addRoute(source, 'critical', first)
    await room.send({ alert_uid: 'disk', severity: 'critical' }, source)
    const [{ id }] = await groupsOf(source)
    await room.crew.api('PUT', `routes/${route}/`, { escalation_chain_id: second })
    await room.act(id, 'acknowledge')
    await room.act(id, 'unacknowledge')
    const chains = (await room.timeline(id)).flatMap(({ type, data }) =>
      type === 'escalation.started' ? [data.escalation_chain_id] : [],
    )
    expect(chains).toEqual([first, second])
  })

  test('may be none, and then the timeline says that nobody is paged', async () => {
    const source = await room.newSource()
    await addRoute(source, 'critical')
    await room.send({ alert_uid: 'disk', severity: 'critical' }, source)
    expect(await reasonOf((await groupsOf(source))[0].id)).toBe('Neither the route nor the team has an escalation chain')
  })

  test('may be deleted, which the next alert knows', async () => {
    const source = await room.newSource()
    const chain = await newChain()
    await addRoute(source, 'critical', chain)
    await room.send({ alert_uid: 'one', severity: 'critical' }, source)
    await room.crew.api('DELETE', `escalation_chains/${chain}/`)
    await room.send({ alert_uid: 'two', severity: 'critical' }, source)
    const ids = (await groupsOf(source)).map(({ id }: any) => id)
    expect((await Promise.all(ids.map(reasonOf))).filter(Boolean)).toEqual([
      'Neither the route nor the team has an escalation chain',
    ])
  })
})

test('a change of the routes holds for the next alert', async () => {
  const source = await room.newSource()
  const a = await addRoute(source, 'one')
  const routeOfNext = async () => {
    world.pass(ms(1))
    await room.send({ alert_uid: `key ${(count += 1)}`, words: 'one two' }, source)
    return (await groupsOf(source))[0].route_id
  }
  expect(await routeOfNext()).toBe(a)
  const b = await addRoute(source, 'two', null, { position: 0 })
  expect(await routeOfNext()).toBe(b)
  await room.crew.api('PATCH', `routes/${a}/`, { position: 0 })
  expect(await routeOfNext()).toBe(a)
  await room.crew.api('PATCH', `routes/${a}/`, { routing_regex: 'three' })
  expect(await routeOfNext()).toBe(b)
  await room.crew.api('DELETE', `routes/${b}/`)
  expect(await routeOfNext()).toBe(source.default_route.id)
})

describe('a group whose route is deleted', () => {
  test('stays, names no route any more, and is paged about by the default chain when it fires again', async () => {
    const source = await room.newSource()
    const chain = await newChain()
    const route = await addRoute(source, 'critical', chain)
    await room.send({ alert_uid: 'disk', severity: 'critical' }, source)
    const [{ id }] = await groupsOf(source, `route_id=${route}`)
    expect((await room.crew.api('DELETE', `routes/${route}/`)).status).toBe(204)
    expect((await room.show(id)).route_id).toBe(null)
    expect(await groupsOf(source, `route_id=${route}`)).toEqual([])
    await room.act(id, 'acknowledge')
    await room.act(id, 'unacknowledge')
    const events = await room.timeline(id)
    const started = events.flatMap(({ type, data }) => (type === 'escalation.started' ? [data.escalation_chain_id] : []))
    expect(started).toEqual([chain, source.default_route.escalation_chain_id])
    const told = events.flatMap(({ data }) => (data.alert_group === undefined ? [] : [data.alert_group.route_id]))
    expect(told).toEqual([route, null, null])
  })

  test('can be one of two with one key', async () => {
    const source = await room.newSource()
    const routes = [await addRoute(source, '"level": 1'), await addRoute(source, '"level": 2')]
    for (const level of [1, 2]) await room.send({ alert_uid: 'disk', level }, source)
    for (const route of routes) expect((await room.crew.api('DELETE', `routes/${route}/`)).status).toBe(204)
    expect((await groupsOf(source)).map(({ route_id, state }: any) => [route_id, state])).toEqual([
      [null, 'firing'],
      [null, 'firing'],
    ])
  })
})

describe('an alert that says that it is over', () => {
  const statesOf = async (source: Source) =>
    (await groupsOf(source)).map(({ route_id, state, alerts_count }: any) => [route_id, state, alerts_count])

  test('ends the group of its key on any route, however little it says itself', async () => {
    const source = await room.newSource()
    const route = await addRoute(source, 'critical')
    await room.send({ alert_uid: 'disk', severity: 'critical' }, source)
    await room.send({ alert_uid: 'disk', state: 'ok' }, source)
    await room.send({ alert_uid: 'disk', state: 'ok' }, source)
    expect(await statesOf(source)).toEqual([[route, 'resolved', 3]])
    await room.send({ alert_uid: 'disk', state: 'ok', severity: 'other' }, source)
    expect(await statesOf(source)).toEqual([[route, 'resolved', 4]])
  })

  test('ends the group of its own route first', async () => {
    const source = await room.newSource()
    const route = await addRoute(source, 'critical')
    for (const severity of ['warning', 'critical']) await room.send({ alert_uid: 'disk', severity }, source)
    await room.send({ alert_uid: 'disk', state: 'ok', severity: 'warning' }, source)
    const states = Object.fromEntries((await statesOf(source)).map(([id, state]: any) => [id, state]))
    expect(states).toEqual({ [source.default_route.id]: 'resolved', [route]: 'firing' })
  })

  test('ends the group of a route that was deleted meanwhile', async () => {
    const source = await room.newSource()
    const route = await addRoute(source, 'critical')
    await room.send({ alert_uid: 'disk', severity: 'critical' }, source)
    await room.crew.api('DELETE', `routes/${route}/`)
    await room.send({ alert_uid: 'disk', severity: 'critical', state: 'ok' }, source)
    expect(await statesOf(source)).toEqual([[null, 'resolved', 2]])
  })
})

test('a payload of a megabyte finds its route by its last words', async () => {
  const source = await room.newSource()
  const route = await addRoute(source, '"severity": "critical"\\}$')
  await room.send({ alert_uid: 'large', text: 'lorem ipsum '.repeat(86_000), severity: 'critical' }, source)
  expect((await groupsOf(source))[0].route_id).toBe(route)
})
