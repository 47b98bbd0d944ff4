import { readdir, readFile } from 'node:fs/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pg from 'pg'
import { known } from '../lib/check.ts'
import { StartFault } from '../lib/start-fault.ts'
import { type Connection, poolConfig } from './open.ts'

const folder = new URL('./migrations/', import.meta.url)

/**
 * Brings the schema up to this program's version and returns the names of the migrations that ran.
 * Forward only; several nodes may call it at once (Kysely holds an advisory lock). A schema that is newer
 * than the program, or a server older than 15, is a `StartFault`.
 */
export async function migrateDatabase(connection: Connection): Promise<readonly string[]> {
  const kysely = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ ...poolConfig(connection), max: 2 }) }),
  })
  try {
    await refuseOldServer(kysely)
    const migrations = await readMigrations()
    await refuseNewerSchema(kysely, Object.keys(migrations))
    return await runMigrations(kysely, migrations, null)
  } finally {
    await kysely.destroy()
  }
}

/** Migrations by name; they run in the order of their names. */
export type Migrations = Readonly<Record<string, Migration>>

/**
 * Runs what the database has not seen yet, up to the named migration or, for null, all, and returns the names of what ran. Given
 * a transaction it stays inside, and other migrators wait for its end.
 */
export async function runMigrations<Schema>(
  db: Kysely<Schema>,
  migrations: Migrations,
  last: string | null,
): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results } = await (last === null ? migrator.migrateToLatest() : migrator.migrateTo(last))
  if (error !== undefined) throw error instanceof Error ? error : new Error('a migration failed', { cause: error })
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

/** How many migrations of this program the database has not seen yet; 0 when it is ready to serve. */
export async function pendingMigrations<Schema>(db: Kysely<Schema>): Promise<number> {
  const names = Object.keys(await readMigrations())
  const applied = new Set(await appliedMigrations(db))
  return names.filter((name) => !applied.has(name)).length
}

/** The name of this program's schema: that of its last migration. */
export async function latestMigration(): Promise<string> {
  return known(Object.keys(await readMigrations()).at(-1), 'there are migrations')
}

/** The migrations of this program. */
export async function readMigrations(): Promise<Migrations> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()
  const migrations: Record<string, Migration> = {}
  for (const file of files) {
    const text = await readFile(new URL(file, folder), 'utf8')
    migrations[file.replace(/\.sql$/, '')] = { up: async (db) => void (await sql.raw(text).execute(db)) }
  }
  return migrations
}

/** Refuses a PostgreSQL that is older than 15 with a `StartFault`. */
export async function refuseOldServer<Schema>(db: Kysely<Schema>): Promise<void> {
  const answer = await sql<{ version: string; number: string }>`
    select current_setting('server_version') as version, current_setting('server_version_num') as number`.execute(db)
  const row = answer.rows[0]
  if (row !== undefined && Number(row.number) < 150_000)
    throw new StartFault(
      `PostgreSQL ${row.version} is too old: Watchbell needs version 15 or newer. Upgrade the server that WATCHBELL_DATABASE_URL names.`,
    )
}

/** Refuses a database that has seen other migrations than the known ones with a `StartFault`. */
export async function refuseNewerSchema<Schema>(db: Kysely<Schema>, names: readonly string[]): Promise<void> {
  const unknown = (await appliedMigrations(db)).filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw new StartFault(
      `The database was used by a newer Watchbell (it has migration ${unknown.at(-1)}, which this version does not know). Start that version or restore a backup made with this one.`,
    )
}

/** The names of the migrations that the database has seen, in their order; none for one that is no Watchbell's. */
export async function appliedMigrations<Schema>(db: Kysely<Schema>): Promise<readonly string[]> {
  const there = await sql<{ there: boolean }>`select to_regclass('kysely_migration') is not null as there`.execute(db)
  if (there.rows[0]?.there !== true) return []
  const answer = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return answer.rows.map((row) => row.name)
}
