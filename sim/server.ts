import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type EmbeddedServer, startEmbedded } from '../src/db/embedded/server.ts'
import { migrateDatabase } from '../src/db/migrate.ts'
import { type Connection, openDatabase, poolConfig } from '../src/db/open.ts'
import { keepPartitions } from '../src/db/partitions.ts'
import { type Instant, ms } from '../src/lib/time.ts'
import type { Log } from '../src/ports.ts'
import { type Night, nights } from './nights.ts'

const template = 'simulated'

/** Nothing here outlives the run, so it need not survive a crash of the machine. */
const hasty = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off', max_connections: '50' }

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export type Server = {
  /** For another process that uses the same server. */
  readonly socket: string
  /** A database as a first start in that night finds it. */
  freshDatabase(night: Night): Promise<Connection>
  dropDatabase(connection: Connection): Promise<void>
  stop(): Promise<void>
}

type Address = EmbeddedServer['connection']

/** The PostgreSQL of a run, with a migrated database for each night that the seeds copy. */
export async function startServer(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-sim-'))
  // Started by root, the server runs as a user who must be able to get there.
  chmodSync(folder, 0o755)
  const server = await startEmbedded({ dataDir: join(folder, 'data'), log: silent, settings: hasty })
  await run(server.connection, `create database ${template}`)
  await migrateDatabase({ ...server.connection, database: template })
  for (const night of nights) await makeTemplate(server.connection, night)
  return {
    ...serverAt(server.connection.host),
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The server that another process has started. */
export function serverAt(socket: string): Server {
  const address: Address = { host: socket, port: 5432, user: 'watchbell', database: 'watchbell' }
  let count = 0
  return {
    socket,
    freshDatabase: async (night) => {
      count += 1
      const database = `seed_${process.pid}_${count}`
      await run(address, `create database ${database} template ${templateOf(night)} strategy file_copy`)
      return { ...address, database }
    },
    dropDatabase: async (connection) => {
      if ('database' in connection) await run(address, `drop database ${connection.database} with (force)`)
    },
    stop: async () => {},
  }
}

const templateOf = ({ name }: Night): string => `${template}_${name}`

async function makeTemplate(address: Address, night: Night): Promise<void> {
  const database = templateOf(night)
  await run(address, `create database ${database} template ${template} strategy file_copy`)
  await partition({ ...address, database }, night.startAt)
}

/** Makes the partitions that the first start would make. */
async function partition(connection: Connection, now: Instant): Promise<void> {
  const clock = { now: () => now, monotonic: () => ms(0), wait: async () => {} }
  const random = { bytes: (count: number) => new Uint8Array(count) }
  const db = openDatabase({ connection, poolSize: 1, clock, random, log: silent, onWake: () => {} })
  await keepPartitions(db.sql, { now, databaseNow: now }, { log: silent, deliveryLogDays: 30 })
  await db.close()
}

async function run(connection: Connection, statement: string): Promise<void> {
  const client = new pg.Client(poolConfig(connection))
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
