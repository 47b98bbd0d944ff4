import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'
import { check, known } from '../src/lib/check.ts'
import { isObject } from '../src/lib/json.ts'
import { after } from '../src/lib/time.ts'
import type { Connection } from '../src/db/open.ts'
import type { Faults } from './faults.ts'
import type { Dice } from './random.ts'
import type { Records } from './record.ts'
import { type Call, hold, letGo, type LockWatch, newLockWatch, noLocks, openSession, send, type Session } from './session.ts'
import type { Life, World } from './world.ts'

/**
 * The way to the real PostgreSQL. Statements run one at a time, and their answers are handed over one at a time, so that
 * the wall clock decides no order: which transaction goes on next is drawn from the seed. With several connections, a
 * statement that waits for a lock is put aside until the lock is free.
 */
export type Engine = {
  poolOf(life: Life): PostgresPool
  /** Runs all that can go on without the clock. */
  settle(): Promise<void>
  close(): Promise<void>
}

type EngineOptions = {
  readonly connection: Connection
  readonly world: World
  readonly faults: Pick<Faults, 'connectionCount' | 'databaseDelay' | 'freeze'>
  readonly records: Pick<Records, 'commits'>
  readonly dice: Dice
  /** How many requests are inside the program; they take some turns of Node's own loop. */
  readonly underway: () => number
}

type Waiter = { readonly life: Life; readonly resolve: (client: PostgresPoolClient) => void; isReady: boolean }

type Desk = EngineOptions & { readonly sessions: readonly Session[]; readonly locks: LockWatch; waiters: readonly Waiter[] }

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { connectionCount } = options.faults
  const sessions: Session[] = []
  for (let number = 0; number < connectionCount; number += 1) sessions.push(await openSession(options.connection, number))
  const monitor = connectionCount > 1 ? await openSession(options.connection, connectionCount) : null
  const locks = monitor === null ? noLocks : newLockWatch(monitor.client)
  const desk: Desk = { ...options, sessions, locks, waiters: [] }
  return {
    poolOf: (life) => ({ options: {}, connect: () => wait(desk, life), end: async () => {} }),
    settle: () => settle(desk),
    close: async () => {
      // A run that broke may have left some of them held.
      for (const session of sessions) letGo(session)
      for (const { client } of sessions) await client.end()
      await monitor?.client.end()
    },
  }
}

/** Node's own loop goes round more often for requests, whose bodies are streams. */
const turnsPerRequest = 8

async function settle(desk: Desk): Promise<void> {
  do {
    for (let turn = desk.underway() > 0 ? turnsPerRequest : 1; turn > 0; turn -= 1) await new Promise(setImmediate)
  } while (await goOn(desk))
  const idle = desk.sessions.filter(({ holder, call }) => holder !== null && isFit(desk, holder) && call === null)
  check(desk.faults.connectionCount > 1 || idle.length === 0, 'nothing but the database is awaited inside a transaction')
}

const isFit = ({ world }: Desk, life: Life): boolean => life.alive && life.frozenUntil <= world.now()

/** Takes one step; false when there is none to take. */
async function goOn(desk: Desk): Promise<boolean> {
  const { sessions, dice } = desk
  const dead = sessions.find(({ holder }) => holder?.alive === false)
  if (dead !== undefined) {
    await bury(desk, dead)
    return true
  }
  const answered = sessions.find(({ outcome }) => outcome !== null)
  if (answered !== undefined) {
    handOver(desk, answered)
    return true
  }
  if (grant(desk)) return true
  const ready = sessions.filter(
    ({ call, blocked, holder }) => call !== null && blocked === null && holder !== null && isFit(desk, holder),
  )
  if (ready.length === 0) return false
  await execute(desk, dice.pick(ready))
  return true
}

// Connections ------------------------------------------------------------------------------------------------------------

function wait(desk: Desk, life: Life): Promise<PostgresPoolClient> {
  return new Promise((resolve) => {
    const waiter: Waiter = { life, resolve, isReady: false }
    desk.waiters = [...desk.waiters, waiter]
    sooner(desk, { life, what: 'connection delayed' }, () => {
      waiter.isReady = true
    })
  })
}

/** At once, or after the delay that was drawn. */
function sooner({ world, faults }: Desk, { life, what }: { readonly life: Life; readonly what: string }, run: () => void): void {
  const delay = faults.databaseDelay()
  if (delay === 0) run()
  else world.plan({ at: after(world.now(), delay), life, what, run })
}

/** Gives a free connection to one who waits for it, or lets its process stand still just then. */
function grant(desk: Desk): boolean {
  const { world, faults, dice, sessions } = desk
  desk.waiters = desk.waiters.filter(({ life }) => life.alive)
  const session = sessions.find(({ holder }) => holder === null)
  const fit = desk.waiters.filter(({ life, isReady }) => isReady && isFit(desk, life))
  if (session === undefined || fit.length === 0) return false
  const waiter = dice.pick(fit)
  const frozenMs = faults.freeze()
  if (frozenMs > 0) {
    world.freeze(waiter.life, frozenMs)
    return true
  }
  desk.waiters = desk.waiters.filter((other) => other !== waiter)
  session.holder = waiter.life
  waiter.resolve(clientOf(desk, session, waiter.life))
  return true
}

/** What the program holds of a session. From a dead life it does nothing any more. */
function clientOf(desk: Desk, session: Session, life: Life): PostgresPoolClient {
  const query = (text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> =>
    new Promise((resolve, reject) => {
      const put = (): void => {
        if (session.holder === life) session.call = { text, values, resolve, reject }
      }
      // With one connection only, a delay inside a transaction would hold up everybody and show nothing.
      if (desk.faults.connectionCount > 1) sooner(desk, { life, what: 'statement delayed' }, put)
      else put()
    })
  const release = (): void => {
    if (session.holder === life && life.alive) session.holder = null
  }
  return Object.assign(Object.create(session.client), { query, release })
}

// Statements -------------------------------------------------------------------------------------------------------------

async function execute(desk: Desk, session: Session): Promise<void> {
  const call = known(session.call, 'only a call is executed')
  const held = holdOthers(desk, session)
  const running = send(session, call)
  session.outcome = await desk.locks.settledOrBlocked(session, running)
  if (session.outcome === null) {
    session.blocked = running
    desk.world.note(session.holder, `sql${session.number} waits for a lock: ${wordsOf(call)}`)
  } else watchEvents(desk, session)
  await unblock(desk, held)
}

/**
 * Those who wait for locks stand still while a statement runs. What it frees, several may wait for: PostgreSQL lets them all go on at once,
 * and the wall clock would decide who of them is first.
 */
function holdOthers({ sessions }: Desk, session: Session): readonly Session[] {
  const others = sessions.filter((other) => other !== session && other.blocked !== null)
  for (const other of others) hold(other)
  return others
}

/**
 * One after the other, those who waited for a lock that is free now have their outcome, and so have those who waited for them. Asked after
 * each statement: what fails gives up the locks of its transaction at once, and nothing may go on behind the engine's back.
 */
async function unblock(desk: Desk, held: readonly Session[]): Promise<void> {
  for (let isOver = false; !isOver; ) {
    isOver = true
    for (const session of held) {
      if (session.blocked === null) continue
      letGo(session)
      session.outcome = await desk.locks.settledOrBlocked(session, session.blocked)
      if (session.outcome === null) {
        hold(session)
        continue
      }
      session.blocked = null
      watchEvents(desk, session)
      isOver = false
    }
  }
  for (const session of held) if (session.blocked !== null) letGo(session)
}

/** Learns, from what the program reads and says, when its events become true. */
function watchEvents({ world, records }: Desk, session: Session): void {
  const { call, outcome } = session
  if (call === null || outcome === null || 'fault' in outcome) return
  const [row] = outcome.result.rows
  const isSequence = outcome.result.fields.map(({ name }) => name).join() === 'event_sequence'
  if (isSequence && isObject(row)) session.sequence = Number(row['event_sequence'])
  if (call.text !== 'commit' && call.text !== 'rollback') return
  if (call.text === 'commit' && session.sequence !== null) records.commits.push({ sequence: session.sequence, at: world.now() })
  session.sequence = null
}

function handOver({ world }: Desk, session: Session): void {
  const call = known(session.call, 'an outcome belongs to a call')
  const outcome = known(session.outcome, 'what is handed over is known')
  session.call = null
  session.outcome = null
  const came = 'result' in outcome ? String(outcome.result.rowCount ?? 0) : String(outcome.fault)
  world.note(session.holder, `sql${session.number} ${wordsOf(call)} -> ${came}`)
  if ('result' in outcome) call.resolve(outcome.result)
  else call.reject(outcome.fault)
}

/** PostgreSQL notices that a program is gone, and rolls back what it had begun. */
async function bury(desk: Desk, session: Session): Promise<void> {
  const held = holdOthers(desk, session)
  if (session.blocked !== null) {
    await desk.locks.cancel(session)
    await session.blocked
  }
  await session.client.query('rollback')
  desk.world.note(session.holder, `sql${session.number} rolled back`)
  session.holder = null
  session.call = null
  session.blocked = null
  session.outcome = null
  session.sequence = null
  await unblock(desk, held)
}

const wordsOf = ({ text }: Call): string => text.replace(/\s+/g, ' ').trim().slice(0, 70)
