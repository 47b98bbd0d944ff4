import { sql } from 'kysely'
import { StartFault } from '../lib/start-fault.ts'
import { after, before, between, days, type Instant, type Ms, startOfUtcDay, startOfUtcMonth, utcDay } from '../lib/time.ts'
import type { Log, Sql } from '../ports.ts'

/**
 * The tables that are cut by time, how, by which instant, and for how many days they are kept; null: as the operator wants it for the log of
 * deliveries, of which each part is worth nothing without the others. Events are read by sequence too, which knows
 * no day, so there are only a few partitions of them to look into.
 */
const cuts = {
  alerts: { unit: 'day', instant: 'received_at', keptDays: 90 },
  events: { unit: 'month', instant: 'at', keptDays: 400 },
  messages: { unit: 'day', instant: 'at', keptDays: null },
  attempts: { unit: 'day', instant: 'at', keptDays: null },
  dead_deliveries: { unit: 'day', instant: 'message_at', keptDays: null },
} as const satisfies Record<string, { unit: 'day' | 'month'; instant: string; keptDays: number | null }>

const daysAhead = 7

/** A partition: its name, its first day and the first day after it. */
type Partition = { readonly table: string; readonly name: string; readonly from: string; readonly to: string }

/** One moment by both clocks: the program's, which dates what is written, and the database's. */
export type Times = { readonly now: Instant; readonly databaseNow: Instant }

type Keeping = {
  readonly log: Log
  /** How long messages, attempts and dead deliveries are kept. */
  readonly deliveryLogDays: number
}

/** How many partitions of a table go at once. One a day is due, and a clock that is wrong after all costs hours, not all. */
const droppedMax = 2

/**
 * Makes the partitions of yesterday to a week ahead and drops those that are past their time, a few at a time. Safe to run
 * again, and on several nodes at once. What cannot be done now, because somebody reads the table for long or the clock may be
 * wrong, is left for the next time.
 */
export async function keepPartitions(db: Sql, times: Times, { log, deliveryLogDays }: Keeping): Promise<void> {
  const { now } = times
  const isSettled = await isClockSettled(db, times)
  for (const [table, { unit, instant, keptDays }] of Object.entries(cuts)) {
    const existing = await partitionsOf(db, table)
    const wanted = new Map<string, Partition>()
    for (let offset = -1; offset <= daysAhead; offset += 1) {
      const partition = partitionAt(table, unit, after(now, days(offset)))
      if (!existing.some(({ name }) => name === partition.name)) wanted.set(partition.name, partition)
    }
    const oldest = utcDay(before(now, days(keptDays ?? deliveryLogDays)))
    const old = existing.filter(({ to }) => to <= oldest)
    if (!isSettled && old.length > 0)
      log.warn('partitions not dropped', { table, count: old.length, reason: 'the clock may be wrong' })
    const dropped = isSettled ? old.slice(0, droppedMax) : []
    const jobs = [
      ...[...wanted.values()].map((partition) => making(partition)),
      ...dropped.map((partition) => dropping(partition)),
    ]
    for (const job of jobs) if (!(await done(db, job, log))) break
    if (isSettled) await deleteStrays(db, { table, instant, before: oldest })
  }
}

const aheadMax: Ms = days(1)

/**
 * Whether the clock may say what is so old that it goes. It must not be far ahead of the database's, and the day before yesterday
 * must have its partition: then the program ran by this clock a day ago, or a week before at most. After a jump of the clock, or
 * when the program was off for long, that takes a day.
 */
export async function isClockSettled(db: Sql, { now, databaseNow }: Times): Promise<boolean> {
  if (between(databaseNow, now) > aheadMax) return false
  const { name } = partitionAt('alerts', 'day', before(now, days(2)))
  return (await partitionsOf(db, 'alerts')).some((partition) => partition.name === name)
}

type Strays = { readonly table: string; readonly instant: string; readonly before: string }

const straysMax = 1000

/** What fell outside the days lies in the default partition, which is never dropped. A thousand at a time, mostly none. */
async function deleteStrays(db: Sql, { table, instant, before: day }: Strays): Promise<void> {
  const strays = sql.table(`${table}_default`)
  for (let deleted = straysMax; deleted === straysMax; ) {
    const answer = await sql`
      delete from ${strays} where ctid = any(array(
        select ctid from ${strays} where ${sql.ref(instant)} < ${`${day}T00:00:00Z`}::timestamptz limit ${straysMax}::int))`.execute(
      db,
    )
    deleted = Number(answer.numAffectedRows ?? 0)
  }
}

type Job = { readonly partition: Partition; readonly statement: string; readonly did: 'made' | 'dropped' }

function making(partition: Partition): Job {
  const { table, name, from, to } = partition
  const statement = `create table if not exists "${name}" partition of "${table}" for values from ('${from}T00:00:00Z') to ('${to}T00:00:00Z')`
  return { partition, statement, did: 'made' }
}

function dropping(partition: Partition): Job {
  return { partition, statement: `drop table if exists ${partition.name}`, did: 'dropped' }
}

/** Says whether the next job of the table is worth trying. */
async function done(db: Sql, { partition, statement, did }: Job, log: Log): Promise<boolean> {
  const { table, name } = partition
  try {
    await alone(db, statement)
    log[did === 'dropped' ? 'info' : 'debug'](`partition ${did}`, { table, partition: name })
    return true
  } catch (fault) {
    // Or rows of that time are in the default partition already (the clock jumped, or the program slept for more than a
    // week): they stay there.
    log.warn(`partition not ${did}`, { table, partition: name, error: fault instanceof Error ? fault.message : String(fault) })
    return !(fault instanceof Error && 'code' in fault && fault.code === lockNotAvailable)
  }
}

const lockNotAvailable = '55P03'

/** The names of the partitions of each table that is cut, but for the default ones. */
export async function partitionNames(db: Sql): Promise<Readonly<Record<string, readonly string[]>>> {
  const answer = await sql<{ readonly table: string; readonly names: readonly string[] }>`
    select parent.relname::text as table, array_agg(child.relname::text order by child.relname collate "C") as names
    from pg_inherits i join pg_class parent on parent.oid = i.inhparent join pg_class child on child.oid = i.inhrelid
    where parent.relnamespace = current_schema()::regnamespace and parent.relkind = 'p'
      and pg_get_expr(child.relpartbound, child.oid) <> 'DEFAULT'
    group by 1 order by 1`.execute(db)
  return Object.fromEntries(answer.rows.map(({ table, names }) => [table, names]))
}

/**
 * Makes partitions that another database had, from what `partitionNames` said of it, inside the caller's transaction. Names
 * become part of statements, and anybody may have written them: only those of tables that are cut here are taken.
 */
export async function makePartitions(db: Sql, names: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const tables = await cutTables(db)
  for (const [table, ofTable] of Object.entries(names))
    for (const name of ofTable) {
      const partition = tables.has(table) ? partitionNamed(table, name) : null
      if (partition === null) throw new StartFault(`The backup has a partition ${name} of ${table}, which no version would make.`)
      await sql.raw(making(partition).statement).execute(db)
    }
}

async function cutTables(db: Sql): Promise<ReadonlySet<string>> {
  const answer = await sql<{ readonly name: string }>`
    select relname::text as name from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'p'`.execute(db)
  return new Set(answer.rows.map(({ name }) => name))
}

/**
 * Keeps every node from making or dropping partitions until the connection closes. They give up before they touch the table, so
 * nobody waits behind them.
 */
export async function holdPartitions(db: Sql): Promise<void> {
  await sql`select pg_advisory_lock_shared(${partitionLock})`.execute(db)
}

/** Any number that nothing else in the database locks. */
const partitionLock = 7_283_645

/**
 * One node at a time: where two make or drop one partition at the same instant, PostgreSQL fails in spite of `if exists`.
 * It waits for the table only shortly, since everybody else who wants the table waits behind it.
 */
async function alone(db: Sql, statement: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`set local lock_timeout = '1s'`.execute(transaction)
    await sql`select pg_advisory_xact_lock(${partitionLock})`.execute(transaction)
    await sql.raw(statement).execute(transaction)
  })
}

async function partitionsOf(db: Sql, table: string): Promise<readonly Partition[]> {
  const names = (await partitionNames(db))[table] ?? []
  return names.flatMap((name) => partitionNamed(table, name) ?? [])
}

function partitionNamed(table: string, name: string): Partition | null {
  const match = /^_(\d{4})_(\d{2})(?:_(\d{2}))?$/.exec(name.startsWith(table) ? name.slice(table.length) : '')
  if (match === null) return null
  const [, year, month, day] = match
  return partitionAt(table, day === undefined ? 'month' : 'day', startOfUtcDay(`${year}-${month}-${day ?? '01'}`))
}

function partitionAt(table: string, unit: 'day' | 'month', at: Instant): Partition {
  const from = unit === 'day' ? startOfUtcDay(utcDay(at)) : startOfUtcMonth(at)
  const to = unit === 'day' ? after(from, days(1)) : startOfUtcMonth(after(from, days(32)))
  const parts = utcDay(from)
    .split('-')
    .slice(0, unit === 'day' ? 3 : 2)
  return { table, name: `${table}_${parts.join('_')}`, from: utcDay(from), to: utcDay(to) }
}
