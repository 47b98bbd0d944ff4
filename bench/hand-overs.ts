import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { clientOf } from '../test/processes/client.ts'
import { type Launch, launchServer, type ServerProcess, stopServer, untilReady } from '../test/processes/server-process.ts'
import { connectTo, newPlace } from './bench-server.ts'
import { type ChangeReceiver, receiveChanges } from './change-receiver.ts'
import { type Footprint, footprintOf } from './footprint.ts'
import { percentile } from './load.ts'
import { copySchedules, makeTemplates } from './many-schedules.ts'
import { below, type Row, shown } from './row.ts'

const scheduleCount = 10_000
const templateCount = 20
/** From the making of the schedules to their hand-over; they must be ready in this time. */
const leadMs = 120_000
const idleMs = 20_000
const patienceMs = 30_000

type Running = { readonly launch: Launch; readonly server: ServerProcess; readonly database: pg.Client }

/**
 * What schedules cost of which none is due, and how long after their instant the hand-overs of all of them are written, when that is
 * the same one; then when they arrive at a receiver that is told of them together, and how fast at one that is told of each.
 */
export async function measureHandOvers(): Promise<readonly Row[]> {
  const together = await receiveChanges()
  const single = await receiveChanges()
  const place = await newPlace({ WATCHBELL_EGRESS_ALLOW: `${together.place},${single.place}` })
  const server = launchServer(place.launch)
  await untilReady(server)
  const running = { launch: place.launch, server, database: await connectTo(place.launch) }
  const idleRows = [await idleRow('without schedules', running)]
  const atMs = Math.ceil((Date.now() + leadMs) / 1000) * 1000
  const client = clientOf(server.url)
  await makeTemplates(client, { count: templateCount, atMs })
  await untilPrepared(running.database)
  await copySchedules(running.database, scheduleCount / templateCount)
  const copiedAt = performance.now()
  // The server is told that there is something to do.
  await client.call('POST', 'schedules/', { name: 'Last', type: 'web', time_zone: 'UTC' })
  await untilPrepared(running.database)
  const preparedMs = performance.now() - copiedAt
  const webhook = { trigger_type: 'shift change', http_method: 'POST' }
  await client.call('POST', 'webhooks/', { name: 'Together', preset: 'zenduty', url: together.url })
  await client.call('POST', 'webhooks/', { name: 'Each', url: single.url, ...webhook })
  if (Date.now() > atMs - idleMs - 1_000) throw new Error('the schedules were not ready in time')
  idleRows.push(await idleRow(`with ${shown(scheduleCount)} schedules`, running))
  const round = await watchRound(running, { atMs, together, single })
  const { memoryMb, serverMb } = footprintOf(running)
  await running.database.end()
  await stopServer(server)
  for (const receiver of [together, single]) receiver.close()
  place.remove()
  return [
    ...idleRows,
    { what: `${shown(scheduleCount)} schedules read and prepared`, measured: `${shown(preparedMs / 1000)} s`, target: null },
    ...roundRows(round),
    { what: '  memory afterwards', measured: `${shown(memoryMb)} MB PSS (server ${shown(serverMb)})`, target: null },
  ]
}

async function untilPrepared(database: pg.Client): Promise<void> {
  const due = 'select 1 from schedule_watches where next_change is null and due_at <= now() limit 1'
  while ((await database.query(due)).rows.length > 0) await wait(100)
}

async function idleRow(what: string, running: Running): Promise<Row> {
  await wait(2_000)
  const [before, transactionsBefore] = [footprintOf(running), await transactions(running)]
  await wait(idleMs - 4_000)
  const [after, transactionsAfter] = [footprintOf(running), await transactions(running)]
  const seconds = (idleMs - 4_000) / 1000
  const share = ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100
  const perMinute = ((transactionsAfter - transactionsBefore) / seconds) * 60
  return {
    what: `idle ${what}, share of one core`,
    measured: `${shown(share)} %, ${shown(perMinute)} transactions per minute, ${memoryOf(after)}`,
    target: null,
  }
}

const memoryOf = ({ memoryMb, serverMb }: Footprint): string => `${shown(memoryMb)} MB PSS (server ${shown(serverMb)})`

async function transactions({ database }: Running): Promise<number> {
  const { rows } = await database.query<{ count: string }>(
    'select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()',
  )
  return Number(rows[0]?.count)
}

type Round = {
  /** For each event, how long after the hand-over it was there to be read. */
  readonly writtenMs: readonly number[]
  readonly serverCpuSeconds: number
  readonly databaseCpuSeconds: number
  readonly togetherMs: readonly number[]
  readonly singleMs: readonly number[]
}

type Expected = { readonly atMs: number; readonly together: ChangeReceiver; readonly single: ChangeReceiver }

async function watchRound(running: Running, { atMs, together, single }: Expected): Promise<Round> {
  const firstSequence = await sequenceOf(running)
  await wait(atMs - Date.now() - 100)
  const before = footprintOf(running)
  const writtenMs: number[] = []
  while (writtenMs.length < scheduleCount && Date.now() < atMs + patienceMs) {
    const count = Math.min((await sequenceOf(running)) - firstSequence, scheduleCount)
    const lateMs = Date.now() - atMs
    while (writtenMs.length < count) writtenMs.push(lateMs)
    await wait(10)
  }
  const after = footprintOf(running)
  await wait(atMs + patienceMs - Date.now())
  return {
    writtenMs,
    serverCpuSeconds: after.serverCpuSeconds - before.serverCpuSeconds,
    databaseCpuSeconds: after.cpuSeconds - after.serverCpuSeconds - (before.cpuSeconds - before.serverCpuSeconds),
    togetherMs: together.changedAt.map((changedAt) => changedAt - atMs),
    singleMs: single.changedAt.map((changedAt) => changedAt - atMs),
  }
}

/** Sequences are given in the order of commits, so the last one counts what can be read. */
async function sequenceOf({ database }: Running): Promise<number> {
  const { rows } = await database.query<{ last: string }>('select event_sequence as last from organizations')
  return Number(rows[0]?.last)
}

function roundRows(round: Round): readonly Row[] {
  const { writtenMs, togetherMs, singleMs, serverCpuSeconds, databaseCpuSeconds } = round
  const last = percentile(writtenMs, 1)
  return [
    {
      what: `${shown(scheduleCount)} hand-overs of one second, written by`,
      measured: timesOf(writtenMs),
      target: below(last, 1_000, ' ms'),
    },
    {
      what: '  processor time until then',
      measured: `server ${shown(serverCpuSeconds)} s, database ${shown(databaseCpuSeconds)} s`,
      target: null,
    },
    { what: '  arrived at a receiver that is told of them together', measured: timesOf(togetherMs), target: null },
    {
      what: '  told of each, one after the other',
      measured: `${shown((singleMs.length / (singleMs.at(-1) ?? Number.NaN)) * 1000)} per second`,
      target: null,
    },
  ]
}

function timesOf(times: readonly number[]): string {
  const [half, most, last] = [0.5, 0.99, 1].map((share) => shown(percentile(times, share) / 1000))
  const missing = times.length >= scheduleCount ? '' : `, ${shown(scheduleCount - times.length)} MISSING`
  return `p50 ${half} s, p99 ${most} s, last ${last} s${missing}`
}
