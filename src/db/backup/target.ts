import { sql } from 'kysely'
import { StartFault } from '../../lib/start-fault.ts'
import type { Sql } from '../../ports.ts'
import { appliedMigrations } from '../migrate.ts'
import { allTables, hasRows, isCarried } from './catalogue.ts'

/** What the first start of a server leaves although nobody has used it yet. */
const harmless = 'key_checks'

/**
 * Makes the database empty for a restore, which it must be but for what the start of a server makes by itself. Data of any kind,
 * or a server that is connected, is a `StartFault`.
 */
export async function makeRoom(db: Sql): Promise<void> {
  await refuseServers(db)
  const tables = await allTables(db)
  if (tables.length === 0) return
  if ((await appliedMigrations(db)).length === 0)
    throw new StartFault(
      `The database has tables that are not Watchbell's (${tables[0]}). Restore into an empty database that Watchbell has for itself.`,
    )
  for (const table of tables) {
    if (isCarried(table) && table !== harmless && (await hasRows(db, table)))
      throw new StartFault(
        `The database is not empty: the table ${table} has rows. Restore into a new data directory or a new, empty database.`,
      )
  }
  await sql`drop table ${sql.join(tables.map((table) => sql.table(table)))}`.execute(db)
}

/** A server would go on with tables that are gone. One that starts during the restore waits for its end. */
async function refuseServers(db: Sql): Promise<void> {
  const answer = await sql<{ readonly count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name = 'watchbell' and pid <> pg_backend_pid()`.execute(db)
  if ((answer.rows[0]?.count ?? 0) > 0)
    throw new StartFault('A Watchbell uses this database just now. Stop the server, and restore again.')
}
