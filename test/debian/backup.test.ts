import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Address, run } from '../support/address.ts'
import { backupOf, restoreInto } from '../support/backups.ts'
import { rowsIn } from '../support/contents.ts'
import { emptyDatabase, freshDatabase } from '../support/database.ts'
import { fillEmptyTables } from '../support/fill.ts'

const programs = '/usr/lib/postgresql/15/bin'

let folder: string
let postgres: ChildProcess
let postgres15: Address

beforeAll(async () => {
  const user = postgresUser()
  folder = mkdtempSync(join(tmpdir(), 'watchbell-postgres15-'))
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const cluster = join(folder, 'cluster')
  const asUser = { cwd: '/', stdio: 'ignore', ...user } as const
  const initdb = ['-D', cluster, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8']
  execFileSync(join(programs, 'initdb'), initdb, asUser)
  postgres = spawn(join(programs, 'postgres'), ['-D', cluster, '-k', folder, '-c', 'listen_addresses='], asUser)
  postgres15 = { host: folder, port: 5432, user: 'postgres', database: 'postgres' }
  await vi.waitFor(() => run(postgres15, 'select'), { timeout: 60_000 })
})

afterAll(async () => {
  postgres.kill('SIGINT')
  await once(postgres, 'exit')
  rmSync(folder, { recursive: true })
})

/** PostgreSQL does not run as root. */
function postgresUser(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

test('a database goes from the embedded PostgreSQL to PostgreSQL 15 and back, and has the same rows', async () => {
  const source = await freshDatabase()
  await fillEmptyTables(source)
  const before = await carriedRows(source)
  for (const [table, rows] of Object.entries(before)) expect(rows.length, table).toBeGreaterThan(0)

  expect(await versionOf(source)).toBe('18')
  await restoreInto(postgres15, await backupOf(source))
  expect(await versionOf(postgres15)).toBe('15')
  expect(await carriedRows(postgres15)).toEqual(before)

  const back = await emptyDatabase()
  await restoreInto(back, await backupOf(postgres15))
  expect(await carriedRows(back)).toEqual(before)
})

async function carriedRows(address: Address): Promise<Readonly<Record<string, readonly string[]>>> {
  const { kysely_migration: _migrations, nodes: _nodes, setup_links: _links, ...rows } = await rowsIn(address)
  return rows
}

async function versionOf(address: Address): Promise<string> {
  const rows = await run(address, 'show server_version')
  return String(rows[0]?.['server_version']).split('.')[0] ?? ''
}
