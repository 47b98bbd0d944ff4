import { PassThrough, Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { dumpDatabase } from '../../src/db/backup/dump.ts'
import { type Load, loadDatabase } from '../../src/db/backup/load.ts'
import { type Migrations, readMigrations } from '../../src/db/migrate.ts'
import { type Address, run } from './address.ts'
import { freshDatabase } from './database.ts'
import { silentLog } from './log.ts'
import { testClock, testNow, testRandom } from './server.ts'

/** The bytes of a backup. */
export async function backupOf(connection: Address, migrations?: Migrations): Promise<Buffer> {
  const sink = new PassThrough()
  const [bytes] = await Promise.all([buffer(sink), backUpTo(sink, connection, migrations)])
  return bytes
}

export async function backUpTo(sink: Writable, connection: Address, migrations?: Migrations): Promise<void> {
  const known = Object.keys(migrations ?? (await readMigrations()))
  const told = { programVersion: '1.2.3', knownMigrations: known, onProgress: () => {} }
  await dumpDatabase({ connection, log: silentLog, now: testNow, ...told }, sink)
}

export async function restoreInto(connection: Address, bytes: Buffer, options: Partial<Load> = {}): Promise<void> {
  await loadDatabase({
    connection,
    clock: testClock,
    random: testRandom,
    log: silentLog,
    migrations: await readMigrations(),
    // In pieces that end anywhere.
    source: () => Readable.from(piecesOf(bytes, 1009)),
    accept: () => {},
    finish: async () => {},
    onProgress: () => {},
    ...options,
  })
}

const piecesOf = (bytes: Buffer, length: number): readonly Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) => bytes.subarray(index * length, (index + 1) * length))

/** A database with organizations that are too much for all buffers on the way of a backup. */
export async function heavyDatabase(): Promise<Address> {
  const connection = await freshDatabase()
  const noise = `(select string_agg(md5(n || '-' || i), '') from generate_series(1, 64) i)`
  await run(connection, `insert into organizations select 'O' || n, ${noise}, 0, '2026-04-01' from generate_series(1, 3000) n`)
  return connection
}
