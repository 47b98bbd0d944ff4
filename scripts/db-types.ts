import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbedded } from '../src/db/embedded/server.ts'
import { migrateDatabase } from '../src/db/migrate.ts'
import { silentLog } from '../test/support/log.ts'
import { runTool } from './tool.ts'

/** Writes src/db/schema.ts from a freshly migrated database; `--check` only says whether it is up to date. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-types-'))
  chmodSync(folder, 0o755)
  const server = await startEmbedded({ dataDir: join(folder, 'data'), log: silentLog, settings: { fsync: 'off' } })
  try {
    const { host, port, user, database } = server.connection
    await migrateDatabase(server.connection)
    const url = `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
    // Counters and sequences stay below 2^53; src/db/open.ts reads them as numbers.
    const mapping = JSON.stringify({ int8: 'number' })
    const options = ['--dialect', 'postgres', '--url', url, '--exclude-pattern', 'kysely_*', '--type-mapping', mapping]
    const { code } = await runTool(
      'kysely-codegen/dist/cli/bin.js',
      [...options, '--out-file', 'src/db/schema.ts', ...(values.check ? ['--verify'] : [])],
      'shown',
    )
    process.exitCode = code
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
