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
  // A lock that is waited for is either given soon or part of a deadlock, which then must show at once.
  const options = '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c deadlock_timeout=1ms'
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

const nameOf = (text: string): string => createHash('sha1').update(text).digest('base64url')

/** Tells a statement that takes a while from one that waits for another transaction. */
export type LockWatch = {
  /** The outcome, or null when the statement waits for a lock and will go on doing so. */
  settledOrBlocked(session: Session, running: Promise<Outcome>): Promise<Outcome | null>
  /** Ends a waiting statement. */
  cancel(session: Session): Promise<void>
}

const pauseMs = 4

/** Without a second connection nothing can wait. */
export const noLocks: LockWatch = { settledOrBlocked: (_session, running) => running, cancel: async () => {} }

/** Asks through a connection of its own. Twice, with more than PostgreSQL's deadlock timeout between. */
export function newLockWatch(monitor: pg.Client): LockWatch {
  const waits = async (session: Session): Promise<boolean> => {
    const answer = await monitor.query<{ waits: boolean }>({
      name: 'waits',
      text: 'select cardinality(pg_blocking_pids($1)) > 0 as waits',
      values: [session.processId],
    })
    return answer.rows[0]?.waits === true
  }
  const soon = (running: Promise<Outcome>): Promise<Outcome | null> => Promise.race([running, sleep(pauseMs, null)])
  return {
    settledOrBlocked: async (session, running) => {
      for (;;) {
        const first = await soon(running)
        if (first !== null) return first
        if (!(await waits(session))) continue
        const second = await soon(running)
        if (second !== null) return second
        if (await waits(session)) return null
      }
    },
    cancel: async ({ processId }) => void (await monitor.query('select pg_cancel_backend($1)', [processId])),
  }
}
