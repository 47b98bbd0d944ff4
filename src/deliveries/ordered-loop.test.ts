import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { type DeliveryWorld, inParts, testVault } from '../../test/support/delivery-world.ts'
import {
  type Asked,
  attempts,
  closeEndpointOf,
  dead,
  endClosed,
  endpointOf,
  owingWorlds,
  renderPost,
  results,
  send,
  waiting,
} from '../../test/support/owed-deliveries.ts'
import { after, hours, ms } from '../lib/time.ts'
import { lanes } from './delivery.ts'
import { deliveriesLoop } from './loop.ts'

const newWorld = owingWorlds()

const url = 'https://ordered.example/'

const ordered = (world: DeliveryWorld, subjects: readonly string[]): readonly Asked[] =>
  subjects.map((subjectId) => ({ subjectId, lane: lanes.ordered, expiresAt: after(world.now(), hours(1)) }))

const sendInOrder = async (world: DeliveryWorld, subjects: readonly string[]) =>
  send(world, await endpointOf(world, url), ordered(world, subjects))

/** What the receiver was sent, in the order of arrival. */
const told = (world: DeliveryWorld, at = url) =>
  world.received.flatMap((one) =>
    one.url === at
      ? [
          Buffer.from(one.request.body ?? [])
            .toString()
            .slice('about '.length),
        ]
      : [],
  )

describe('ordered deliveries to one endpoint', () => {
  it('leave one after the other, in the order in which they were owed, without a pause', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 100 }) })
    await sendInOrder(world, ['1', '2', '3'])
    await sendInOrder(world, ['4'])
    await world.pass(1_000)
    expect(told(world)).toEqual(['1', '2', '3', '4'])
    expect(world.received.map(({ at }) => at - (world.received[0]?.at ?? 0))).toEqual([0, 100, 200, 300])
    expect(await waiting(world)).toEqual([])
    expect((await results(world, [lanes.ordered])).length).toBe(4)
  })

  it('wait for the retries of the first', async () => {
    const world = await newWorld({ behave: (_request, before) => ({ afterMs: 10, status: before < 2 ? 503 : 200 }) })
    await sendInOrder(world, ['1', '2'])
    await world.pass(15_000)
    expect(told(world)).toEqual(['1', '1'])
    await world.pass(120_000)
    expect(told(world)).toEqual(['1', '1', '1', '2', '2', '2'])
  })

  it('wait for a receiver that hangs, and for nobody else', async () => {
    const world = await newWorld({
      behave: (request, before) => (before === 0 && isAbout(request, '1') ? 'hang' : { afterMs: 10 }),
    })
    await sendInOrder(world, ['1', '2'])
    await send(world, await endpointOf(world, 'https://other.example/'), ordered(world, ['5', '6']))
    await world.pass(1_000)
    expect(told(world)).toEqual(['1'])
    expect(told(world, 'https://other.example/')).toEqual(['5', '6'])
    await world.pass(30_000)
    expect(told(world)).toEqual(['1', '1', '2'])
  })

  it('go on after one that its receiver wants no more', async () => {
    const world = await newWorld({
      behave: (request) => ({
        afterMs: 10,
        ...(isAbout(request, '1') ? { status: 422, headers: { 'webhook-delivery': 'abort-message' } } : {}),
      }),
    })
    await sendInOrder(world, ['1', '2'])
    await world.pass(1_000)
    expect(told(world)).toEqual(['1', '2'])
    expect(await dead(world)).toMatchObject([{ subject_id: '1', reason: 'The receiver answered 422 and wants this no more.' }])
  })

  it('are tried for an hour, and then the next has its turn', async () => {
    const world = await newWorld({ behave: (request) => ({ afterMs: 10, status: isAbout(request, '1') ? 503 : 200 }) })
    await sendInOrder(world, ['1'])
    await world.pass(1_800_000)
    await sendInOrder(world, ['2'])
    await world.pass(1_000_000)
    expect(new Set(told(world))).toEqual(new Set(['1']))
    await world.pass(2_000_000)
    expect(told(world).at(-1)).toBe('2')
    const [first] = await dead(world)
    expect(first).toMatchObject({
      subject_id: '1',
      reason: expect.stringMatching(/^Out of time after 1[1-3] attempts/),
    })
  })

  it('are not tried when their hour was over before their turn came, so that what is true now arrives', async () => {
    const world = await newWorld()
    const { shards } = world
    world.shards = []
    await sendInOrder(world, ['1', '2', '3'])
    await world.pass(3_000_000)
    await sendInOrder(world, ['4'])
    await world.pass(900_000)
    world.shards = shards
    await world.pass(1_000)
    expect(told(world)).toEqual(['4'])
    expect((await dead(world)).map(({ subject_id, attempts_count }) => [subject_id, attempts_count]).toSorted()).toEqual([
      ['1', 0],
      ['2', 0],
      ['3', 0],
    ])
    const endings = (await results(world, [lanes.ordered])).map(({ ending }) => (ending.kind === 'dead' ? ending.reason : null))
    const reason = 'Out of time before the first attempt. It had to wait too long.'
    expect(endings.toSorted()).toEqual([reason, reason, reason, null])
    expect(await waiting(world)).toEqual([])
  })

  it('are in order after the process was killed in the middle', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 1_000 }) })
    await sendInOrder(world, ['1', '2', '3'])
    await world.pass(1_500)
    world.crash()
    await world.pass(10_000)
    expect(told(world)).toEqual(['1', '2', '2', '3'])
  })

  it('are in order when another node takes over while a request is under way', async () => {
    const world = await newWorld({ behave: (_request, before) => ({ afterMs: before === 0 ? 5_000 : 100 }) })
    await sendInOrder(world, ['1', '2'])
    await world.pass(100)
    const first = world.loop()
    const second = deliveriesLoop({
      ports: world.ports,
      vault: testVault,
      mailFrom: 'bell@example.com',
      render: inParts(renderPost),
      credentialsOf: async () => new Map(),
      wake: () => {},
      isOwned: () => true,
    })
    await second.run(world.shards)
    const { shards } = world
    world.shards = []
    await world.pass(50)
    expect(told(world)).toEqual(['1', '1'])
    await world.pass(1_000)
    await second.run(shards)
    await world.pass(10_000)
    await first.drain(ms(1_000))
    await second.drain(ms(1_000))
    expect(told(world)).toEqual(['1', '1', '2'])
    expect((await attempts(world)).map(({ subject_id, outcome }) => [subject_id, outcome])).toEqual([
      ['1', 'success'],
      ['1', 'superseded'],
      ['2', 'success'],
    ])
  })

  it('wait until the outcome of the one before is written', async () => {
    const world = await newWorld()
    await sendInOrder(world, ['1', '2'])
    world.breakTransaction('finish deliveries')
    await world.pass(60_000)
    expect(told(world)).toEqual(['1'])
    world.heal()
    await world.pass(60_000)
    expect(told(world)).toEqual(['1', '2'])
  })

  it('hold up nothing of the same endpoint that has no order, nor are they held up by it', async () => {
    const world = await newWorld({ behave: (request) => (isAbout(request, 'slow') ? 'hang' : { afterMs: 10 }) })
    const other = await endpointOf(world, 'https://other.example/')
    for (const id of [await endpointOf(world, url), other]) await send(world, id, [{}, {}])
    await world.pass(1_000)
    world.received.length = 0
    await sendInOrder(world, ['slow', '2'])
    await send(world, await endpointOf(world, url), [{ subjectId: 'live' }, { subjectId: 'live' }])
    await world.pass(1_000)
    expect(told(world)).toEqual(['slow', 'live', 'live'])
    await send(world, other, [{ subjectId: 'slow' }, ...ordered(world, ['1', '2'])])
    await world.pass(1_000)
    expect(told(world, 'https://other.example/').toSorted()).toEqual(['1', '2', 'slow'])
  })

  it('end together when their webhook is closed', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 10, status: 500 }) })
    await sendInOrder(world, ['1', '2'])
    await world.pass(1_000)
    await closeEndpointOf(world, url, 'The webhook was deleted.')
    await endClosed(world)
    await world.pass(60_000)
    expect(told(world)).toEqual(['1'])
    expect((await dead(world)).map(({ reason }) => reason)).toEqual(['The webhook was deleted.', 'The webhook was deleted.'])
  })

  it('that wait in thousands leave the room to pages and to others', async () => {
    const world = await newWorld({ behave: (request) => (request.url === url ? 'hang' : { afterMs: 10 }) })
    await sendInOrder(world, ['1'])
    await sql`
      insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at, subject_id, expires_at)
      select organization_id, endpoint_id, shard, lane, 1, due_at, gen_random_uuid(), message_at, n::text, expires_at
      from deliveries cross join generate_series(2, 10000) n`.execute(world.db.sql)
    await send(
      world,
      await endpointOf(world, 'https://other.example/'),
      Array.from({ length: 100 }, () => ({})),
    )
    await world.pass(1_000)
    expect(told(world)).toEqual(['1'])
    expect(told(world, 'https://other.example/').length).toBe(100)
  })
})

const isAbout = ({ body }: { readonly body: Uint8Array | null }, subject: string): boolean =>
  Buffer.from(body ?? []).toString() === `about ${subject}`
