import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findRunning } from '../src/db/embedded/server.ts'
import { adminToken, alertmanagerBody, type Client, clientOf } from '../test/processes/client.ts'
import { multiply } from '../test/support/crowd.ts'
import { questionsOf } from '../test/support/questions.ts'
import { type BenchServer, startBenchServer } from './bench-server.ts'
import { type Connection, openConnection } from './connection.ts'
import { percentile } from './load.ts'
import { below, type Row, shown } from './row.ts'

const crowd = { groupCount: 20_000, thingCount: 1_000 }
const targetMs = 50
/** To search is to read payloads, which is bounded, and told in docs/api.md. */
const searchTargetMs = 1_000
const timesEach = 100
const uncountedCount = 5

/** How long every list takes, on each page and with each filter, and every detail, in an organization that has much of everything. */
export async function measureLists(): Promise<readonly Row[]> {
  const bench = await startBenchServer()
  const client = clientOf(bench.server.url)
  await makeOneOfEach(bench, client)
  const address = await findRunning(join(bench.launch.folder, bench.launch.name))
  if (address === null) throw new Error('the embedded database does not run')
  for (let number = 0; number < crowd.thingCount; number += 1)
    await client.call('POST', 'integrations/', { type: 'webhook', name: `copy ${number}` })
  await multiply(address, crowd)
  const connection = await openConnection(new URL(bench.server.url))
  const rows: Row[] = []
  const get = (path: string) => client.call('GET', path)
  for (const [resource, paths] of await questionsOf(get)) {
    const timings: Timing[] = []
    for (const path of paths) timings.push(await timed(connection, new URL(path, bench.server.url), timesEach))
    rows.push(...rowsOf(resource, timings))
  }
  connection.close()
  await bench.close()
  return rows
}

/** Beside what a bench server has already; the alert leaves an event, a page and an attempt. */
async function makeOneOfEach({ alertsUrl, hooks }: BenchServer, client: Client): Promise<void> {
  const users = await client.call<Page>('GET', 'users/')
  const user = users.results[0]?.id
  await client.call('POST', 'teams/', { name: 'team' })
  await client.call('POST', 'services/', { name: 'service' })
  await client.call('POST', 'personal_notification_rules/', { user_id: user, type: 'wait', duration: 60 })
  const schedule = await client.call<Thing>('POST', 'schedules/', { name: 'schedule', type: 'web', time_zone: 'UTC' })
  const shift = { name: 'shift', type: 'single_event', start: '2026-01-01T00:00:00', duration: 2_000_000_000, users: [user] }
  await client.call('POST', 'on_call_shifts/', { ...shift, schedule: schedule.id })
  await fetch(alertsUrl, { method: 'POST', body: alertmanagerBody('lists'), headers: { 'content-type': 'application/json' } })
  const groups = await client.call<Page>('GET', 'alert_groups/')
  await client.call('POST', 'resolution_notes/', { alert_group_id: groups.results[0]?.id, text: 'a note' })
  for (let waitedMs = 0; waitedMs < 10_000 && hooks.arrivals.length === 0; waitedMs += 50) await wait(50)
  await wait(1_000)
}

type Thing = { readonly id: string }
type Page = { readonly results: readonly Thing[] }

type Timing = { readonly path: string; readonly status: number; readonly p50Ms: number; readonly p99Ms: number }

/** How long a question takes, asked again and again. */
export async function timed(connection: Connection, url: URL, timesAsked: number): Promise<Timing> {
  const head = [`GET ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`, `authorization: ${adminToken}`]
  const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n`)
  const times: number[] = []
  let status = 0
  for (let count = 0; count < uncountedCount + timesAsked; count += 1) {
    const askedAt = performance.now()
    status = await connection.send(request)
    if (count >= uncountedCount) times.push(performance.now() - askedAt)
  }
  const path = `${url.pathname}${url.search}`.slice('/api/v1/'.length)
  return { path, status, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) }
}

/** One line for what a resource is asked, with the slowest question; and one for each that misses the target. */
function rowsOf(resource: string, timings: readonly Timing[]): readonly Row[] {
  const slowest = timings.toSorted((one, other) => other.p99Ms - one.p99Ms)
  const rowOf = ({ path, status, p50Ms, p99Ms }: Timing, what: string): Row => ({
    what,
    measured: `${shown(p99Ms)} ms (p50 ${shown(p50Ms)} ms) ${path}${status === 200 ? '' : `, answered ${status}`}`,
    target: below(p99Ms, targetOf(path), ' ms'),
  })
  const missed = slowest.slice(1).filter(({ path, p99Ms }) => p99Ms >= targetOf(path))
  const [worst] = slowest
  if (worst === undefined) return []
  return [
    rowOf(worst, `${resource}, ${timings.length} questions, the slowest p99`),
    ...missed.map((timing) => rowOf(timing, '  and p99')),
  ]
}

const targetOf = (path: string): number => (path.includes('search=') ? searchTargetMs : targetMs)
