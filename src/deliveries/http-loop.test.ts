import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { inParts, testVault } from '../../test/support/delivery-world.ts'
import { silentLog } from '../../test/support/log.ts'
import { openDatabase } from '../db/open.ts'
import { nodeClock } from '../lib/node/clock.ts'
import { asId, type MessageId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { allShards } from '../lib/shard.ts'
import { after, type Instant, instant, type Ms, ms, seconds } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { endpointFor, enqueue } from './commands.ts'
import { type Delivery, lanes, type Rendered } from './delivery.ts'
import { egressPolicy } from './egress/egress.ts'
import { parseEgressAllow } from './egress/allow.ts'
import { type DeliveriesLoop, deliveriesLoop } from './loop.ts'
import { createHttpSend } from './sending/send.ts'

const organizationId = asId<OrganizationId>('OAAAAAAAAAAAA')
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  while (closers.length > 0) await closers.pop()?.()
})

type Receiver = { readonly url: string; readonly ids: string[] }

/** A receiver on loopback; `answer` decides about each request, and may leave it hanging. */
async function receiver(answer: (response: ServerResponse, count: number) => void): Promise<Receiver> {
  const ids: string[] = []
  const server: Server = createServer((request: IncomingMessage, response) => {
    ids.push(String(request.headers['webhook-id']))
    request.resume().on('end', () => answer(response, ids.length))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  return { url: `http://127.0.0.1:${address.port}/`, ids }
}

const ok = (response: ServerResponse): void => void response.writeHead(200).end('{}')

async function newSender() {
  let now = instant(Date.UTC(2026, 3, 1, 12))
  const allow = parseEgressAllow('127.0.0.0/8')
  const clock = { now: (): Instant => now, monotonic: () => ms(performance.now()), wait: nodeClock.wait }
  const random = { bytes: (count: number) => randomBytes(count) }
  const db = openDatabase({ connection: await freshDatabase(), poolSize: 4, clock, random, log: silentLog, onWake: () => {} })
  closers.push(() => db.close())
  const newHttp = () => {
    const policy = egressPolicy(allow.ok ? allow.value : [], 'https://bell.example')
    const http = createHttpSend({ policy, version: 'test', monotonic: clock.monotonic })
    closers.push(() => http.close())
    return http
  }
  const portsWith = (http: Ports['send']['http']): Ports => ({
    clock,
    random,
    db,
    log: silentLog,
    send: { http, mail: async () => ({ kind: 'off', detail: 'no mail here', durationMs: ms(0) }) },
  })
  const loopWith = (http: Ports['send']['http']) =>
    deliveriesLoop({
      ports: portsWith(http),
      vault: testVault,
      mailFrom: 'bell@example.com',
      render: inParts(render),
      credentialsOf: async () => new Map(),
      wake: () => {},
      isOwned: () => true,
    })
  const newLoop = () => {
    // Closing goes backwards: the connections end, then what they carried is written, then the database closes.
    const drains: DeliveriesLoop['drain'][] = []
    closers.push(async () => void (await drains[0]?.(seconds(5))))
    const loop = loopWith(newHttp().http)
    drains.push(loop.drain)
    return loop
  }
  await db.sql
    .insertInto('organizations')
    .values({ id: organizationId, name: 'Acme', event_sequence: 0, created_at: new Date(now) })
    .execute()
  const send = (url: string): Promise<MessageId> =>
    db.tx('test', async (tx) => {
      const messageId = newUuid<MessageId>(tx.now, tx.random.bytes)
      const endpointId = await endpointFor(tx, { organizationId, kind: 'webhook', ownerId: url, url, settings: null })
      const about = {
        messageId,
        messageAt: tx.now,
        message: null,
        eventSequence: 1,
        groupedSequences: null,
        subjectId: null,
        cancelKey: null,
        expiresAt: null,
      }
      await enqueue(tx, [{ organizationId, endpointId, lane: lanes.live, ...about }])
      return messageId
    })
  const attempts = () =>
    db.sql.selectFrom('attempts').select(['message_id', 'number', 'outcome', 'status']).orderBy('at').orderBy('number').execute()
  const pass = (duration: Ms) => {
    now = after(now, duration)
  }
  return {
    db,
    send,
    newLoop,
    loopWith,
    newHttp,
    attempts,
    pass,
    waiting: () => db.sql.selectFrom('deliveries').selectAll().execute(),
  }
}

const render = async (_db: unknown, deliveries: readonly Delivery[]): Promise<ReadonlyMap<MessageId, Rendered>> =>
  new Map(
    deliveries.map((delivery) => [
      delivery.messageId,
      {
        kind: 'message',
        message: {
          kind: 'http',
          method: 'POST',
          target: delivery.endpoint.url ?? '',
          headers: { 'content-type': 'application/json' },
          headersShown: '{}',
          body: Buffer.from('{"a":1}'),
          requestTrigger: '',
        },
      },
    ]),
  )

/** Waits, turn by turn, until something that is on its way over the loopback has come true. */
async function eventually(claim: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await claim())) await setImmediate()
}

describe('deliveries over the network', () => {
  it('succeed after a failure with the same webhook-id', async () => {
    const { send, newLoop, attempts, pass, waiting } = await newSender()
    const target = await receiver((response, count) => (count === 1 ? void response.writeHead(500).end() : ok(response)))
    const messageId = await send(target.url)
    const loop = newLoop()
    await loop.run(allShards)
    await eventually(async () => (await attempts()).length === 1)
    pass(seconds(10))
    await eventually(() => loop.busyShards().size === 0)
    await loop.run(allShards)
    await loop.drain(seconds(5))
    expect(target.ids).toEqual([messageId, messageId])
    expect(await attempts()).toMatchObject([
      { number: 1, outcome: 'retry', status: 500 },
      { number: 2, outcome: 'success', status: 200 },
    ])
    expect(await waiting()).toEqual([])
  })

  it('to one receiver arrive while another hangs', async () => {
    const { send, newLoop, attempts } = await newSender()
    const hanging = await receiver(() => {})
    const well = await receiver(ok)
    for (let count = 0; count < 20; count += 1) await send(hanging.url)
    const messageId = await send(well.url)
    const loop = newLoop()
    await loop.run(allShards)
    await eventually(async () => (await attempts()).length === 1)
    expect(well.ids).toEqual([messageId])
    expect(hanging.ids.length).toBeLessThanOrEqual(8)
  })

  it('whose process dies between the answer and the writing are sent again with the same id', async () => {
    const { send, newLoop, loopWith, newHttp, attempts, waiting } = await newSender()
    const target = await receiver(ok)
    const messageId = await send(target.url)
    const { http } = newHttp()
    // The answer arrives, and the process that should write it is gone.
    const dying = loopWith(async (request) => {
      await http(request)
      return new Promise(() => {})
    })
    await dying.run(allShards)
    await eventually(() => target.ids.length === 1)
    const restarted = newLoop()
    await restarted.run(allShards)
    await restarted.drain(seconds(5))
    expect(target.ids).toEqual([messageId, messageId])
    expect(await attempts()).toMatchObject([{ number: 1, outcome: 'success', status: 200 }])
    expect(await waiting()).toEqual([])
  })

  it('to an address that must not be called are dead at once', async () => {
    const { send, newLoop, db } = await newSender()
    await send('http://10.0.0.1/')
    const loop = newLoop()
    await loop.run(allShards)
    await loop.drain(seconds(5))
    const dead = await db.sql.selectFrom('dead_deliveries').selectAll().execute()
    expect(dead).toMatchObject([{ attempts_count: 1, reason: expect.stringContaining('WATCHBELL_EGRESS_ALLOW') }])
  })
})
