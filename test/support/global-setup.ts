import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../src/db/embedded/server.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { type Address, inDatabase, run } from './address.ts'
import { silentLog } from './log.ts'

type TestServer = { readonly address: Address; stop(): Promise<void> }

/**
 * One PostgreSQL for the whole run, with one migrated database that the test files copy. `WATCHBELL_TEST_DATABASE_URL` names
 * another server, as a superuser of it; otherwise the embedded one is started.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env['WATCHBELL_TEST_DATABASE_URL']
  const server = url === undefined || url === '' ? await startOwn() : foreign({ url })
  const template = `watchbell_test_${randomUUID().slice(0, 8)}`
  await run(server.address, `create database ${template}`)
  await migrateDatabase(inDatabase(server.address, template))
  project.provide('testDatabase', { address: server.address, template })
  return async () => {
    if (url !== undefined && url !== '') await dropAll(server.address, template)
    await server.stop()
  }
}

/** Nothing here outlives the run, so it need not survive a crash of the machine. */
const hasty = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '200',
}

async function startOwn(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-test-'))
  // Started by root, the server runs as a user who must be able to get there.
  chmodSync(folder, 0o755)
  const server = await startEmbedded({ dataDir: join(folder, 'data'), log: silentLog, settings: hasty })
  return {
    address: server.connection,
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const foreign = (address: Address): TestServer => ({ address, stop: async () => {} })

async function dropAll(address: Address, template: string): Promise<void> {
  const rows = await run(address, `select datname from pg_database where datname like '${template}%'`)
  for (const row of rows) await run(address, `drop database if exists ${String(row['datname'])} with (force)`)
}
