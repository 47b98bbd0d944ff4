import { makeApp, newBells, type Watchbell } from '../src/app.ts'
import { egressPolicy } from '../src/deliveries/egress/egress.ts'
import { after, type Ms } from '../src/lib/time.ts'
import type { Log, LogFields, Send } from '../src/ports.ts'
import { virtualClock } from './clock.ts'
import { brokenWords, databaseOf } from './database.ts'
import type { Engine } from './engine.ts'
import type { Faults } from './faults.ts'
import type { Dice } from './random.ts'
import type { Records } from './record.ts'
import type { Life, World } from './world.ts'

/** What can be asked of a server, and what it answered; null when it did not. */
export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
export type Answer = { readonly status: number; readonly body: string }

/** A server that starts, ends and starts again. */
export type Process = {
  readonly name: string
  /** Starts a new life. Must be awaited before anything else happens. */
  boot(): Promise<void>
  isUp(): boolean
  /** Null: it is not there. Never resolves when it ends meanwhile. */
  ask(request: Request): Promise<Answer | null>
  /** Ends at once. */
  crash(why: string): void
  /** Ends in good order. */
  stop(): void
  /** Ends for good, because the world does. */
  abandon(): void
  /** How many requests are inside. */
  underway(): number
}

export type ProcessOptions = {
  readonly name: string
  readonly world: World
  readonly engine: Engine
  readonly faults: Faults
  readonly records: Records
  readonly dice: Dice
  readonly skewMs: Ms
  readonly network: (life: Life) => Send
}

export const baseUrl = 'https://bell.example.com'
export const secretKey = new Uint8Array(32).fill(7)
const policy = egressPolicy([], baseUrl)

type Running = { readonly life: Life; readonly app: Watchbell; isReady: boolean; requests: number }

export function newProcess(options: ProcessOptions): Process {
  const { name, world, faults, records } = options
  let lives = 0
  let running: Running | null = null

  const end = (life: Life, why: string): void => {
    if (!life.alive) return
    life.alive = false
    records.deaths.push({ life, at: world.now(), why })
    world.note(life, `ends: ${why}`)
    if (running?.life === life) running = null
    world.plan({ at: after(world.now(), faults.downtime()), life: null, what: `boot ${name}`, run: boot })
  }
  const boot = async (): Promise<void> => {
    lives += 1
    const life: Life = { name: `${name}${lives}`, alive: true, frozenUntil: world.now() }
    const app = await makeLife(options, life, (why) => end(life, why))
    const started: Running = { life, app, isReady: false, requests: 0 }
    running = started
    void app.start().then(
      () => {
        started.isReady = true
        world.note(life, 'is up')
      },
      (fault: unknown) => end(life, `cannot start: ${String(fault)}`),
    )
  }
  return {
    name,
    boot,
    isUp: () => running?.isReady === true,
    ask: async (request) => {
      const asked = running
      return asked?.isReady === true ? inject(asked, request) : null
    },
    crash: (why) => {
      if (running !== null) end(running.life, why)
    },
    stop: () => {
      const stopped = running
      if (stopped?.isReady !== true) return
      stopped.isReady = false
      world.note(stopped.life, 'stops')
      stopped.requests += 1
      void stopped.app.stop().then(
        () => end(stopped.life, 'stopped'),
        (fault: unknown) => end(stopped.life, `stopped badly: ${String(fault)}`),
      )
    },
    abandon: () => {
      if (running !== null) running.life.alive = false
      running = null
    },
    underway: () => running?.requests ?? 0,
  }
}

async function inject(asked: Running, { method, url, headers = {}, body }: Request): Promise<Answer> {
  asked.requests += 1
  const content = body === undefined ? {} : { payload: body }
  const response = await asked.app.http.inject({
    method,
    url,
    headers: { 'content-type': 'application/json', ...headers },
    ...content,
  })
  asked.requests -= 1
  return { status: response.statusCode, body: response.body }
}

async function makeLife(options: ProcessOptions, life: Life, crash: (why: string) => void): Promise<Watchbell> {
  const { world, engine, faults, records, network, skewMs } = options
  const clock = virtualClock(world, life, skewMs)
  const dice = options.dice.fork(life.name)
  const random = { bytes: dice.bytes }
  const log = logOf({ world, records, life })
  const bells = newBells()
  const db = databaseOf({ world, engine, faults, records, life, clock, random, log, crash, onWake: (loop) => bells[loop].ring() })
  const app = await makeApp({
    ports: { clock, random, db, apiDb: db, log, send: network(life) },
    bells,
    settings: {
      baseUrl,
      version: 'simulated',
      secretKey,
      mailFrom: 'watchbell@bell.example.com',
      mailIsOn: true,
      deliveryLogDays: 30,
      egress: policy,
      alone: faults.isAlone,
      sleepMaxMs: faults.sleepMaxMs,
    },
  })
  await app.http.ready()
  return app
}

/** Lines that say that something is wrong are kept, unless the connection was broken on purpose. */
function logOf({ world, records, life }: { readonly world: World; readonly records: Records; readonly life: Life }): Log {
  const keep =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      if (!life.alive) return
      const error = typeof fields['error'] === 'string' ? fields['error'] : ''
      world.note(life, `${level}: ${message} ${error.split('\n', 1)[0]}`)
      if (error !== '' && !error.includes(brokenWords)) records.faults.push(`${life.name} ${message}: ${error}`)
    }
  return { debug: () => {}, info: () => {}, warn: keep('warn'), error: keep('error') }
}
