import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import {
  attempts,
  dead,
  endClosed,
  endpointOf,
  mailEndpoint,
  owingWorlds,
  page,
  post,
  results,
  send,
  waiting,
} from '../../test/support/owed-deliveries.ts'
import type { MessageId } from '../lib/ids.ts'
import { after, ms } from '../lib/time.ts'
import { cancelDeliveries } from './commands.ts'
import { lanes, type Rendered } from './delivery.ts'

const newWorld = owingWorlds()

describe('pages', () => {
  it('leave before webhooks that have waited longer', async () => {
    const world = await newWorld({ limits: { inFlightMax: 1 } })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}, {}, {}])
    await world.db.sql
      .updateTable('deliveries')
      .set({ due_at: new Date(world.now() - 60_000) })
      .execute()
    await send(world, await mailEndpoint(world), [page('ann@example.com')])
    await world.pass(10)
    expect(world.mails.map(({ mail }) => mail.to)).toEqual(['ann@example.com'])
    await world.pass(1_000)
    expect(world.mails[0]?.at).toBeLessThan(world.received[0]?.at ?? 0)
  })

  it('leave at once while receivers that hang hold all that webhooks may have', async () => {
    const world = await newWorld({ behave: () => 'hang', limits: { webhooksInFlightMax: 40 } })
    for (let receiver = 0; receiver < 50; receiver += 1)
      await send(world, await endpointOf(world, `https://hangs${receiver}.example/`), [{}, {}])
    await world.pass(900)
    expect(world.received.length).toBe(40)
    await send(world, await mailEndpoint(world), [page('ann@example.com'), page('bob@example.com')])
    await world.pass(50)
    expect(world.mails.map(({ mail }) => mail.to)).toEqual(['ann@example.com', 'bob@example.com'])
    expect(world.received.length).toBe(40)
  })

  it('leave beside webhooks that wait for one another, and hold none of them up', async () => {
    const world = await newWorld({
      behave: () => ({ afterMs: 500 }),
      limits: { webhooksInFlightMax: 1 },
    })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}, {}, {}])
    await send(world, await mailEndpoint(world), [page('ann@example.com')])
    await world.pass(400)
    expect([world.mails.length, world.received.length]).toEqual([1, 1])
    await world.pass(2_000)
    expect(world.received.length).toBe(3)
    expect(await waiting(world)).toEqual([])
  })

  it('go to the address from the sender, byte for byte, and their result names the run', async () => {
    const world = await newWorld()
    const run = '01890000-0000-7000-8000-000000000001'
    await send(world, await mailEndpoint(world), [page('ann@example.com', run)])
    await world.pass(1_000)
    expect(world.mails.map(({ mail }) => [mail.from, mail.to, Buffer.from(mail.raw).toString()])).toEqual([
      ['bell@example.com', 'ann@example.com', 'Subject: wake up, ann@example.com'],
    ])
    expect(await results(world, [lanes.page])).toMatchObject([
      { cancelKey: run, ending: { kind: 'delivered', status: null, attemptsCount: 1 } },
    ])
    expect(world.woken.has('notifications')).toBe(true)
  })

  it('leave at once beside a request of an ordered webhook that hangs', async () => {
    const world = await newWorld({ behave: ({ body }) => (String(body) === 'about page' ? { afterMs: 10 } : 'hang') })
    const endpointId = await endpointOf(world, 'https://a.example/', { isOrdered: true })
    await send(world, endpointId, [{ lane: lanes.ordered }, { lane: lanes.replay }])
    await world.pass(500)
    expect(world.received.length).toBe(1)
    await send(world, endpointId, [
      { lane: lanes.page, subjectId: 'page' },
      { lane: lanes.page, subjectId: 'page' },
    ])
    await world.pass(50)
    expect(world.received.slice(1).map(({ request }) => String(request.body))).toEqual(['about page', 'about page'])
    await world.pass(1_000)
    expect(world.received.length).toBe(3)
  })

  it('that are taken back do not leave, whether they are new or wait for another attempt', async () => {
    let up = false
    const world = await newWorld({
      answerMail: () => (up ? { kind: 'accepted', response: '250', durationMs: ms(10) } : deferred),
    })
    const deferred = { kind: 'deferred', detail: '451 later', durationMs: ms(10) } as const
    const run = '01890000-0000-7000-8000-000000000002'
    await send(world, await mailEndpoint(world), [page('ann@example.com', run)])
    await world.pass(1_000)
    expect(world.mails.length).toBe(1)
    up = true
    await send(world, await mailEndpoint(world), [page('ann@example.com', run)])
    expect(await world.db.tx('test', (tx) => cancelDeliveries(tx, [run]))).toBe(2)
    await world.pass(3_600_000)
    expect(world.mails.length).toBe(1)
  })

  it('that are taken back while under way are in the log as superseded and end nothing', async () => {
    const world = await newWorld()
    const run = '01890000-0000-7000-8000-000000000003'
    await send(world, await mailEndpoint(world), [page('ann@example.com', run)])
    await world.pass(5)
    await world.db.tx('test', (tx) => cancelDeliveries(tx, [run]))
    await world.pass(1_000)
    expect((await attempts(world)).map(({ outcome, detail }) => [outcome, detail])).toEqual([['superseded', '250 ok']])
    expect(await results(world)).toEqual([])
  })

  it('that are refused in words that the database does not take end all the same, with the beginning of these words', async () => {
    const detail = `550 no such\0user ${'x'.repeat(5_000)}`
    const world = await newWorld({ answerMail: () => ({ kind: 'rejected', detail, durationMs: ms(10) }) })
    await send(world, await mailEndpoint(world), [page('ann@example.com')])
    await world.pass(1_000)
    const beginning = 'The mail server refused the message: 550 no such\uFFFDuser xxx'
    const ended = await dead(world)
    expect(ended.map(({ reason }) => [reason.slice(0, beginning.length), reason.length])).toEqual([[beginning, 1000]])
    expect(await waiting(world)).toEqual([])
    expect(await results(world)).toMatchObject([{ ending: { kind: 'dead', reason: ended[0]?.reason } }])
  })

  it('whose outcome cannot be written are sent once, and delay the outcome of no other', async () => {
    const world = await newWorld({
      answerMail: ({ to }) => ({ kind: 'accepted', response: to === 'eve@example.com' ? 'cursed' : '250', durationMs: ms(10) }),
    })
    await sql`alter table attempts add constraint cursed check (detail <> 'cursed')`.execute(world.db.sql)
    await send(world, await mailEndpoint(world), [page('ann@example.com'), page('eve@example.com'), page('bob@example.com')])
    await world.pass(100)
    expect((await results(world)).length).toBe(2)
    await world.pass(60_000)
    await send(world, await mailEndpoint(world), [page('cat@example.com')])
    await world.pass(100)
    expect((await results(world)).length).toBe(1)
    expect((await waiting(world)).length).toBe(1)
    await sql`alter table attempts drop constraint cursed`.execute(world.db.sql)
    await world.pass(15_000)
    expect((await results(world)).length).toBe(1)
    expect(await waiting(world)).toEqual([])
    expect(world.mails.length).toBe(4)
  })

  it('to a webhook that gets nothing any more end with a result, since somebody counts on them', async () => {
    const world = await newWorld({ behave: () => ({ afterMs: 10, status: 410 }) })
    const endpoint = await endpointOf(world, 'https://pager.example/')
    await send(world, endpoint, [{}])
    await world.pass(1_000)
    await endClosed(world)
    await results(world)
    await send(world, endpoint, [{ lane: lanes.page }, {}])
    await world.pass(1_000)
    expect(world.received).toHaveLength(1)
    expect(await dead(world)).toHaveLength(3)
    expect((await results(world)).map(({ lane, ending }) => [lane, ending])).toEqual([
      [lanes.page, expect.objectContaining({ kind: 'dead', reason: expect.stringContaining('The receiver is switched off') })],
    ])
  })

  it('whose requests are made later are asked for again each second, and hold up for no longer what can be made', async () => {
    let askedCount = 0
    const world = await newWorld({
      render: async (_db, deliveries) =>
        new Map(
          deliveries.map((delivery): [MessageId, Rendered] => {
            askedCount += 1
            const until = after(startedAt, ms(delivery.subjectId === 'slow' ? 5_500 : 0))
            if (world.now() < until) return [delivery.messageId, { kind: 'later', until }]
            return [delivery.messageId, { kind: 'message', message: post(delivery) }]
          }),
        ),
    })
    const startedAt = world.now()
    const endpointId = await endpointOf(world, 'https://pager.example/')
    await send(world, endpointId, [{ lane: lanes.page, subjectId: 'slow' }])
    await world.pass(500)
    expect(askedCount).toBe(1)
    await send(world, endpointId, [{ lane: lanes.page, subjectId: 'quick' }])
    await world.pass(9_500)
    const sent = world.received.map(({ request, at }) => [String(request.body), Math.floor((at - startedAt) / 1_000)])
    expect(sent).toEqual([
      ['about quick', 1],
      ['about slow', 5],
    ])
    expect(askedCount).toBeLessThan(10)
  })

  it('end at once where mail is off, with the reason', async () => {
    const world = await newWorld({ answerMail: () => ({ kind: 'off', detail: 'E-mail is off', durationMs: ms(10) }) })
    await send(world, await mailEndpoint(world), [page('ann@example.com')])
    await world.pass(1_000)
    expect(world.mails.length).toBe(1)
    expect(await results(world)).toMatchObject([{ ending: { kind: 'dead', reason: 'E-mail is off', attemptsCount: 1 } }])
  })
})
