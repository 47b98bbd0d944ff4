import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { type Instant, instant } from '../lib/time.ts'
import type { Clock, Database, Log, LoopName, Random } from '../ports.ts'
import { namingStatements } from './named-statements.ts'
import type { DB } from './schema.ts'
import { transactor } from './tx.ts'

/** How to reach PostgreSQL: a URL, or the socket of the embedded server. */
export type Connection =
  | { readonly url: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string }

export type OpenDatabase = Database & { close(): Promise<void> }

type OpenOptions = {
  readonly connection: Connection
  readonly poolSize: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Called after a commit, once for each loop that the transaction woke. */
  readonly onWake: (loop: LoopName) => void
}

/**
 * What the server itself ends, since a program that hangs or is cut off cannot. A transaction that stalls is over before those who
 * wait for its locks give up, and they give up before a lease ends (shards/lease.ts); no statement of ours takes as long as the last
 * limit. Compiling a plan costs far more than our short statements do.
 */
const options = '-c idle_in_transaction_session_timeout=6s -c lock_timeout=8s -c statement_timeout=10s -c timezone=UTC -c jit=off'

/** Opens the pool. Migrate first: a statement prepared before a migration may fail after it. */
export function openDatabase({ connection, poolSize, clock, random, log, onWake }: OpenOptions): OpenDatabase {
  const pool = new pg.Pool({
    ...poolConfig(connection),
    max: poolSize,
    idleTimeoutMillis: 60_000,
    // A connection can go silent without closing (a failover, a forgotten NAT entry); nobody may wait for it for ever.
    query_timeout: 15_000,
    keepAlive: true,
    options,
  })
  // Without a listener a connection that the server ends would end this process, idle or between two statements.
  const noteLoss = (fault: Error) => log.warn('database connection lost', { error: fault.message })
  pool.on('error', noteLoss)
  pool.on('connect', (client) => client.on('error', noteLoss))
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool: namingStatements(pool) }) })
  return {
    sql: kysely,
    tx: transactor({ kysely, clock, random, log, onWake }),
    now: async () => {
      const answer = await sql<{ epoch_ms: number }>`
        select floor(extract(epoch from clock_timestamp()) * 1000)::int8 as epoch_ms`.execute(kysely)
      return databaseInstant(answer.rows)
    },
    close: async () => {
      const allClosed = whenAllClosed(pool)
      await kysely.destroy()
      await allClosed
    },
  }
}

/** The pool's own end only asks its connections to close; a server that stops right after would still see them. */
function whenAllClosed(pool: pg.Pool): Promise<void> {
  let open = pool.totalCount
  return new Promise((resolve) => {
    if (open === 0) resolve()
    pool.on('remove', () => {
      open -= 1
      if (open === 0) resolve()
    })
  })
}

/** An address may swallow packets and never refuse. */
const connectMaxMs = 10_000

/** What node-postgres needs to connect; also for the few statements that run outside the pool. */
export function poolConfig(connection: Connection): pg.PoolConfig & pg.ClientConfig {
  const address = 'url' in connection ? { connectionString: connection.url } : connection
  return { ...address, connectionTimeoutMillis: connectMaxMs, application_name: 'watchbell', types: { getTypeParser } }
}

function databaseInstant(rows: readonly { epoch_ms: number }[]): Instant {
  const row = rows[0]
  if (row === undefined) throw new Error('the database did not tell the time')
  return instant(row.epoch_ms)
}

const int8 = 20

/** Counters and sequences stay below 2^53, so numbers serve better than strings. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === int8) return Number
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
}
