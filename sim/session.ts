import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Connection, poolConfig } from '../src/db/open.ts'
import type { Life } from './world.ts'

/** What a statement came to. */
export type Outcome = { readonly result: pg.QueryResult } | { readonly fault: unknown }

/** A statement that a process is waiting for. */
export type Call = {
  readonly text: string
  readonly values: readonly unknown[]
  readonly resolve: (result: pg.QueryResult) => void
  readonly reject: (fault: unknown) => void
}

/** One connection to the real PostgreSQL. */
export type Session = {
  readonly number: number
  readonly client: pg.Client
  readonly processId: number
  /** Whose it is now; null: it is in the pool. */
  holder: Life | null
  call: Call | null
  /** The call's outcome to come, while it waits for a lock. */
  blocked: Promise<Outcome> | null
  /** What the call came to, before it is handed over. */
  outcome: Outcome | null
  /** The last event that the open transaction has written; null: none. */
  sequence: number | null
}

export async function openSession(connection: Connection, number: number): Promise<Session> {
  // Which of those in a deadlock is ended would be decided by the wall clock, so the watch does it.
  const options = '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c deadlock_timeout=1h'
  const client = new pg.Client({ ...poolConfig(connection), options })
  await client.connect()
  const answer = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return {
    number,
    client,
    processId: answer.rows[0]?.pid ?? 0,
    holder: null,
    call: null,
    blocked: null,
    outcome: null,
    sequence: null,
  }
}

/** Sends a call's statement; named where it has parameters, like the program's own pool does it. */
export function send({ client }: Session, { text, values }: Call): Promise<Outcome> {
  const query = values.length === 0 ? client.query(text) : client.query({ name: nameOf(text), text, values: [...values] })
  return query.then(
    (result) => ({ result }),
    (fault: unknown) => ({ fault }),
  )
}

/**
 * Lets a statement that waits for a lock stand still, also when it gets the lock. It stands where PostgreSQL has it sleep, so it has nothing
 * in its hands that the other connections need.
 */
export const hold = ({ processId }: Session): void => void process.kill(processId, 'SIGSTOP')

/** Lets it go on. */
export const letGo = ({ processId }: Session): void => void process.kill(processId, 'SIGCONT')

const nameOf = (text: string): string => createHash('sha1').update(text).digest('base64url')

/** Tells a statement that takes a while from one that waits for another transaction. */
export type LockWatch = {
  /** The outcome, or null when the statement waits for a lock and will go on doing so. Who closes a deadlock is ended for it. */
  settledOrBlocked(session: Session, running: Promise<Outcome>): Promise<Outcome | null>
  /** Ends a waiting statement. */
  cancel(session: Session): Promise<void>
}

const pauseMs = 4

/** Without a second connection nothing can wait. */
export const noLocks: LockWatch = { settledOrBlocked: (_session, running) => running, cancel: async () => {} }

/** Asks through a connection of its own. Twice, since a lock may be on its way just then. */
export function newLockWatch(monitor: pg.Client): LockWatch {
  const blockersOf = async ({ processId }: Session): Promise<readonly number[]> => {
    const answer = await monitor.query<{ pid: number }>({
      name: 'blockers',
      text: `with recursive blockers (pid) as (
        select unnest(pg_blocking_pids($1)) union select unnest(pg_blocking_pids(pid)) from blockers
      ) select pid from blockers`,
      values: [processId],
    })
    return answer.rows.map(({ pid }) => pid)
  }
  const cancel = async ({ processId }: Session): Promise<void> => {
    await monitor.query('select pg_cancel_backend($1)', [processId])
  }
  const soon = (running: Promise<Outcome>): Promise<Outcome | null> => Promise.race([running, sleep(pauseMs, null)])
  return {
    settledOrBlocked: async (session, running) => {
      for (;;) {
        const first = await soon(running)
        if (first !== null) return first
        if ((await blockersOf(session)).length === 0) continue
        const second = await soon(running)
        if (second !== null) return second
        const blockers = await blockersOf(session)
        if (blockers.includes(session.processId)) {
          await cancel(session)
          await running
          return { fault: deadlock() }
        }
        if (blockers.length > 0) return null
      }
    },
    cancel,
  }
}

/** What PostgreSQL says. */
const deadlock = (): Error => Object.assign(new Error('deadlock detected'), { code: '40P01' })
