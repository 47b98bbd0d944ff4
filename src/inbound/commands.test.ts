import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { newKey, signal, signalRoom } from '../../test/support/signals.ts'
import { baseUrl, type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import type { Signal } from '../alerts/signal.ts'
import { openRouting } from '../integrations/routing-commands.ts'
import { instant } from '../lib/time.ts'
import type { Database } from '../ports.ts'
import { openIntake } from './commands.ts'

type Signals = Awaited<ReturnType<typeof signalRoom>>

let world: StillWorld
let room: BoilerRoom
let signals: Signals

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  signals = await signalRoom(world, room)
})

afterAll(() => world.close())

const letters = Array.from({ length: 1_000_000 }, (_, index) => ((index * index * 7919) % 1009 < 500 ? 'a' : 'b')).join('')
const large = (key: string): Signal => ({ ...signal(key), payload: { json: Buffer.from(`"${letters}"`), truncated: false } })

/** A source with these routes beside the default one. */
async function routed(...regexes: readonly string[]) {
  const integration = await room.newSource()
  for (const regex of regexes) await addRoute(integration.id, regex)
  return { id: integration.id, source: await signals.sourceOf(integration) }
}

const addRoute = (id: string, regex: string) =>
  room.crew.api('POST', 'routes/', { integration_id: id, routing_regex: regex, escalation_chain_id: null })

const cutShort = async () =>
  (await room.crew.api('GET', 'events/?limit=1000')).json.results.filter(({ type }: any) => type === 'alert.routing_cut_short')

const routeOf = (key: string) =>
  world.db.sql.selectFrom('alert_groups').select('route_id').where('title', '=', `about ${key}`).executeTakeFirstOrThrow()

describe('large alerts of an integration whose routes are cheap alone and dear together', () => {
  const cheap = Array.from({ length: 400 }, (_, index) => `a[ab]{${(index % 9) + 1}}c${index}`)
  let dear: Awaited<ReturnType<typeof routed>>

  beforeAll(async () => {
    dear = await routed(...cheap)
  })

  test('take a bounded number of steps together, and let others have their turn between them', async () => {
    let turns = 0
    const routing = openRouting({ now: () => instant(0), wait: async () => void (turns += 1) })
    const alerts = Array.from({ length: 16 }, () => ({ source: dear.source, payload: Buffer.from(`"${letters}"`), labels: {} }))
    const { choices } = await routing.choose(world.db.sql, alerts)
    expect(choices.length).toBe(16)
    expect(choices.reduce((sum, { steps }) => sum + steps, 0)).toBeLessThan(115_000_000)
    expect(turns).toBe(16)
  })

  test('are all taken in, on the default route, and an event says so', async () => {
    const key = newKey()
    const intake = openIntake(world.ports, { baseUrl })
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => intake.accept({ token: 't', source: dear.source, signals: [large(key)] })),
    )
    expect(answers.every((answer) => answer)).toBe(true)
    expect((await routeOf(key)).route_id).toBe(dear.source.defaultRoute.id)
    const events = await cutShort()
    expect(events.reduce((sum: number, { data }: any) => sum + data.alerts_count, 0)).toBe(16)
    expect(events[0].data).toMatchObject({
      integration: { id: dear.id },
      route: { id: dear.source.defaultRoute.id, is_the_last_route: true },
    })
  })

  test('do not take the route of another alert in their batch away', async () => {
    const other = await routed('"number"')
    const key = newKey()
    const intake = openIntake(world.ports, { baseUrl })
    await Promise.all([
      ...Array.from({ length: 16 }, () => intake.accept({ token: 't', source: dear.source, signals: [large(newKey())] })),
      intake.accept({ token: 'o', source: other.source, signals: [signal(key)] }),
    ])
    expect((await routeOf(key)).route_id).not.toBe(other.source.defaultRoute.id)
  })
})

describe('a route', () => {
  test('that is added while a source is remembered holds for the next alert', async () => {
    const { id, source } = await routed()
    const intake = openIntake(world.ports, { baseUrl })
    const [before, after] = [newKey(), newKey()]
    await intake.accept({ token: 't', source, signals: [signal(before)] })
    const added = (await addRoute(id, '"number"')).json
    await intake.accept({ token: 't', source, signals: [signal(after)] })
    expect((await routeOf(before)).route_id).toBe(source.defaultRoute.id)
    expect((await routeOf(after)).route_id).toBe(added.id)
  })

  test('that is added between the choice and the transaction is chosen', async () => {
    const { id, source } = await routed('never')
    let added: string | null = null
    const tx: Database['tx'] = async (name, work) => {
      added ??= (await addRoute(id, '"number"')).json.id
      return world.db.tx(name, work)
    }
    const intake = openIntake({ ...world.ports, db: { ...world.db, tx } }, { baseUrl })
    const key = newKey()
    await intake.accept({ token: 't', source, signals: [signal(key)] })
    expect((await routeOf(key)).route_id).toBe(added)
  })

  test('that changes without end holds up no alert', async () => {
    const { id, source } = await routed('never')
    const tx: Database['tx'] = async (name, work) => {
      await addRoute(id, 'never again')
      return world.db.tx(name, work)
    }
    const intake = openIntake({ ...world.ports, db: { ...world.db, tx } }, { baseUrl })
    const key = newKey()
    expect(await intake.accept({ token: 't', source, signals: [signal(key)] })).toBe(true)
    expect((await routeOf(key)).route_id).toBe(source.defaultRoute.id)
  })
})
