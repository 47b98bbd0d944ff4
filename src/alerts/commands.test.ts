import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { baseUrl, type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { arrivalsFrom, newKey, numbered, openingOf, over, signal, signalRoom } from '../../test/support/signals.ts'
import { eventually } from '../../test/support/watchbell.ts'
import { openIntake } from '../inbound/commands.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { asId } from '../lib/ids.ts'
import { seconds } from '../lib/time.ts'
import type { Database, Tx } from '../ports.ts'
import { act } from './commands.ts'
import { receive } from './receive-commands.ts'
import type { Arrival } from './intake.ts'
import type { Signal } from './signal.ts'

const settings = { baseUrl }

type Signals = Awaited<ReturnType<typeof signalRoom>>

let world: StillWorld
let room: BoilerRoom
let source: AlertSource
let sourceOf: Signals['sourceOf']
let takeIn: Signals['takeIn']
let groupsAbout: Signals['groupsAbout']
let brief: Signals['brief']
let typesAbout: Signals['typesAbout']

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  ;({ source, sourceOf, takeIn, groupsAbout, brief, typesAbout } = await signalRoom(world, room))
})

afterAll(() => world.close())

const arrivals = (signals: readonly Signal[], from = source): readonly Arrival[] => arrivalsFrom(from, signals)

async function alertsOf(groupId: string): Promise<readonly number[]> {
  const rows = await world.db.sql
    .selectFrom('alerts')
    .select('number')
    .where('alert_group_id', '=', groupId)
    .orderBy('number')
    .execute()
  return rows.map(({ number }) => number)
}

const latestOf = (groupId: string) =>
  world.db.sql.selectFrom('latest_alerts').select('payload').where('alert_group_id', '=', groupId).executeTakeFirstOrThrow()

/** A transaction that has done its work and does not commit before `release`. */
function held<Value>(work: (tx: Tx) => Promise<Value>) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: worked, resolve: hasWorked } = Promise.withResolvers<void>()
  const committed = world.db.tx('held', async (tx) => {
    const value = await work(tx)
    hasWorked()
    await released
    return value
  })
  return { worked, release, committed }
}

/** Until as many transactions wait for what another one holds. */
const lockedOut = (wanted: number) =>
  eventually(async () => {
    const found = await sql<{ readonly count: number }>`
      select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(world.db.sql)
    return found.rows[0]?.count === wanted || undefined
  })

describe('a storm', () => {
  test('of 1,000 alerts with one key is one group with an exact count, a hundred payloads and the newest', async () => {
    const key = newKey()
    for (let batch = 0; batch < 10; batch += 1) {
      await takeIn(...Array.from({ length: 100 }, (_, index) => numbered(key, batch * 100 + index + 1)))
    }
    const [group, ...others] = await groupsAbout(key)
    expect(others).toEqual([])
    expect(group?.count).toBe(1000)
    expect(await alertsOf(group?.id ?? '')).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect((await latestOf(group?.id ?? '')).payload.toString()).toBe('{"number":1000}')
    expect(await typesAbout(key)).toEqual(['alert_group.created', 'escalation.started'])
    const shown = await room.show(group?.id ?? '')
    expect(shown).toMatchObject({ alerts_count: 1000, last_alert: { payload: { number: 1000 } } })
  })

  test('in one transaction is the same', async () => {
    const key = newKey()
    await takeIn(...Array.from({ length: 1000 }, (_, index) => numbered(key, index + 1)))
    const [group, ...others] = await groupsAbout(key)
    expect(others).toEqual([])
    expect(group?.count).toBe(1000)
    expect((await alertsOf(group?.id ?? '')).length).toBe(100)
    expect((await latestOf(group?.id ?? '')).payload.toString()).toBe('{"number":1000}')
    const created = group?.events.find(({ type }) => type === 'alert_group.created')
    expect(created.data).toMatchObject({
      alert_payload: { number: 1 },
      alert_group: { alerts_count: 1, last_alert: { payload: { number: 1 } } },
    })
  })

  test('of 1,000 requests at once is taken in by a few transactions, and each is answered when it is durable', async () => {
    const key = newKey()
    let transactions = 0
    const db: Database = {
      ...world.db,
      tx: (name, work) => {
        transactions += 1
        return world.db.tx(name, work)
      },
    }
    const intake = openIntake({ ...world.ports, db }, settings)
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () => intake.accept({ token: 't', source, signals: [signal(key)] })),
    )
    expect(answers.every((answer) => answer)).toBe(true)
    expect(await brief(key)).toEqual(['firing 1000'])
    // One, and then 256 at a time.
    expect(transactions).toBe(5)
  })

  test('that flaps is taken in by a few transactions too', async () => {
    const key = newKey()
    let transactions = 0
    const tx: Database['tx'] = (name, work) => {
      transactions += 1
      return world.db.tx(name, work)
    }
    const intake = openIntake({ ...world.ports, db: { ...world.db, tx } }, settings)
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        intake.accept({ token: 't', source, signals: [index % 2 === 0 ? signal(key) : over(key)] }),
      ),
    )
    expect(await brief(key)).toEqual(Array.from({ length: 20 }, () => 'resolved 2'))
    expect(transactions).toBe(2)
  })

  test('from a source that was deleted meanwhile is refused, and the others in its batch are not', async () => {
    const gone = await room.newSource()
    const goneSource = await sourceOf(gone)
    await room.crew.api('DELETE', `integrations/${gone.id}/`)
    const intake = openIntake(world.ports, settings)
    const key = newKey()
    expect(
      await Promise.all(
        [source, goneSource, source].map((from) => intake.accept({ token: 't', source: from, signals: [signal(key)] })),
      ),
    ).toEqual([true, false, true])
    expect(await brief(key)).toEqual(['firing 2'])
  })
})

describe('in one batch', () => {
  test('an alert and its end are a group that is over, and page nobody', async () => {
    const key = newKey()
    await takeIn(signal(key), over(key))
    expect(await brief(key)).toEqual(['resolved 2'])
    expect(await typesAbout(key)).toEqual(['alert_group.created', 'escalation.started', 'alert_group.resolved'])
    const [group] = await groupsAbout(key)
    const runs = await world.db.sql
      .selectFrom('escalation_runs')
      .select('state')
      .where('subject_id', '=', group?.id ?? '')
      .execute()
    expect(runs).toEqual([{ state: 'stopped' }])
    expect(group?.events.at(-1)).toMatchObject({
      actor: { kind: 'integration' },
      data: { user: null, alert_group: { alerts_count: 2 } },
    })
  })

  test('the end tells of all alerts, and of the first and the last of them', async () => {
    const key = newKey()
    await takeIn(numbered(key, 1))
    await takeIn(numbered(key, 2), { ...numbered(key, 3), action: 'resolve', opening: openingOf(key) })
    const [group] = await groupsAbout(key)
    expect(group?.events.at(-1).data).toMatchObject({
      alert_payload: { number: 1 },
      alert_group: { alerts_count: 3, last_alert: { payload: { number: 3 } } },
    })
  })

  test('an alert after the end opens a new group', async () => {
    const key = newKey()
    await takeIn(signal(key), over(key), signal(key), signal(key))
    expect(await brief(key)).toEqual(['resolved 2', 'firing 2'])
  })

  test('an alert after the end of an older group opens a new one', async () => {
    const key = newKey()
    await takeIn(signal(key))
    await takeIn(signal(key), over(key), signal(key))
    expect(await brief(key)).toEqual(['resolved 3', 'firing 1'])
  })

  test('several keys and several flaps end as they would one after the other', async () => {
    const [one, other] = [newKey(), newKey()]
    await takeIn(
      signal(one),
      signal(other),
      over(one),
      signal(one),
      over(other),
      over(one),
      over(one),
      signal(other),
      signal(one),
    )
    expect(await brief(one)).toEqual(['resolved 2', 'resolved 3', 'firing 1'])
    expect(await brief(other)).toEqual(['resolved 2', 'firing 1'])
  })

  test('alerts without a key stand alone, each', async () => {
    await takeIn(signal(null), signal(null), over(null))
    expect((await brief('null')).toSorted()).toEqual(['firing 1', 'firing 1', 'resolved 1'])
  })

  test('the same key of two sources is two groups', async () => {
    const key = newKey()
    const other = await sourceOf(await room.newSource())
    await world.db.tx('receive', (tx) => receive(tx, settings, [...arrivals([signal(key)]), ...arrivals([signal(key)], other)]))
    expect(await brief(key)).toEqual(['firing 1', 'firing 1'])
  })
})

describe('the end of something', () => {
  test('that never began is a group that is over, and pages nobody', async () => {
    const key = newKey()
    await takeIn(over(key))
    expect(await brief(key)).toEqual(['resolved 1'])
    expect(await typesAbout(key)).toEqual(['alert_group.created', 'alert_group.resolved'])
  })

  test('that is over joins the latest group and says nothing new', async () => {
    const key = newKey()
    await takeIn(signal(key), over(key))
    world.pass(seconds(1))
    await takeIn(signal(key), over(key))
    await takeIn(over(key), over(key))
    expect(await brief(key)).toEqual(['resolved 2', 'resolved 4'])
    expect((await typesAbout(key)).filter((type) => type === 'alert_group.resolved').length).toBe(2)
  })

  test.each(['acknowledged', 'silenced'] as const)('resolves a group that is %s', async (state) => {
    const id = await room.newGroup(state)
    const { title } = await room.show(id)
    await room.send({ alert_uid: title, title, state: 'ok' })
    expect(await room.show(id)).toMatchObject({ state: 'resolved', alerts_count: 2, resolved_by: null })
  })

  test('lets the next alert open a new group', async () => {
    const key = newKey()
    await takeIn(signal(key))
    await takeIn(over(key))
    await takeIn(signal(key))
    expect(await brief(key)).toEqual(['resolved 2', 'firing 1'])
  })
})

describe('a repeat', () => {
  test.each(['acknowledged', 'silenced'] as const)('joins a group that is %s, and pages nobody again', async (state) => {
    const id = await room.newGroup(state)
    const before = await room.typesOf(id)
    const { title } = await room.show(id)
    await room.send({ alert_uid: title, title })
    expect(await room.show(id)).toMatchObject({ state, alerts_count: 2 })
    expect(await room.typesOf(id)).toEqual(before)
  })
})

describe('at the same instant', () => {
  test('two transactions with one new key open one group', async () => {
    const key = newKey()
    const first = held((tx) => receive(tx, settings, arrivals([signal(key)])))
    await first.worked
    let attempts = 0
    const second = world.db.tx('second', async (tx) => {
      attempts += 1
      await receive(tx, settings, arrivals([signal(key), signal(key)]))
    })
    await lockedOut(1)
    first.release()
    await Promise.all([first.committed, second])
    expect(attempts).toBe(2)
    expect(await brief(key)).toEqual(['firing 3'])
    expect(await typesAbout(key)).toEqual(['alert_group.created', 'escalation.started'])
  })

  test('many transactions with the same new keys lose and double nothing', async () => {
    const keys = [newKey(), newKey(), newKey()]
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => takeIn(...(index % 2 === 0 ? keys : keys.toReversed()).map((key) => signal(key)))),
    )
    for (const key of keys) expect(await brief(key)).toEqual(['firing 12'])
  })

  test('an alert and the end of its group are taken one after the other', async () => {
    const key = newKey()
    await takeIn(signal(key))
    const ending = held((tx) => receive(tx, settings, arrivals([over(key)])))
    await ending.worked
    const repeat = takeIn(signal(key))
    await lockedOut(1)
    ending.release()
    await Promise.all([ending.committed, repeat])
    expect(await brief(key)).toEqual(['resolved 2', 'firing 1'])
  })

  test('a person and the source resolve a group once', async () => {
    const id = await room.newGroup()
    const { title } = await room.show(id)
    const person = held((tx) => act(tx, settings, { actor: room.crew.system, id: asId(id), action: 'resolve' }))
    await person.worked
    const repeat = room.send({ alert_uid: title, title, state: 'ok' })
    await lockedOut(1)
    person.release()
    await Promise.all([person.committed, repeat])
    expect((await room.typesOf(id)).filter((type) => type === 'alert_group.resolved').length).toBe(1)
    expect(await room.show(id)).toMatchObject({ state: 'resolved', alerts_count: 2 })
  })
})

describe('a group that is opened again', () => {
  const overGroup = async (key: string): Promise<string> => {
    await takeIn(signal(key), over(key))
    return (await groupsAbout(key)).at(-1)?.id ?? ''
  }

  const unresolve = (id: string) =>
    world.db.tx('unresolve', (tx) => act(tx, settings, { actor: room.crew.system, id: asId(id), action: 'unresolve' }))

  test('takes the alerts of its key again', async () => {
    const key = newKey()
    await unresolve(await overGroup(key))
    await takeIn(signal(key))
    expect(await brief(key)).toEqual(['firing 3'])
    expect((await typesAbout(key)).slice(-2)).toEqual(['alert_group.unresolved', 'escalation.started'])
  })

  test('stands alone while another one with its key is open', async () => {
    const key = newKey()
    const id = await overGroup(key)
    await takeIn(signal(key))
    await unresolve(id)
    await takeIn(signal(key))
    expect(await brief(key)).toEqual(['firing 2', 'firing 2'])
    await takeIn(over(key))
    expect(await brief(key)).toEqual(['firing 2', 'resolved 3'])
  })

  test('stands alone too when the other one opens at the same instant', async () => {
    const key = newKey()
    const id = await overGroup(key)
    const opening = held((tx) => receive(tx, settings, arrivals([signal(key)])))
    await opening.worked
    const again = unresolve(id)
    await lockedOut(1)
    opening.release()
    await Promise.all([opening.committed, again])
    await takeIn(signal(key))
    expect(await brief(key)).toEqual(['firing 2', 'firing 2'])
  })

  test('at the same instant as another one with its key leaves the key to one of them', async () => {
    const key = newKey()
    const first = await overGroup(key)
    const second = await overGroup(key)
    await Promise.all([unresolve(first), unresolve(second)])
    await takeIn(signal(key))
    expect((await brief(key)).toSorted()).toEqual(['firing 2', 'firing 3'])
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
