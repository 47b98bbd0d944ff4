import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { sql } from 'kysely'
import { to as copyTo } from 'pg-copy-streams'
import type { PartProgress } from '../../lib/progress.ts'
import { StartFault } from '../../lib/start-fault.ts'
import { type Instant, isoZ } from '../../lib/time.ts'
import type { Log, Sql } from '../../ports.ts'
import { appliedMigrations, refuseNewerSchema } from '../migrate.ts'
import type { Connection } from '../open.ts'
import { holdPartitions, partitionNames } from '../partitions.ts'
import { carriedTables, quoted, sequences, type Table } from './catalogue.ts'
import { sealed } from './envelope.ts'
import { headerLine } from './header.ts'
import { rowsEnd } from './sections.ts'
import { openSession, type Session } from './session.ts'

export type Dump = {
  readonly connection: Connection
  readonly log: Log
  readonly now: Instant
  readonly programVersion: string
  /** The migrations that this program knows, by name. */
  readonly knownMigrations: readonly string[]
  /** Told now and then of each table. */
  readonly onProgress: (progress: PartProgress) => void
}

/**
 * Writes the database as it is at one instant; whoever else uses it goes on reading and writing. Leaves the database as it is,
 * also one that waits for a migration. One backup of a database at a time.
 */
export async function dumpDatabase(dump: Dump, sink: NodeJS.WritableStream): Promise<void> {
  const { kysely: db, client, close } = await openSession(dump.connection, dump.log)
  try {
    await refuseNewerSchema(db, dump.knownMigrations)
    await refuseSecondBackup(db)
    await holdPartitions(db)
    const tables = await carriedTables(db)
    if (tables.length === 0) throw new StartFault('There is nothing to back up: no Watchbell has used this database.')
    // It ends with the connection. A rollback would hide what went wrong behind a fault of its own.
    await sql`start transaction isolation level repeatable read, read only`.execute(db)
    await lockTables(db, tables)
    await pipeline(textOf({ ...dump, client, db }), createZstdCompress(compression), sealed, sink)
  } finally {
    await close()
  }
}

const compression = {
  params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
}

/** Any number that nothing else in the database locks. */
const backupLock = 7_283_646

async function refuseSecondBackup(db: Sql): Promise<void> {
  const answer = await sql<{ readonly free: boolean }>`select pg_try_advisory_lock(${backupLock}) as free`.execute(db)
  if (answer.rows[0]?.free !== true) throw new StartFault('Another backup of this database is under way. Wait for its end.')
}

/**
 * Keeps migrations from changing tables under the snapshot, which the statement after this one takes: a lock needs none.
 */
async function lockTables(db: Sql, tables: readonly Table[]): Promise<void> {
  await sql`lock table ${sql.join(tables.map(({ name }) => sql.table(name)))} in access share mode`.execute(db)
}

type Text = Dump & { readonly client: Session['client']; readonly db: Sql }

async function* textOf({ client, db, onProgress, ...dump }: Text): AsyncGenerator<Buffer> {
  yield Buffer.from(
    headerLine({
      programVersion: dump.programVersion,
      postgresVersion: await serverVersion(db),
      madeAt: isoZ(dump.now),
      migrations: await appliedMigrations(db),
      keyCheck: await keyCheckOf(db),
      partitions: await partitionNames(db),
      sequences: await sequences(db),
    }),
  )
  for (const table of await carriedTables(db)) {
    yield line({ table: table.name, columns: table.columns })
    const rowsCount = yield* rowsOf(client, table, onProgress)
    yield Buffer.from(rowsEnd)
    yield line({ rows: rowsCount })
    onProgress({ part: table.name, count: rowsCount, bytes: 0 })
  }
  yield line({ end: true })
}

const line = (value: object): Buffer => Buffer.from(`${JSON.stringify(value)}\n`)

/** The rows as COPY writes them; returns how many they were. */
async function* rowsOf(
  client: Session['client'],
  { name, columns }: Table,
  onProgress: Dump['onProgress'],
): AsyncGenerator<Buffer, number> {
  // A table that is cut by time has no rows of its own, so COPY takes them from a query.
  const copy = client.query(copyTo(`copy (select ${columns.map(quoted).join(', ')} from ${quoted(name)}) to stdout`))
  let bytes = 0
  let isWhole = false
  try {
    for await (const chunk of gathered(copy)) {
      yield chunk
      bytes += chunk.length
      onProgress({ part: name, count: null, bytes })
    }
    isWhole = true
  } finally {
    // The connection would wait for ever for somebody to take the rest.
    if (!isWhole) await client.end()
  }
  // The count comes behind the rows, and before the answer to another statement.
  await client.query('select')
  return copy.rowCount
}

const gatherBytes = 262_144

/** Fewer and larger chunks: each costs the compression a turn through the thread pool. */
async function* gathered(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    size += chunk.length
    if (size < gatherBytes) continue
    yield Buffer.concat(held)
    held = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(held)
}

async function serverVersion(db: Sql): Promise<string> {
  const answer = await sql<{ readonly version: string }>`select current_setting('server_version') as version`.execute(db)
  return answer.rows[0]?.version ?? ''
}

/** What the first start of a server sealed, to tell whether a secret key is the right one. */
async function keyCheckOf(db: Sql): Promise<string | null> {
  const row = await db.selectFrom('key_checks').select('sealed').where('purpose', '=', 'start').executeTakeFirst()
  return row?.sealed.toString('base64') ?? null
}
