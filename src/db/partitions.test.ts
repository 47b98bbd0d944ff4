import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../test/support/address.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { testClock, testRandom } from '../../test/support/server.ts'
import { after, before, days, hours, type Instant, instant, toDate } from '../lib/time.ts'
import type { Log, LogFields } from '../ports.ts'
import { type Connection, type OpenDatabase, openDatabase } from './open.ts'
import { keepPartitions } from './partitions.ts'

const noon = instant(Date.UTC(2026, 3, 1, 12))
/** Cut into days; events are cut into months. */
const tables = ['alerts', 'attempts', 'dead_deliveries', 'messages'] as const

let connection: Connection
let db: OpenDatabase
let lines: (LogFields & { readonly message: string })[]
let log: Log
let deliveryLogDays: number

beforeEach(async () => {
  connection = await freshDatabase()
  db = openDatabase({ connection, poolSize: 8, clock: testClock, random: testRandom, log: silentLog, onWake: () => {} })
  lines = []
  deliveryLogDays = 30
  const record = (message: string, fields?: LogFields) => void lines.push({ ...fields, message })
  log = { ...silentLog, warn: record, info: record }
})

afterEach(() => db.close())

const keep = (now: Instant, databaseNow: Instant = now) => keepPartitions(db.sql, { now, databaseNow }, { log, deliveryLogDays })

/** Runs as a program does that has run since the day before, until all that is old is gone. */
async function keepSettled(now: Instant): Promise<void> {
  await keep(before(now, days(1)))
  for (let hour = 0; hour < 12; hour += 1) await keep(now)
}

async function partitionsOf(table: string): Promise<readonly string[]> {
  const rows = await run(
    connection,
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = '${table}'::regclass order by 1`,
  )
  return rows.map((row) => String(row['name']))
}

const daysOf = async (table: string) =>
  (await partitionsOf(table)).filter((name) => !name.endsWith('_default')).map((name) => name.slice(table.length + 1))

/** Writes an alert and says which partition took it. */
async function alertAt(at: Instant): Promise<string> {
  const answer = await sql<{ readonly partition: string }>`
    insert into alerts (organization_id, id, received_at, alert_group_id, number, payload, truncated)
    values ('O1', ${`A${at}`}, ${toDate(at)}, 'I1', 1, '{}', false) returning tableoid::regclass::text as partition`.execute(
    db.sql,
  )
  return answer.rows[0]?.partition ?? ''
}

const alertsCount = async () => (await run(connection, 'select count(*)::int as count from alerts'))[0]?.['count']

describe('the partitions', () => {
  test('are made from yesterday to a week ahead, for each table that is cut into days', async () => {
    await keep(noon)
    const wanted = [
      '2026_03_31',
      '2026_04_01',
      '2026_04_02',
      '2026_04_03',
      '2026_04_04',
      '2026_04_05',
      '2026_04_06',
      '2026_04_07',
      '2026_04_08',
    ]
    for (const table of tables) expect(await daysOf(table)).toEqual(wanted)
    expect(await daysOf('events')).toEqual(['2026_03', '2026_04'])
    expect(lines).toEqual([])
  })

  test('of all tables that are cut are kept', async () => {
    const rows = await run(connection, `select relname from pg_class where relkind = 'p' order by 1`)
    expect(rows.map((row) => row['relname'])).toEqual([...tables, 'events'].toSorted())
  })

  test('are UTC days, which begin at midnight and end before the next', async () => {
    await keep(noon)
    const midnight = instant(Date.UTC(2026, 3, 2))
    expect(await alertAt(instant(midnight - 1))).toBe('alerts_2026_04_01')
    expect(await alertAt(midnight)).toBe('alerts_2026_04_02')
    expect(await alertAt(instant(midnight + 86_399_999))).toBe('alerts_2026_04_02')
  })

  test('grow by a day with each day, and running again changes nothing', async () => {
    await keep(noon)
    await keep(noon)
    await keep(after(noon, days(1)))
    expect((await daysOf('alerts')).length).toBe(10)
    expect((await daysOf('alerts')).at(-1)).toBe('2026_04_09')
    expect(lines).toEqual([])
  })

  test('go over the ends of months and years', async () => {
    await keep(instant(Date.UTC(2027, 11, 31, 23, 59, 59)))
    const made = await daysOf('alerts')
    expect(made.slice(0, 3)).toEqual(['2027_12_30', '2027_12_31', '2028_01_01'])
    await keep(instant(Date.UTC(2028, 1, 28)))
    expect(await daysOf('alerts')).toContain('2028_02_29')
    expect(await daysOf('events')).toEqual(['2027_12', '2028_01', '2028_02', '2028_03'])
  })
})

describe('what is older than its days', () => {
  test('is, of the log of deliveries, as old as the operator wants', async () => {
    deliveryLogDays = 60
    await keep(noon)
    await keepSettled(after(noon, days(60)))
    for (const table of ['attempts', 'dead_deliveries', 'messages']) {
      expect(await daysOf(table)).not.toContain('2026_03_31')
      expect(await daysOf(table)).toContain('2026_04_01')
    }
  })

  test('is dropped with its rows, each table at its own time', async () => {
    await keep(noon)
    await alertAt(noon)
    await keepSettled(after(noon, days(30)))
    expect(await daysOf('messages')).not.toContain('2026_03_31')
    expect(await daysOf('messages')).toContain('2026_04_01')
    await keepSettled(after(noon, days(90)))
    expect(await daysOf('alerts')).toContain('2026_04_01')
    expect(await alertsCount()).toBe(1)
    await keepSettled(after(noon, days(91)))
    expect(await daysOf('alerts')).not.toContain('2026_04_01')
    expect(await daysOf('attempts')).not.toContain('2026_04_08')
    expect(await daysOf('events')).toContain('2026_04')
    expect(await alertsCount()).toBe(0)
    await keepSettled(after(noon, days(401)))
    expect(await daysOf('events')).toContain('2026_04')
    await keepSettled(after(noon, days(430)))
    expect(await daysOf('events')).not.toContain('2026_04')
    expect(lines).toContainEqual({ message: 'partition dropped', table: 'alerts', partition: 'alerts_2026_04_01' })
  })

  test('goes a few days at a time, the oldest first', async () => {
    await keep(noon)
    const later = after(noon, days(200))
    await keep(before(later, days(1)))
    await keep(later)
    expect((await daysOf('alerts')).slice(0, 2)).toEqual(['2026_04_02', '2026_04_03'])
    await keep(later)
    expect((await daysOf('alerts')).slice(0, 2)).toEqual(['2026_04_04', '2026_04_05'])
  })
})

describe('a clock that may be wrong drops nothing:', () => {
  const notDropped = (table: string, count: number) => ({
    message: 'partitions not dropped',
    table,
    count,
    reason: 'the clock may be wrong',
  })

  test('one that has jumped ahead, until it has stayed there for a day', async () => {
    await keep(before(noon, days(1)))
    await keep(noon)
    await alertAt(noon)
    const jumped = after(noon, days(120))
    await run(connection, `insert into alerts values ('O1', 'A1', '2025-01-01', 'I1', 1, '', false)`)
    await keep(jumped)
    await keep(after(jumped, hours(11)))
    expect(await daysOf('alerts')).toContain('2026_03_30')
    expect(await alertsCount()).toBe(2)
    expect(lines).toContainEqual(notDropped('alerts', 10))
    await keep(after(jumped, days(1)))
    expect(await daysOf('alerts')).not.toContain('2026_03_30')
  })

  test('one that is more than a day ahead of the database', async () => {
    await keep(noon)
    const wrong = after(noon, days(120))
    await keep(before(wrong, days(1)), noon)
    await keep(wrong, noon)
    await keep(wrong, before(wrong, hours(25)))
    expect(await daysOf('alerts')).toContain('2026_03_31')
    await keep(wrong, before(wrong, hours(24)))
    expect(await daysOf('alerts')).not.toContain('2026_03_31')
  })
})

describe('the default partition', () => {
  test('takes far dates, past and future, and they can be read', async () => {
    await keep(noon)
    expect(await alertAt(before(noon, days(400)))).toBe('alerts_default')
    expect(await alertAt(after(noon, days(400)))).toBe('alerts_default')
    expect(await alertsCount()).toBe(2)
  })

  test('takes everything before the first partitions are made', async () => {
    expect(await alertAt(noon)).toBe('alerts_default')
  })

  test('loses what is older than its days, and nothing else', async () => {
    await keep(noon)
    await run(
      connection,
      `insert into alerts select 'O1', 'A' || n, '2025-01-01', 'I1', 1, '', false from generate_series(1, 2500) n`,
    )
    await alertAt(before(noon, days(89)))
    await alertAt(after(noon, days(400)))
    await keep(after(noon, days(1)))
    expect(await alertsCount()).toBe(2)
  })

  test('keeps a day that it has rows of; the other days are made, and what was written stays', async () => {
    await alertAt(noon)
    await keep(noon)
    expect(await daysOf('alerts')).not.toContain('2026_04_01')
    expect((await daysOf('alerts')).length).toBe(8)
    expect((await daysOf('messages')).length).toBe(9)
    expect(lines).toEqual([
      {
        message: 'partition not made',
        table: 'alerts',
        partition: 'alerts_2026_04_01',
        error: expect.stringContaining('default'),
      },
    ])
    expect(await alertsCount()).toBe(1)
  })
})

describe('several nodes at once', () => {
  /** One that waits a second for the others, as it may on a busy machine, leaves the partition to the next time, which is well. */
  const complaints = () =>
    lines.filter(({ message, error }) => message !== 'partition dropped' && !String(error).includes('lock timeout'))

  test('make each partition once, and none fails or complains', async () => {
    await Promise.all([1, 2, 3, 4].map(() => keep(noon)))
    for (const table of tables) expect((await daysOf(table)).length).toBe(9)
    expect(complaints()).toEqual([])
  })

  test('drop each partition once, and none fails or complains', async () => {
    await keep(noon)
    const later = after(noon, days(500))
    await keep(before(later, days(1)))
    lines = []
    deliveryLogDays = 30
    await Promise.all([1, 2, 3, 4].map(() => keep(later)))
    for (const table of tables) expect((await daysOf(table)).slice(0, 2)).not.toContain('2026_03_31')
    expect(complaints()).toEqual([])
  })

  test('go on writing meanwhile', async () => {
    const writing = Array.from({ length: 200 }, (_, index) => alertAt(instant(after(noon, days(1)) + index)))
    await Promise.all([keep(noon), keep(noon), ...writing])
    expect(await alertsCount()).toBe(200)
  })
})

describe('while somebody reads for long', () => {
  test('nothing is made, and nobody waits behind it', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: reading, resolve: isReading } = Promise.withResolvers<void>()
    const reader = db.sql.transaction().execute(async (transaction) => {
      await sql`select count(*) from alerts`.execute(transaction)
      isReading()
      await released
    })
    await reading
    await keep(noon)
    expect(lines.filter(({ table }) => table === 'alerts')).toEqual([
      {
        message: 'partition not made',
        table: 'alerts',
        partition: 'alerts_2026_03_31',
        error: expect.stringContaining('lock timeout'),
      },
    ])
    expect((await daysOf('messages')).length).toBe(9)
    expect(await alertAt(noon)).toBe('alerts_default')
    release()
    await reader
  })
})
