import { once } from 'node:events'
import { createServer } from 'node:net'
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { run } from '../../test/support/address.ts'
import { emptyDatabase, freshDatabase } from '../../test/support/database.ts'
import { StartFault } from '../lib/start-fault.ts'
import { migrateDatabase, pendingMigrations } from './migrate.ts'
import { type Connection, poolConfig } from './open.ts'

const files = (await readdir(new URL('./migrations/', import.meta.url))).toSorted()
const names = files.map((file) => file.replace(/\.sql$/, ''))

const applied = async (connection: Connection) =>
  (await run(connection, 'select name from kysely_migration order by name')).map((row) => row['name'])

async function pendingIn(connection: Connection): Promise<number> {
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new pg.Pool(poolConfig(connection)) }) })
  try {
    return await pendingMigrations(kysely)
  } finally {
    await kysely.destroy()
  }
}

test('migrations are numbered from one, without gaps', () => {
  expect(files.length).toBeGreaterThan(0)
  for (const [index, file] of files.entries())
    expect(file).toMatch(new RegExp(`^${String(index + 1).padStart(4, '0')}-[a-z0-9-]+\\.sql$`))
})

test('an empty database gets all migrations, once', async () => {
  const connection = await emptyDatabase()
  expect(await pendingIn(connection)).toBe(names.length)
  expect(await migrateDatabase(connection)).toEqual(names)
  expect(await pendingIn(connection)).toBe(0)
  expect(await migrateDatabase(connection)).toEqual([])
  expect(await applied(connection)).toEqual(names)
})

test('several servers that start at once migrate once, and none fails', async () => {
  const connection = await emptyDatabase()
  const results = await Promise.all([1, 2, 3, 4].map(() => migrateDatabase(connection)))
  expect(results.filter((ran) => ran.length > 0)).toEqual([names])
  expect(await applied(connection)).toEqual(names)
})

test('so do several processes', async () => {
  const connection = await emptyDatabase()
  const module = new URL('./migrate.ts', import.meta.url).href
  const code = `const { migrateDatabase } = await import(${JSON.stringify(module)})
    console.log(JSON.stringify(await migrateDatabase(${JSON.stringify(connection)})))`
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  const outputs = await Promise.all([start(), start()])
  const results = outputs.map(({ stdout }) => JSON.parse(stdout))
  expect(results.filter((ran) => ran.length > 0)).toEqual([names])
})

test('a database that a newer version used is refused, with its name for what is unknown, and left as it is', async () => {
  const connection = await freshDatabase()
  await run(connection, `insert into kysely_migration (name, timestamp) values ('9999-tomorrow', '2030-01-01')`)
  const before = await run(connection, 'select relname from pg_class order by 1')
  const migrating = migrateDatabase(connection)
  await expect(migrating).rejects.toBeInstanceOf(StartFault)
  await expect(migrating).rejects.toThrow(/newer Watchbell.*9999-tomorrow/)
  await expect(migrating).rejects.not.toThrow(/\n/)
  expect(await run(connection, 'select relname from pg_class order by 1')).toEqual(before)
})

test('what has run is never run again, also when the database holds data', async () => {
  const connection = await freshDatabase()
  await run(
    connection,
    `insert into organizations (id, name, event_sequence, created_at) values ('O1', 'Harbour', 7, '2026-01-01')`,
  )
  expect(await migrateDatabase(connection)).toEqual([])
  expect(await run(connection, 'select id, event_sequence::int from organizations')).toEqual([{ id: 'O1', event_sequence: 7 }])
})

test('a database that cannot be reached is a fault and no hang', async () => {
  await expect(migrateDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toThrow(/ECONNREFUSED/)
})

test('an address that takes the connection and never says a word is given up after ten seconds', async () => {
  const mute = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const address = mute.address()
  const port = typeof address === 'object' ? address?.port : 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const migrating = migrateDatabase({ url: `postgres://bell@127.0.0.1:${port}/bell` }).catch(String)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await migrating).toBe('Error: Connection terminated due to connection timeout')
  } finally {
    vi.useRealTimers()
    mute.close()
  }
})
