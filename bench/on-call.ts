import { setTimeout as wait } from 'node:timers/promises'
import { clientOf } from '../test/processes/client.ts'
import { logged } from '../test/processes/server-process.ts'
import { type BenchServer, startBenchServer } from './bench-server.ts'
import { type Connection, openConnection } from './connection.ts'
import { footprintOf } from './footprint.ts'
import { timed } from './lists.ts'
import { percentile } from './load.ts'
import { below, type Row, shown } from './row.ts'

const layerCount = 5
const peopleCount = 6
const timesEach = 2_000
/** Node interprets first and compiles for thousands of answers: a server that has run for a minute is measured apart from a new one. */
const newTimes = 1_000
const warmUpTimes = 5_000
const targetMs = 5

/** How long it takes to hear who is on call, one question after the other: a schedule of five layers, on which each person has a week. */
export async function measureOnCall(): Promise<readonly Row[]> {
  const bench = await startBenchServer()
  const client = clientOf(bench.server.url)
  const people: string[] = []
  for (let number = 0; number < peopleCount; number += 1) {
    const person = { username: `sailor ${number}`, email: `sailor${number}@bell.example`, role: 'editor' }
    people.push((await client.call<Made>('POST', 'users/', person)).id)
  }
  const { id } = await client.call<Made>('POST', 'schedules/', { name: 'Watch', type: 'web', time_zone: 'Europe/London' })
  for (let level = 0; level < layerCount; level += 1) {
    const turn = { unit: 'weeks', length: 1, handover: '09:00:00', weekday: 'MO' }
    const groups = people.map((person) => [person])
    await client.call('POST', `schedules/${id}/layers/`, {
      name: `Level ${level}`,
      level,
      start: '2020-01-06T09:00:00',
      turn,
      groups,
    })
  }
  const connection = await openConnection(new URL(bench.server.url))
  const ask = (path: string) => asked(bench, connection, path)
  const floor = await timed(connection, new URL('/health/live', bench.server.url), timesEach)
  const now = await ask(`/api/v1/schedules/${id}/on_call/`)
  const listed = await ask(`/api/v1/schedules/${id}/`)
  const explained = await ask(`/api/v1/schedules/${id}/explain/`)
  connection.close()
  await bench.close()
  return [
    ...rowsOf('who is on call now over the API, 5 layers, with what comes next, p99 in the server', now),
    ...rowsOf('as on_call_now of the schedule, p99 in the server', listed),
    ...rowsOf('explained, p99 in the server', explained),
    { what: 'an answer that asks nothing, at the client', measured: timesOf(floor), target: null },
  ]
}

type Made = { readonly id: string }

type Times = { readonly p50Ms: number; readonly p99Ms: number }
type Asked = {
  readonly status: number
  /** From the first byte of a request to the end of its answer, as the server's log tells it. */
  readonly own: Times
  /** The same of the first answers of their kind. */
  readonly whenNew: Times
  readonly client: Times
  /** Of one answer. */
  readonly serverCpuMs: number
  readonly databaseCpuMs: number
}

async function asked(bench: BenchServer, connection: Connection, path: string): Promise<Asked> {
  const url = new URL(path, bench.server.url)
  await timed(connection, url, newTimes)
  const whenNew = await ownTimes(bench, path, newTimes)
  await timed(connection, url, warmUpTimes)
  const before = footprintOf(bench)
  const { status, ...client } = await timed(connection, url, timesEach)
  const after = footprintOf(bench)
  const serverCpuMs = ((after.serverCpuSeconds - before.serverCpuSeconds) / timesEach) * 1000
  const cpuMs = ((after.cpuSeconds - before.cpuSeconds) / timesEach) * 1000
  const own = await ownTimes(bench, path, timesEach)
  return { status, own, whenNew, client, serverCpuMs, databaseCpuMs: cpuMs - serverCpuMs }
}

/** What the server's log says of the last answers of a path. */
async function ownTimes(bench: BenchServer, path: string, count: number): Promise<Times> {
  // The log is written beside the answers.
  await wait(500)
  const lines = logged(bench.server, 'request finished').filter((line) => line['method'] === 'GET' && line['path'] === path)
  const durations = lines.slice(-count).map((line) => Number(line['durationMs']))
  return { p50Ms: percentile(durations, 0.5), p99Ms: percentile(durations, 0.99) }
}

function rowsOf(what: string, { status, own, whenNew, client, serverCpuMs, databaseCpuMs }: Asked): readonly Row[] {
  const answered = status === 200 ? '' : `, answered ${status}`
  return [
    { what, measured: `${timesOf(own)}${answered}`, target: below(own.p99Ms, targetMs, ' ms') },
    { what: '  of the first thousand answers of a new server', measured: timesOf(whenNew), target: null },
    { what: '  at the client', measured: timesOf(client), target: null },
    {
      what: '  processor time of an answer',
      measured: `server ${shown(serverCpuMs)} ms, database ${shown(databaseCpuMs)} ms`,
      target: null,
    },
  ]
}

const timesOf = ({ p50Ms, p99Ms }: Times): string => `${shown(p99Ms)} ms (p50 ${shown(p50Ms)} ms)`
