import { describe, expect, it } from 'vitest'
import { inParts, testVault } from '../../test/support/delivery-world.ts'
import {
  type Asked,
  attempts,
  closeEndpointOf,
  endClosed,
  dead,
  endpointOf,
  mailEndpoint,
  owingWorlds,
  page,
  post,
  renderPost,
  results,
  send,
  waiting,
} from '../../test/support/owed-deliveries.ts'
import { known } from '../lib/check.ts'
import type { MessageId } from '../lib/ids.ts'
import { instant, ms } from '../lib/time.ts'
import { type Delivery, lanes, type Rendered } from './delivery.ts'
import { deliveriesLoop } from './loop.ts'

const newWorld = owingWorlds()

describe('a delivery', () => {
  it('leaves at once, with its id and the time, and its success is written and told once', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 30, status: 201, body: '{"id":7}' }) })
    const [messageId] = await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(100)
    expect(world.received.map(({ id, timestamp, url }) => ({ id, timestamp, url }))).toEqual([
      { id: messageId, timestamp: '1775044800', url: 'https://a.example/' },
    ])
    expect(world.received[0]?.request.headers['Authorization']).toBe('Bearer sesame')
    expect(Buffer.from(world.received[0]?.request.body ?? []).toString()).toBe('about I1')
    expect(await waiting(world)).toEqual([])
    expect(await attempts(world)).toMatchObject([
      { number: 1, outcome: 'success', status: 201, response_body: Buffer.from('{"id":7}'), duration_ms: 30, subject_id: 'I1' },
    ])
    expect(await results(world)).toMatchObject([
      {
        messageId,
        lane: lanes.live,
        ending: { kind: 'delivered', status: 201, attemptsCount: 1 },
        endpoint: { ownerId: 'WH https://a.example/' },
      },
    ])
    expect(await results(world)).toEqual([])
    expect(world.woken.has('webhooks')).toBe(true)
  })

  it('keeps its secrets sealed in the database', async () => {
    const world = await newWorld()
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(100)
    const [message] = await world.db.sql.selectFrom('messages').selectAll().execute()
    expect(message?.headers_sealed?.includes('sesame')).toBe(false)
    expect(testVault.open(message?.headers_sealed ?? Buffer.of(), `message ${message?.id}`)).toBe(
      '{"Authorization":"Bearer sesame"}',
    )
  })

  it('that is a page lies sealed until it leaves, and waits where the key is another', async () => {
    const world = await newWorld()
    await send(world, await mailEndpoint(world), [page('ann@example.com'), page('bob@example.com')])
    const [first, second] = await world.db.sql.selectFrom('messages').selectAll().orderBy('target').execute()
    expect([first?.body, first?.body_sealed?.includes('wake up')]).toEqual([null, false])
    const body_sealed = second?.body_sealed ?? null
    await world.db.sql
      .updateTable('messages')
      .set({ body_sealed })
      .where('id', '=', first?.id ?? '')
      .execute()
    await world.pass(1_000)
    expect(world.mails.map(({ mail }) => Buffer.from(mail.raw).toString())).toEqual(['Subject: wake up, bob@example.com'])
    expect((await waiting(world)).map(({ message_id, attempt }) => [message_id, attempt])).toEqual([[first?.id, 2]])
  })

  it('that fails comes again with the same id and the same bytes, although it would be rendered differently by now', async () => {
    let rendered = 0
    const world = await newWorld({
      behave: (_request, before) => ({ afterMs: 10, status: before === 0 ? 500 : 200 }),
      render: async (_db, deliveries) => {
        rendered += 1
        const message = (delivery: Delivery) => ({ ...post(delivery), body: Buffer.from(`version ${rendered}`) })
        return new Map(deliveries.map((delivery) => [delivery.messageId, { kind: 'message', message: message(delivery) }]))
      },
    })
    const [messageId] = await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(10_000)
    expect(world.received.map(({ id, request }) => [id, Buffer.from(request.body ?? []).toString()])).toEqual([
      [messageId, 'version 1'],
      [messageId, 'version 1'],
    ])
    const pause = (world.received[1]?.at ?? 0) - (world.received[0]?.at ?? 0)
    expect(pause).toBeGreaterThanOrEqual(4_000)
    expect(pause).toBeLessThanOrEqual(6_100)
    expect((await attempts(world)).map(({ number, outcome, status }) => [number, outcome, status])).toEqual([
      [1, 'retry', 500],
      [2, 'success', 200],
    ])
    expect(await results(world)).toMatchObject([{ ending: { kind: 'delivered', attemptsCount: 2 } }])
  })

  it('that never succeeds is dead after ten attempts, seen and told', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 10, status: 503 }) })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(5 * 86_400_000)
    expect(world.received.length).toBe(10)
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(1)
    expect(await waiting(world)).toEqual([])
    const reason = 'Given up after 10 attempts. The receiver answered 503'
    expect(await dead(world)).toMatchObject([{ attempts_count: 10, reason, subject_id: 'I1' }])
    expect(await results(world)).toMatchObject([{ ending: { kind: 'dead', reason, status: 503, attemptsCount: 10 } }])
  })

  it('that was under way when the process died is sent again with the same id', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 1_000 }) })
    const [messageId] = await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(500)
    world.crash()
    await world.pass(10_000)
    expect(world.received.map(({ id }) => id)).toEqual([messageId, messageId])
    expect(await waiting(world)).toEqual([])
    expect((await attempts(world)).map(({ number, outcome }) => [number, outcome])).toEqual([[1, 'success']])
  })

  it('whose outcome could not be written is kept in memory, not sent again, and written when the database is back', async () => {
    const world = await newWorld()
    await send(world, await endpointOf(world, 'https://a.example/'), [{}, {}])
    world.breakTransaction('finish deliveries')
    await world.pass(60_000)
    expect(world.received.length).toBe(2)
    expect((await waiting(world)).length).toBe(2)
    expect(world.loop().busyShards().size).toBe(1)
    world.heal()
    await world.pass(60_000)
    expect(world.received.length).toBe(2)
    expect(await waiting(world)).toEqual([])
    expect((await attempts(world)).map(({ outcome }) => outcome)).toEqual(['success', 'success'])
    expect(world.loop().busyShards().size).toBe(0)
  })

  it('does not start while too many outcomes wait for the database', async () => {
    const world = await newWorld({ limits: { heldMax: 3 } })
    await send(
      world,
      await endpointOf(world, 'https://a.example/'),
      Array.from({ length: 10 }, () => ({})),
    )
    world.breakTransaction('finish deliveries')
    await world.pass(60_000)
    expect(world.received.length).toBe(3)
    world.heal()
    await world.pass(60_000)
    expect(world.received.length).toBe(10)
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(10)
  })

  it('that is not rendered is dead or skipped, with the reason', async () => {
    const world = await newWorld({
      render: async (_db, deliveries) =>
        new Map(deliveries.map((delivery) => [delivery.messageId, delivery.subjectId === 'I1' ? gone : unwanted])),
    })
    const gone = { kind: 'dead', reason: 'The webhook was deleted.' } as const
    const unwanted = { kind: 'skipped', reason: 'Not triggered.' } as const
    await send(world, await endpointOf(world, 'https://a.example/'), [{ subjectId: 'I1' }, { subjectId: 'I2' }])
    await world.pass(1_000)
    expect(world.received).toEqual([])
    expect(
      (await dead(world)).map(({ subject_id, reason, attempts_count }) => [subject_id, reason, attempts_count]).toSorted(),
    ).toEqual([
      ['I1', 'The webhook was deleted.', 0],
      ['I2', 'Not triggered.', 0],
    ])
    expect(await results(world)).toMatchObject([
      { subjectId: 'I1', ending: { kind: 'dead', reason: 'The webhook was deleted.', attemptId: null, attemptsCount: 0 } },
    ])
  })

  it('whose request takes long to make lets its webhook rest, while others and pages leave', async () => {
    const rested: (string | null)[] = []
    const until = instant(Date.UTC(2026, 3, 1, 12, 0, 2))
    const world = await newWorld({
      render: async (_db, deliveries) =>
        new Map(
          deliveries.map((delivery): [MessageId, Rendered] => {
            if (delivery.endpoint.url !== 'https://slow.example/' || world.now() >= until)
              return [delivery.messageId, { kind: 'message', message: post(delivery) }]
            rested.push(delivery.subjectId)
            return [delivery.messageId, { kind: 'later', until }]
          }),
        ),
    })
    await send(world, await endpointOf(world, 'https://slow.example/'), [{ subjectId: 'I1' }, { subjectId: 'I2' }])
    await send(world, await endpointOf(world, 'https://quick.example/'), [{ subjectId: 'I3' }])
    await send(world, await mailEndpoint(world), [page('ann@example.com')])
    await world.pass(1_000)
    expect(world.received.map(({ url }) => url)).toEqual(['https://quick.example/'])
    expect(world.mails.length).toBe(1)
    expect(rested).toEqual(['I1'])
    await world.pass(2_000)
    expect(world.received.slice(1).map(({ url, at }) => [url, at - until < 100])).toEqual([
      ['https://slow.example/', true],
      ['https://slow.example/', true],
    ])
  })

  it('of which no request can be made is in the log with what there was of it, once, and can be owed again', async () => {
    let isMended = false
    const world = await newWorld({
      render: async (_db, deliveries) =>
        new Map(
          deliveries.map((delivery): [MessageId, Rendered] => {
            if (isMended) return [delivery.messageId, { kind: 'message', message: post(delivery) }]
            const request = { ...post(delivery), body: Buffer.from('Data - wrong') }
            return [delivery.messageId, { kind: 'faulty', reason: 'Data - wrong', request }]
          }),
        ),
    })
    const endpointId = await endpointOf(world, 'https://a.example/')
    const [messageId] = await send(world, endpointId, [{}])
    await world.pass(60_000)
    expect(world.received).toEqual([])
    expect(await attempts(world)).toMatchObject([{ number: 1, outcome: 'dead', status: null, detail: null, response_body: null }])
    expect((await dead(world)).map(({ reason, attempts_count }) => [reason, attempts_count])).toEqual([['Data - wrong', 1]])
    expect(await results(world)).toMatchObject([
      { ending: { kind: 'dead', reason: 'Data - wrong', status: null, attemptsCount: 1 } },
    ])
    isMended = true
    await send(world, endpointId, [{ messageId: known(messageId, 'it was sent'), messageAt: instant(Date.UTC(2026, 3, 1, 12)) }])
    await world.pass(60_000)
    expect(world.received.map(({ id, request }) => [id, Buffer.from(request.body ?? []).toString()])).toEqual([
      [messageId, 'about I1'],
    ])
  })

  it('whose answer hits a defect of ours is tried again later, and the process goes on', async () => {
    const unreadable = {
      get 'retry-after'(): string {
        throw new Error('unreadable')
      },
    }
    const world = await newWorld({
      behave: (_request, before) => ({ afterMs: 10, ...(before === 0 ? { status: 503, headers: unreadable } : {}) }),
    })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(1_000)
    expect((await waiting(world)).map(({ attempt }) => attempt)).toEqual([2])
    await world.pass(10_000)
    expect(world.received.length).toBe(2)
    expect((await attempts(world)).map(({ number, outcome }) => [number, outcome])).toEqual([[2, 'success']])
    await world.loop().drain(ms(1_000))
  })

  it('that cannot be rendered now is tried again and holds up no other', async () => {
    let broken = true
    const world = await newWorld({
      render: async (_db, deliveries) =>
        new Map(
          deliveries.map((delivery) => [
            delivery.messageId,
            broken && delivery.subjectId === 'I2'
              ? { kind: 'failed', detail: 'a key is missing' }
              : { kind: 'message', message: post(delivery) },
          ]),
        ),
    })
    await send(world, await endpointOf(world, 'https://a.example/'), [{ subjectId: 'I2' }, { subjectId: 'I1' }])
    await world.pass(1_000)
    expect(world.received.length).toBe(1)
    broken = false
    await world.pass(10_000)
    expect(world.received.length).toBe(2)
    expect(await waiting(world)).toEqual([])
  })

  it('over which the rendering of several breaks is tried again, and the others leave', async () => {
    let breaks = true
    const world = await newWorld({
      render: async (db, deliveries) => {
        if (breaks && deliveries.some(({ subjectId }) => subjectId === 'broken')) throw new Error('what happened is not known')
        return renderPost(db, deliveries)
      },
    })
    const endpointId = await endpointOf(world, 'https://a.example/')
    await send(world, endpointId, [{ subjectId: 'broken' }])
    await send(world, await endpointOf(world, 'https://b.example/'), [{ subjectId: 'I2' }, { subjectId: 'I3' }])
    await world.pass(1000)
    const bodies = () => world.received.map(({ request }) => Buffer.from(request.body ?? []).toString())
    expect(bodies()).toEqual(['about I2', 'about I3'])
    expect(await waiting(world)).toMatchObject([{ subject_id: 'broken', attempt: 2 }])
    breaks = false
    await world.pass(7000)
    expect(bodies()).toEqual(['about I2', 'about I3', 'about broken'])
  })

  it('of a shard that another node owns is left alone', async () => {
    const world = await newWorld()
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    const [row] = await waiting(world)
    world.shards = world.shards.filter((shard) => shard !== row?.shard)
    await world.pass(60_000)
    expect(world.received).toEqual([])
    world.shards = [row?.shard ?? 0]
    await world.pass(1_000)
    expect(world.received.length).toBe(1)
  })

  it('whose request is under way when its shard goes to another node is written, and not started again', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 5_000 }) })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(1_000)
    world.shards = []
    expect(world.loop().busyShards().size).toBe(1)
    await world.pass(10_000)
    expect(world.received.length).toBe(1)
    expect(await waiting(world)).toEqual([])
    expect(world.loop().busyShards().size).toBe(0)
  })

  it('does not leave from a shard that was lost while it was on its way there', async () => {
    let isOwned = true
    const world = await newWorld({
      isOwned: () => isOwned,
      render: async (db, deliveries) => {
        isOwned = false
        return renderPost(db, deliveries)
      },
    })
    const [id] = await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(1_000)
    expect(world.received).toEqual([])
    expect(world.loop().busyShards().size).toBe(0)
    expect((await waiting(world)).map(({ attempt }) => attempt)).toEqual([1])
    isOwned = true
    await world.pass(1_000)
    expect(world.received.map((request) => request.id)).toEqual([id])
  })

  it('is not even looked for on a shard that was lost in the same round', async () => {
    let looks = 0
    const world = await newWorld({ isOwned: () => (looks += 1) <= 64 + 64 })
    for (let receiver = 0; receiver < 100; receiver += 1)
      await send(world, await endpointOf(world, `https://r${receiver}.example/`), [{}])
    await world.pass(1_000)
    expect(world.received.length).toBe(64)
  })

  it('that two nodes send is finished by the first; the other attempt is in the log as superseded, and says nothing of the receiver', async () => {
    const world = await newWorld({
      behave: (_request, before) => (before === 0 ? { afterMs: 500, status: 500 } : { afterMs: 100 }),
    })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
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
    await world.pass(2_000)
    await first.drain(ms(1_000))
    await second.drain(ms(1_000))
    expect(world.received.length).toBe(2)
    expect((await attempts(world)).map(({ outcome }) => outcome)).toEqual(['success', 'superseded'])
    expect((await results(world)).length).toBe(1)
    expect(await world.ports.db.sql.selectFrom('endpoints').select('failing_since').execute()).toEqual([{ failing_since: null }])
  })
})

describe('an endpoint that is closed', () => {
  it('ends what waits for it, dead with the reason, and a new one is made when it is asked for again', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 10, status: 500 }) })
    const endpointId = await endpointOf(world, 'https://a.example/')
    await send(world, endpointId, [{}, {}])
    await world.pass(1_000)
    await closeEndpointOf(world, 'https://a.example/', 'The webhook was deleted.')
    await world.pass(3_600_000)
    expect((await waiting(world)).length).toBe(2)
    await endClosed(world)
    await world.pass(86_400_000)
    expect(world.received.length).toBe(2)
    expect((await dead(world)).map(({ reason, attempts_count }) => [reason, attempts_count])).toEqual([
      ['The webhook was deleted.', 1],
      ['The webhook was deleted.', 1],
    ])
    expect(await results(world)).toMatchObject([
      { ending: { kind: 'dead', reason: 'The webhook was deleted.' } },
      { ending: { kind: 'dead', attemptId: null } },
    ])
    expect(await endpointOf(world, 'https://a.example/')).not.toBe(endpointId)
  })

  it('gets nothing that was caused in the same moment either', async () => {
    const world = await newWorld()
    const endpointId = await endpointOf(world, 'https://a.example/')
    await closeEndpointOf(world, 'https://a.example/', 'The webhook was deleted.')
    await endClosed(world)
    await send(world, endpointId, [{}])
    await world.pass(1_000)
    expect(world.received).toEqual([])
    expect(await dead(world)).toMatchObject([{ reason: 'The receiver was switched off or deleted before this could be sent.' }])
  })
})

describe('what waits', () => {
  const many = (count: number): readonly Asked[] => Array.from({ length: count }, () => ({}))

  it('for an endpoint that is full leaves when a slot is free, with nobody else calling', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 100 }), limits: { perEndpointMax: { webhook: 2, mail: 1 } } })
    await send(world, await endpointOf(world, 'https://a.example/'), many(7))
    await world.pass(1_000)
    expect(world.received.length).toBe(7)
    expect(await waiting(world)).toEqual([])
  })

  it('for room leaves when there is some, whichever endpoint made it', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 100 }), limits: { inFlightMax: 2 } })
    await send(world, await endpointOf(world, 'https://a.example/'), many(3))
    await send(world, await endpointOf(world, 'https://b.example/'), many(3))
    await world.pass(1_000)
    expect(world.received.length).toBe(6)
    expect(await waiting(world)).toEqual([])
  })

  it('behind pages that were taken back while they were being read leaves all the same', async () => {
    const world = await newWorld({
      limits: { perEndpointMax: { webhook: 1, mail: 1 } },
      render: async (_db, deliveries) =>
        new Map(deliveries.map((delivery) => [delivery.messageId, { kind: 'skipped' as const, reason: 'Not triggered.' }])),
    })
    await send(world, await endpointOf(world, 'https://a.example/'), many(3))
    await world.pass(1_000)
    expect(await waiting(world)).toEqual([])
  })

  it('for a retry that comes sooner than all that was known leaves in time', async () => {
    const world = await newWorld({
      behave: ({ url }, before) => ({ afterMs: url.includes('late') ? 10 : 20, status: before === 0 ? 500 : 200 }),
    })
    await send(world, await endpointOf(world, 'https://late.example/'), [{}])
    await world.pass(15)
    await world.db.sql
      .updateTable('deliveries')
      .set({ due_at: new Date(world.now() + 3_600_000) })
      .execute()
    await send(world, await endpointOf(world, 'https://soon.example/'), [{}])
    await world.pass(10_000)
    expect(world.received.filter(({ url }) => url.includes('soon')).length).toBe(2)
    await world.pass(3_600_000)
    expect(world.received.filter(({ url }) => url.includes('late')).length).toBe(2)
  })
})

describe('draining', () => {
  it('waits for what is under way, writes it, and starts nothing more', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 1_000 }), limits: { perEndpointMax: { webhook: 1, mail: 1 } } })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}, {}])
    await world.pass(100)
    const loop = world.loop()
    const ends: boolean[] = []
    const draining = loop.drain(ms(14_000)).then((isDrained) => ends.push(isDrained))
    await world.pass(500)
    expect(ends).toEqual([])
    await world.pass(500)
    await draining
    expect(ends).toEqual([true])
    expect(world.received.length).toBe(1)
    expect((await waiting(world)).length).toBe(1)
  })

  it('does not wait for a receiver that hangs: what is cut off is sent again, with the same id', async () => {
    const world = await newWorld({ behave: (_, attemptsSoFar) => (attemptsSoFar === 0 ? 'hang' : { afterMs: 10 }) })
    const [id] = await send(world, await endpointOf(world, 'https://hangs.example/'), [{}])
    await world.pass(100)
    const draining = world.loop().drain(ms(14_000))
    await world.pass(14_000)
    expect(await draining).toBe(false)
    // The deadline of the request passes while the process is about to end.
    await world.pass(2_000)
    expect(await attempts(world)).toEqual([])
    world.crash()
    await world.pass(1_000)
    expect(world.received.map((request) => request.id)).toEqual([id, id])
    expect((await attempts(world)).map(({ outcome }) => outcome)).toEqual(['success'])
    expect(await waiting(world)).toEqual([])
  })
})
