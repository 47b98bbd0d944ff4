import { sql } from 'kysely'
import { buffer, text } from 'node:stream/consumers'
import { PassThrough, Readable } from 'node:stream'
import { createZstdDecompress, zstdCompressSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Address, run } from '../../../test/support/address.ts'
import { backUpTo, backupOf, heavyDatabase, restoreInto } from '../../../test/support/backups.ts'
import { rowsIn, schemaOf, tablesIn } from '../../../test/support/contents.ts'
import { emptyDatabase, freshDatabase } from '../../../test/support/database.ts'
import { fillEmptyTables } from '../../../test/support/fill.ts'
import { silentLog } from '../../../test/support/log.ts'
import { testClock, testNow, testRandom } from '../../../test/support/server.ts'
import { StartFault } from '../../lib/start-fault.ts'
import { type Migrations, readMigrations } from '../migrate.ts'
import { openDatabase } from '../open.ts'
import { keepPartitions } from '../partitions.ts'
import { sealed } from './envelope.ts'

const leftOut = ['kysely_migration', 'kysely_migration_lock', 'nodes', 'setup_links', 'shards']

let source: Address
let backup: Buffer

beforeAll(async () => {
  source = await freshDatabase()
  await partition(source)
  await run(source, awkward)
  await fillEmptyTables(source)
  backup = await backupOf(source)
})

const awkward = `
  insert into organizations (id, name, event_sequence, created_at)
  values ('O1', E'tab\\tnew\\nline\\\\.', 9007199254740991, '2026-04-01T12:00:00.123456Z'), ('O2', '\\.', 0, '-infinity'), ('O3', '', 1, 'infinity');
  insert into users (organization_id, id, username, email, role, name, created_at)
  values ('O1', 'U1', E'\\r\\n\\\\N', 'Ünïcødé 🔔', 'admin', '', '2026-04-01'), ('O1', 'U2', '\\N', 'x', 'none', null, '2026-04-01');
  insert into webhooks (organization_id, id, name, enabled, trigger_types, integration_filter, urls, headers_sealed, forward_all, retry, timeout_ms,
    in_flight_max, ordered, created_at)
  values ('O1', 'W1', 'w', true, array['t'], array['a', null, '', '{"}', 'null'], '[{}]', '\\x00010a0d5c2e0aff', true, '"none"', 1,
    1, false, '2026-04-01');
  insert into alerts (organization_id, id, received_at, alert_group_id, number, payload, truncated)
  select 'O1', 'A' || n, timestamptz '2026-04-01T23:00:00Z' + n * interval '10 minutes', 'I1', n, '\\x', false from generate_series(1, 12) n;
  insert into alerts (organization_id, id, received_at, alert_group_id, number, payload, truncated)
  values ('O1', 'old', '1999-01-01', 'I1', 1, '\\x', false);
  insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at)
  select 'O1', '01900000-0000-7000-8000-000000000001', 1, 1, 1, '2026-04-01', '01900000-0000-7000-8000-000000000001', '2026-04-01'
  from generate_series(1, 41);
  insert into key_checks (purpose, sealed) values ('start', '\\x00ff5c0a');
  insert into setup_links (digest, created_at) values ('\\x01', '2026-04-01');
  insert into nodes (id, seen_at) values ('01900000-0000-7000-8000-000000000001', '2026-04-01');
  update shards set owner_id = '01900000-0000-7000-8000-000000000001', leased_until = '2026-04-01'`

async function partition(connection: Address): Promise<void> {
  const db = openDatabase({ connection, poolSize: 1, clock: testClock, random: testRandom, log: silentLog, onWake: () => {} })
  await keepPartitions(db.sql, { now: testNow, databaseNow: testNow }, { log: silentLog, deliveryLogDays: 30 })
  await db.close()
}

/** A backup that stands in the middle, since nobody reads on. */
async function stuckBackup(connection: Address) {
  const sink = new PassThrough({ highWaterMark: 1 })
  let isDone = false
  const done = backUpTo(sink, connection).finally(() => {
    isDone = true
  })
  done.catch(() => {})
  await new Promise((resolve) => sink.once('readable', resolve))
  expect(isDone).toBe(false)
  return { sink, done }
}

async function countsIn(connection: Address, tables: readonly string[]): Promise<readonly unknown[]> {
  const counts = tables.map((table) => run(connection, `select count(*)::int as count from ${table}`))
  return (await Promise.all(counts)).map((rows) => rows[0]?.['count'])
}

const carried = (rows: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(rows).filter(([table]) => !leftOut.includes(table)))

const textOf = (bytes: Buffer): Promise<string> => text(Readable.from([bytes.subarray(0, -72)]).pipe(createZstdDecompress()))

describe('a restored database', () => {
  let target: Address
  beforeAll(async () => {
    target = await emptyDatabase()
    await restoreInto(target, backup)
  })

  test('has every row of every table, letter by letter', async () => {
    const before = carried(await rowsIn(source))
    for (const [table, rows] of Object.entries(before)) expect(rows, table).not.toEqual([])
    expect(carried(await rowsIn(target))).toEqual(before)
  })

  test('has the same columns, indexes, constraints, partitions, and places of its sequences', async () => {
    const schema = await schemaOf(target)
    expect(schema).toEqual(await schemaOf(source))
    expect(schema).toContainEqual({ kind: 'sequence', name: 'deliveries_id_seq', what: '41' })
    expect(schema.length).toBeGreaterThan(400)
  })

  test('has each row in the partition that it was in', async () => {
    const places = 'select id, tableoid::regclass::text as partition from alerts order by id'
    expect(await run(target, places)).toEqual(await run(source, places))
    expect(
      await run(target, `select tableoid::regclass::text as partition from alerts where id in ('A1', 'A6', 'old') order by id`),
    ).toEqual([{ partition: 'alerts_2026_04_01' }, { partition: 'alerts_2026_04_02' }, { partition: 'alerts_default' }])
  })

  test('has none of the leases, nodes and set-up links of the old server', async () => {
    expect(await run(target, 'select count(*)::int as free from shards where owner_id is null and leased_until is null')).toEqual(
      [{ free: 64 }],
    )
    const rows = await rowsIn(target)
    expect([rows['nodes'], rows['setup_links']]).toEqual([[], []])
  })

  test('gives the same backup again', async () => {
    const again = await textOf(await backupOf(target))
    expect(again.split('\n').toSorted()).toEqual((await textOf(backup)).split('\n').toSorted())
  })
})

describe('a backup', () => {
  test('has every table of the schema but the ones that belong to a server', async () => {
    const lines = (await textOf(backup)).split('\n').filter((line) => line.startsWith('{"table":'))
    const tables = lines.map((line): unknown => JSON.parse(line).table)
    expect(tables).toEqual((await tablesIn(source)).filter((table) => !leftOut.includes(table)))
  })

  test('says in its first line what it is', async () => {
    const [header = ''] = (await textOf(backup)).split('\n')
    expect(JSON.parse(header)).toMatchObject({
      format: 'watchbell backup',
      formatVersion: 1,
      programVersion: '1.2.3',
      madeAt: '2026-04-01T12:00:00Z',
      migrations: Object.keys(await readMigrations()),
      keyCheck: 'AP9cCg==',
    })
  })

  test('is of one instant, and who writes meanwhile does not wait', async () => {
    const connection = await heavyDatabase()
    const { sink, done } = await stuckBackup(connection)
    await run(connection, `insert into organizations values ('late', 'late', 0, '2026-04-01')`)
    await run(
      connection,
      `insert into users (organization_id, id, username, email, role, created_at) values ('late', 'U', 'u', 'e', 'none', '2026-04-01')`,
    )
    const bytes = await buffer(sink)
    await done
    const target = await emptyDatabase()
    await restoreInto(target, bytes)
    expect(await countsIn(target, ['organizations', 'users'])).toEqual([3000, 0])
  })

  test('keeps partitions from being made while it runs, without anybody waiting behind that', async () => {
    const connection = await heavyDatabase()
    const db = openDatabase({ connection, poolSize: 4, clock: testClock, random: testRandom, log: silentLog, onWake: () => {} })
    const { sink, done } = await stuckBackup(connection)
    const keeping = keepPartitions(db.sql, { now: testNow, databaseNow: testNow }, { log: silentLog, deliveryLogDays: 30 })
    await run(connection, `set lock_timeout = '100ms'; insert into alerts values ('O1', 'A1', '2026-04-01', 'I1', 1, '', false)`)
    await keeping
    const made = `select count(*)::int as made from pg_class where relname like 'messages\\_2026%' and relkind = 'r'`
    expect(await run(connection, made)).toEqual([{ made: 0 }])
    await buffer(sink)
    await done
    await keepPartitions(db.sql, { now: testNow, databaseNow: testNow }, { log: silentLog, deliveryLogDays: 30 })
    expect(await run(connection, made)).toEqual([{ made: 9 }])
    await db.close()
  })

  test('is refused beside another one of the same database', async () => {
    const connection = await heavyDatabase()
    const { sink, done } = await stuckBackup(connection)
    await expect(backupOf(connection)).rejects.toThrow(/^Another backup/)
    await buffer(sink)
    await done
  })

  test('of a database that nobody has used is refused', async () => {
    await expect(backupOf(await emptyDatabase())).rejects.toThrow(/nothing to back up/)
  })

  test('ends when nobody takes it any more', async () => {
    const { sink, done } = await stuckBackup(await heavyDatabase())
    sink.destroy(new Error('no space left'))
    await expect(done).rejects.toThrow('no space left')
  })
})

describe('a damaged backup', () => {
  const refused = async (bytes: Buffer) => {
    const target = await emptyDatabase()
    const restoring = restoreInto(target, bytes)
    await expect(restoring).rejects.toBeInstanceOf(StartFault)
    expect(await tablesIn(target)).toEqual([])
    return restoring.catch((fault: unknown) => (fault instanceof Error ? fault.message : ''))
  }

  test('with one wrong bit, wherever it is, restores nothing', async () => {
    for (const place of [0, 5, 100, backup.length >> 1, backup.length - 100, backup.length - 72, backup.length - 1]) {
      const damaged = Buffer.from(backup)
      damaged[place] = (damaged[place] ?? 0) ^ 1
      expect(await refused(damaged)).toMatch(/damaged|no backup/)
    }
  })

  test('that was cut off, wherever, restores nothing', async () => {
    for (const length of [0, 1, 71, 72, 1000, backup.length >> 1, backup.length - 73, backup.length - 1])
      expect(await refused(backup.subarray(0, length))).toMatch(/no backup|cannot be unpacked|cannot be read/)
  })

  test('that has more behind its end restores nothing', async () => {
    expect(await refused(Buffer.concat([backup, Buffer.from('more')]))).toMatch(/no backup/)
  })

  test('that somebody forged, so that names of it would be statements, restores nothing', async () => {
    const table = 'alerts (a); create table planted (a integer); --'
    const [header = '', ...lines] = (await textOf(backup)).split('\n')
    const forged = JSON.stringify({ ...JSON.parse(header), partitions: { [table]: [`${table}_2026_04_01`] } })
    const bytes = zstdCompressSync(Buffer.from([forged, ...lines].join('\n')))
    expect(await refused(await buffer(sealed(Readable.from([bytes]))))).toMatch(/which no version would make/)
  })

  test('whose transfer breaks restores nothing', async () => {
    const target = await emptyDatabase()
    const broken = async function* () {
      yield backup.subarray(0, backup.length >> 1)
      throw new Error('the line went dead')
    }
    await expect(restoreInto(target, backup, { source: () => Readable.from(broken()) })).rejects.toThrow('the line went dead')
    expect(await tablesIn(target)).toEqual([])
  })
})

describe('a restore is refused', () => {
  test('into a database with any data, which stays as it is', async () => {
    const target = await freshDatabase()
    await run(target, `insert into organizations values ('O9', 'Harbour', 0, '2026-04-01')`)
    await expect(restoreInto(target, backup)).rejects.toThrow(/not empty: the table organizations has rows/)
    expect(await run(target, 'select id from organizations')).toEqual([{ id: 'O9' }])
  })

  test('into a database of another program', async () => {
    const target = await emptyDatabase()
    await run(target, 'create table things (id int)')
    await expect(restoreInto(target, backup)).rejects.toThrow(/not Watchbell's \(things\)/)
    expect(await tablesIn(target)).toEqual(['things'])
  })

  test('while a server uses the database', async () => {
    const target = await freshDatabase()
    const db = openDatabase({
      connection: target,
      poolSize: 1,
      clock: testClock,
      random: testRandom,
      log: silentLog,
      onWake: () => {},
    })
    await db.now()
    await expect(restoreInto(target, backup)).rejects.toThrow(/^A Watchbell uses this database/)
    await db.close()
    await restoreInto(target, backup)
  })

  test('when what belongs to it fails at its end, and nothing is left', async () => {
    const target = await emptyDatabase()
    const finish = async () => {
      throw new Error('no')
    }
    await expect(restoreInto(target, backup, { finish })).rejects.toThrow('no')
    expect(await tablesIn(target)).toEqual([])
  })
})

test('a database that a server has begun and nobody has used can be restored into', async () => {
  const target = await freshDatabase()
  await partition(target)
  await run(target, `insert into setup_links values ('\\x02', '2026-04-01'); insert into key_checks values ('start', '\\x03')`)
  await restoreInto(target, backup)
  expect(carried(await rowsIn(target))).toEqual(carried(await rowsIn(source)))
  expect(await schemaOf(target)).toEqual(await schemaOf(source))
})

describe('between versions', () => {
  const planted = async (): Promise<Migrations> => ({
    ...(await readMigrations()),
    '9998-planted': {
      up: async (db) => {
        await sql`alter table organizations add column shout text`.execute(db)
        await sql`update organizations set shout = upper(id)`.execute(db)
        await sql`alter table organizations alter column shout set not null`.execute(db)
        await sql`create table bells (organization_id text not null references organizations, id text primary key)`.execute(db)
        await sql`insert into bells select id, 'B' || id from organizations`.execute(db)
      },
    },
  })

  test('an older backup is brought to the new schema, as a migration of the living database would have', async () => {
    const target = await emptyDatabase()
    await restoreInto(target, backup, { migrations: await planted() })
    expect(await run(target, 'select id, shout from organizations order by id limit 2')).toEqual([
      { id: 'O1', shout: 'O1' },
      { id: 'O2', shout: 'O2' },
    ])
    expect(await run(target, 'select id from bells order by id limit 2')).toEqual([{ id: 'BO1' }, { id: 'BO2' }])
    expect(await run(target, 'select name from kysely_migration order by name')).toEqual(
      Object.keys(await planted()).map((name) => ({ name })),
    )
  })

  test('a newer backup restores with the newer program, rows that the migration made included once, and not with the older', async () => {
    const newer = await emptyDatabase()
    await restoreInto(newer, backup, { migrations: await planted() })
    const bytes = await backupOf(newer, await planted())
    const target = await emptyDatabase()
    await expect(restoreInto(target, bytes)).rejects.toThrow(/newer than this one \(it has migration 9998-planted/)
    expect(await tablesIn(target)).toEqual([])
    await restoreInto(target, bytes, { migrations: await planted() })
    expect(carried(await rowsIn(target))).toEqual(carried(await rowsIn(newer)))
  })

  test('a database that waits for a migration is backed up as it is', async () => {
    const bytes = await backupOf(source, await planted())
    expect(await textOf(bytes)).toBe(await textOf(backup))
  })

  test('a database that a newer version has used is not backed up by an older one', async () => {
    const newer = await emptyDatabase()
    await restoreInto(newer, backup, { migrations: await planted() })
    await expect(backupOf(newer)).rejects.toThrow(/newer Watchbell/)
  })
})
