import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { sql } from 'kysely'
import { from as copyFrom } from 'pg-copy-streams'
import { check } from '../../lib/check.ts'
import type { PartProgress } from '../../lib/progress.ts'
import { StartFault } from '../../lib/start-fault.ts'
import type { Clock, Log, Random, Sql, Tx } from '../../ports.ts'
import { type Migrations, refuseOldServer, runMigrations } from '../migrate.ts'
import type { Connection } from '../open.ts'
import { makePartitions } from '../partitions.ts'
import { transactor } from '../tx.ts'
import { carriedTables, isCarried, putForeignKeys, quoted, setSequence, type Table, takeForeignKeys } from './catalogue.ts'
import { unsealed } from './envelope.ts'
import { type Header, parseCountLine, parseHeader, parseTableLine, type TableLine } from './header.ts'
import { type Sections, sectionsOf } from './sections.ts'
import { openSession, type Session } from './session.ts'
import { makeRoom } from './target.ts'

export type Load = {
  readonly connection: Connection
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly migrations: Migrations
  /** The bytes of the backup, from their beginning. */
  readonly source: () => Readable
  /** Throws when a backup with this header is not wanted. */
  readonly accept: (header: Header) => void
  /** What else belongs to the restore; the rows are there, and the schema is this program's. */
  readonly finish: (tx: Tx) => Promise<void>
  readonly onProgress: (progress: PartProgress) => void
}

/**
 * Restores a backup into an empty database, in one transaction: all of it is there afterwards, or nothing. The schema is first
 * brought to where it was when the backup was made, and after the rows are in, to this program's.
 */
export async function loadDatabase(load: Load): Promise<void> {
  const session = await openSession(load.connection, load.log)
  try {
    await refuseOldServer(session.kysely)
    const { clock, random, log } = load
    const tx = transactor({ kysely: session.kysely, clock, random, log, onWake: () => {} })
    await tx('restore', (within) => loadWithin(within, session.client, load))
    await analyze(session.kysely)
  } finally {
    await session.close()
  }
}

/** Reads a backup to its end and throws a `StartFault` when it is damaged; the database is not touched. */
export async function verifyBackup(source: Readable): Promise<void> {
  await pipeline(source, unsealed, async (chunks) => {
    for await (const chunk of chunks) check(chunk.length > 0, 'a stream has no empty chunks')
  })
}

async function loadWithin(tx: Tx, client: Session['client'], load: Load): Promise<void> {
  await makeRoom(tx.sql)
  try {
    await pipeline(load.source(), unsealed, createZstdDecompress(), (chunks: AsyncIterable<Buffer>) =>
      loadText({ tx, client, load, sections: sectionsOf(chunks) }),
    )
  } catch (fault) {
    throw asDamage(fault)
  }
  await runMigrations(tx.sql, load.migrations, null)
  await load.finish(tx)
}

type Loading = { readonly tx: Tx; readonly client: Session['client']; readonly load: Load; readonly sections: Sections }

/** Reads to the end of the text, since only then the checksum is known to be right. */
async function loadText({ tx, client, load, sections }: Loading): Promise<void> {
  const header = parseHeader((await sections.line()) ?? '')
  refuseNewerBackup(header, Object.keys(load.migrations).toSorted())
  load.accept(header)
  await runMigrations(tx.sql, load.migrations, header.migrations.at(-1) ?? null)
  await makePartitions(tx.sql, header.partitions)
  const keys = await takeForeignKeys(tx.sql)
  const tables = new Map((await carriedTables(tx.sql)).map((table) => [table.name, table]))
  await empty(tx.sql, [...tables.keys()])
  for (let line = await sections.line(); ; line = await sections.line()) {
    if (line === null) throw new StartFault('The backup ends before all of it was read.')
    const found = parseTableLine(line)
    if (found === null) break
    if (isCarried(found.table)) await loadTable(tableFor(tables.get(found.table), found), { client, sections, load })
    else await skipTable(sections)
  }
  if ((await sections.line()) !== null) throw new StartFault('The backup goes on behind its end.')
  for (const sequence of header.sequences) await setSequence(tx.sql, sequence)
  await putForeignKeys(tx.sql, keys)
}

function refuseNewerBackup({ migrations, programVersion }: Header, known: readonly string[]): void {
  const unknown = migrations.find((name, index) => known[index] !== name)
  if (unknown !== undefined)
    throw new StartFault(
      `The backup was made by Watchbell ${programVersion}, which is newer than this one (it has migration ${unknown}, which this version does not know). Restore it with that version or a later one.`,
    )
}

/** Migrations may bring rows, and so they are in the backup, too. */
async function empty(db: Sql, tables: readonly string[]): Promise<void> {
  await sql`truncate ${sql.join(tables.map((name) => sql.table(name)))}`.execute(db)
}

/** The table to load into: the columns in the backup's order, which must be those of the schema at this point. */
function tableFor(own: Table | undefined, { table, columns }: TableLine): Table {
  if (own === undefined || own.columns.toSorted().join() !== columns.toSorted().join())
    throw new StartFault(`The table ${table} of the backup has not the columns that this version knows for its migrations.`)
  return { name: table, columns }
}

async function loadTable({ name, columns }: Table, { client, sections, load }: Omit<Loading, 'tx'>): Promise<void> {
  const copy = client.query(copyFrom(`copy ${quoted(name)} (${columns.map(quoted).join(', ')}) from stdin`))
  let bytes = 0
  await pipeline(
    sections.rows(),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length
        load.onProgress({ part: name, count: null, bytes })
        yield chunk
      }
    },
    copy,
  )
  const { rows } = parseCountLine((await sections.line()) ?? '')
  if (rows !== copy.rowCount) throw new StartFault(`The backup says that ${name} has ${rows} rows, and holds ${copy.rowCount}.`)
  load.onProgress({ part: name, count: rows, bytes })
}

/** Passes over a table that this version no longer carries. */
async function skipTable(sections: Sections): Promise<void> {
  for await (const chunk of sections.rows()) check(chunk.length > 0, 'rows come in chunks that have any')
  parseCountLine((await sections.line()) ?? '')
}

/** Tells the planner how much there is, which otherwise it learns only minutes later. */
async function analyze(db: Sql): Promise<void> {
  const tables = await carriedTables(db)
  await sql`analyze ${sql.join(tables.map(({ name }) => sql.table(name)))}`.execute(db)
}

function asDamage(fault: unknown): unknown {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : ''
  return code.startsWith('ZSTD_') || code.startsWith('Z_')
    ? new StartFault('The backup is damaged: it cannot be unpacked. Nothing was restored; take another copy of it.', {
        cause: fault,
      })
    : fault
}
