import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { makeVault } from '../../src/accounts/secret.ts'
import { openDatabase } from '../../src/db/open.ts'
import type { Delivery, Rendered } from '../../src/deliveries/delivery.ts'
import { type DeliveriesLoop, deliveriesLoop, type DeliveriesOptions } from '../../src/deliveries/loop.ts'
import { noPhases } from '../../src/deliveries/sending/phases.ts'
import type { MessageId } from '../../src/lib/ids.ts'
import { allShards } from '../../src/lib/shard.ts'
import { type Instant, instant, type Ms, ms } from '../../src/lib/time.ts'
import type { Database, HttpOutcome, HttpRequest, Mail, MailOutcome, Ports, Random, Sql, Tx } from '../../src/ports.ts'
import { freshDatabase } from './database.ts'
import { silentLog } from './log.ts'

/** How a receiver behaves: after a while it answers, or never does (`hang`, until the deadline); or it is not called. */
type Behaviour =
  | { readonly afterMs: number; readonly status?: number; readonly body?: string; readonly headers?: Record<string, string> }
  | 'hang'
  | 'refused'

type Received = {
  readonly at: Instant
  readonly url: string
  readonly id: string
  readonly timestamp: string
  readonly request: HttpRequest
}

type Timer = { readonly at: number; readonly order: number; readonly fire: () => void }

/** The deliveries' loop on a real database, with time and receivers in the hands of the test. Idle time costs nothing. */
export type DeliveryWorld = {
  readonly db: Database
  readonly ports: Ports
  readonly received: Received[]
  readonly mails: { readonly at: Instant; readonly mail: Mail }[]
  readonly woken: Set<string>
  now(): Instant
  /** Lets everything happen that happens within the duration. */
  pass(durationMs: number): Promise<void>
  /** Does the work in a transaction that stays open, while time passes and others commit, until it is told to commit. */
  open(work: (tx: Tx) => Promise<unknown>): Promise<{ commit(): Promise<void> }>
  /** The process dies: what it waited for never comes. A new one starts over the same database. */
  crash(): void
  /** Every transaction of the name fails from now on, until `heal`, with the code of PostgreSQL's, if it is to have one. */
  breakTransaction(name: string, code?: string): void
  heal(): void
  shards: readonly number[]
  loop(): DeliveriesLoop
  close(): Promise<void>
}

type Made = ReadonlyMap<MessageId, Rendered>

/** Gives all requests at once, or some after the others. */
type AnyRender = (db: Sql, deliveries: readonly Delivery[]) => Promise<Made> | AsyncIterable<Made>

export type WorldOptions = {
  readonly render: AnyRender
  readonly behave?: (request: HttpRequest, attemptsSoFar: number) => Behaviour
  readonly answerMail?: (mail: Mail) => MailOutcome
  readonly limits?: DeliveriesOptions['limits']
  readonly isOwned?: DeliveriesOptions['isOwned']
  readonly credentialsOf?: DeliveriesOptions['credentialsOf']
}

/** As the loop takes it. */
export const inParts = (render: AnyRender): DeliveriesOptions['render'] =>
  async function* (db, deliveries) {
    const made = render(db, deliveries)
    if (Symbol.asyncIterator in made) yield* made
    else yield await made
  }

export const testVault = makeVault({ secretKey: new Uint8Array(32), purpose: 'test', random: countingRandom() })

export async function deliveryWorld(options: WorldOptions): Promise<DeliveryWorld> {
  let now = Date.UTC(2026, 3, 1, 12)
  let generation = 0
  let order = 0
  let active = 0
  let broken: { readonly name: string; readonly code: string | undefined } | null = null
  let timers: Timer[] = []
  const woken = new Set<string>()
  const received: Received[] = []
  const mails: { at: Instant; mail: Mail }[] = []
  const random = countingRandom()
  const after = (duration: number, fire: () => void): void => {
    timers.push({ at: now + duration, order: (order += 1), fire })
  }

  const clock = {
    now: () => instant(now),
    monotonic: () => ms(now),
    wait: (duration: Ms) => new Promise<void>((resolve) => after(duration, resolve)),
  }
  const opened = openDatabase({
    connection: await freshDatabase(),
    poolSize: 4,
    clock,
    random,
    log: silentLog,
    onWake: (loop) => void woken.add(loop),
  })
  const db: Database = {
    ...opened,
    tx: async (name, work) => {
      active += 1
      try {
        if (name === broken?.name) throw Object.assign(new Error('the database is down'), { code: broken.code })
        return await opened.tx(name, work)
      } finally {
        active -= 1
      }
    },
  }
  const http = (request: HttpRequest): Promise<HttpOutcome> => {
    const id = request.headers['webhook-id'] ?? ''
    const behaviour = options.behave?.(request, received.filter((other) => other.id === id).length) ?? {
      afterMs: 10,
      status: 200,
    }
    received.push({ at: instant(now), url: request.url, id, timestamp: request.headers['webhook-timestamp'] ?? '', request })
    return new Promise((resolve) => {
      if (behaviour === 'refused') return resolve({ kind: 'refused', detail: 'The address is not called.', durationMs: ms(0) })
      if (behaviour === 'hang') {
        const outcome: HttpOutcome = {
          kind: 'no-answer',
          fault: 'timeout',
          detail: 'no answer in time',
          isSent: true,
          address: null,
          phases: noPhases,
          durationMs: request.deadlineMs,
        }
        return after(request.deadlineMs, () => resolve(outcome))
      }
      const { afterMs, status = 200, body = '', headers = {} } = behaviour
      after(afterMs, () =>
        resolve({
          kind: 'answered',
          status,
          headers,
          body: Buffer.from(body),
          truncated: false,
          address: '192.0.2.1',
          phases: noPhases,
          durationMs: ms(afterMs),
        }),
      )
    })
  }
  const mail = (sent: Mail): Promise<MailOutcome> => {
    mails.push({ at: instant(now), mail: sent })
    const outcome = options.answerMail?.(sent) ?? { kind: 'accepted', response: '250 ok', durationMs: ms(10) }
    return new Promise((resolve) => after(10, () => resolve(outcome)))
  }
  const ports: Ports = { clock, random, db, send: { http, mail }, log: silentLog }
  const newLoop = (): DeliveriesLoop => {
    const born = generation
    const aliveOnly = <Value>(promise: Promise<Value>): Promise<Value> =>
      promise.then((value) => (born === generation ? value : new Promise<never>(() => {})))
    const send = { http: (request: HttpRequest) => aliveOnly(http(request)), mail: (sent: Mail) => aliveOnly(mail(sent)) }
    return deliveriesLoop({
      ports: { ...ports, send },
      vault: testVault,
      mailFrom: 'bell@example.com',
      render: inParts(options.render),
      credentialsOf: options.credentialsOf ?? (async () => new Map()),
      limits: options.limits ?? {},
      wake: () => void woken.add('deliveries'),
      isOwned: options.isOwned ?? (() => true),
    })
  }

  let loop = newLoop()
  let nextAt: number | null = null
  /** Until no transaction runs, and none follows at once. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 5; quiet = active === 0 ? quiet + 1 : 0) await setImmediate()
  }
  const world: DeliveryWorld = {
    db,
    ports,
    received,
    mails,
    woken,
    shards: allShards,
    now: () => instant(now),
    pass: async (duration) => {
      const end = now + duration
      woken.add('deliveries')
      for (;;) {
        await settle()
        if (woken.delete('deliveries')) {
          nextAt = await loop.run(world.shards)
          continue
        }
        const timer = timers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
        const at = Math.min(timer?.at ?? Infinity, nextAt ?? Infinity)
        if (at > end) break
        now = Math.max(now, at)
        if (timer !== undefined && timer.at === at) {
          timers = timers.filter((other) => other !== timer)
          timer.fire()
        } else {
          nextAt = null
          woken.add('deliveries')
        }
      }
      now = end
    },
    open: async (work) => {
      const isWorked = Promise.withResolvers<void>()
      const isToCommit = Promise.withResolvers<void>()
      const ended = opened.tx('left open', async (tx) => {
        await work(tx)
        isWorked.resolve()
        await isToCommit.promise
      })
      await Promise.race([isWorked.promise, ended])
      return {
        commit: () => {
          isToCommit.resolve()
          return ended
        },
      }
    },
    crash: () => {
      generation += 1
      loop = newLoop()
    },
    breakTransaction: (name, code) => {
      broken = { name, code }
    },
    heal: () => {
      broken = null
    },
    loop: () => loop,
    close: () => opened.close(),
  }
  return world
}

/** Random in look, the same in every run. */
function countingRandom(): Random {
  let count = 0
  return {
    bytes: (length) => {
      count += 1
      const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, block) =>
        createHash('sha256').update(`${count} ${block}`).digest(),
      )
      return Buffer.concat(blocks).subarray(0, length)
    },
  }
}
