import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Log } from '../../ports.ts'
import { type Connection, poolConfig } from '../open.ts'
import type { DB } from '../schema.ts'

/** One connection under two names: Kysely for statements, and node-postgres for COPY, in the same transaction. */
export type Session = {
  readonly kysely: Kysely<DB>
  readonly client: pg.PoolClient
  close(): Promise<void>
}

/** Opens a connection that writes values as every version of PostgreSQL reads them, and that waits as long as it takes. */
export async function openSession(connection: Connection, log: Log): Promise<Session> {
  const pool = new pg.Pool({ ...poolConfig(connection), max: 1, idleTimeoutMillis: 0, keepAlive: true })
  // Without a listener a connection that the server ends would end this process.
  const noteLoss = (fault: Error) => log.warn('database connection lost', { error: fault.message })
  pool.on('error', noteLoss)
  pool.on('connect', (made) => made.on('error', noteLoss))
  const client = await pool.connect()
  const closed = new Promise<void>((resolve) => client.once('end', resolve))
  // Kysely gets this very connection: there is no other.
  client.release()
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
  for (const [name, value] of Object.entries(settings)) await sql`select set_config(${name}, ${value}, false)`.execute(kysely)
  return {
    kysely,
    client,
    close: async () => {
      await kysely.destroy()
      // A server that stops right after would still see it.
      await closed
    },
  }
}

const settings: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  timezone: 'UTC',
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '3',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
}
