import { setTimeout as wait } from 'node:timers/promises'
import { alertmanagerBody } from '../test/processes/client.ts'
import { startBenchServer } from './bench-server.ts'
import { type Connection, openConnection, requestBytes } from './connection.ts'
import { footprintOf } from './footprint.ts'
import { percentile } from './load.ts'
import { below, type Row, shown } from './row.ts'

const groupsPerSecond = 100
const groupCount = 1_200
/** The first groups warm the server up and are not counted. */
const uncountedCount = 200
const patienceMs = 30_000

/** From the answer to an alert that opens a group to the arrival of its webhook and of its page. */
export async function measureLatency(): Promise<readonly Row[]> {
  const bench = await startBenchServer()
  const before = footprintOf(bench)
  const acceptedAt = await openGroups(bench.alertsUrl)
  const { hooks, mails } = bench
  for (
    let waitedMs = 0;
    waitedMs < patienceMs && (hooks.arrivals.length < groupCount || mails.arrivals.length < groupCount);
    waitedMs += 50
  ) {
    await wait(50)
  }
  const spentMs = ((footprintOf(bench).cpuSeconds - before.cpuSeconds) / groupCount) * 1000
  await bench.close()
  const titles = new Map(hooks.arrivals.map(({ alertGroupId, title }) => [alertGroupId, title]))
  const hookMs = latencies(
    hooks.arrivals.map(({ at, title }) => ({ at, title })),
    acceptedAt,
  )
  const mailMs = latencies(
    mails.arrivals.map(({ at, alertGroupId }) => ({ at, title: titles.get(alertGroupId) ?? '' })),
    acceptedAt,
  )
  return [
    ...rowsOf('webhook', hookMs),
    ...rowsOf('page by e-mail', mailMs),
    { what: 'processor time per new group, from alert to page and webhook', measured: `${shown(spentMs)} ms`, target: null },
  ]
}

function rowsOf(name: string, times: readonly number[]): readonly Row[] {
  const expected = groupCount - uncountedCount
  const missing = times.length === expected ? '' : `, only ${times.length} of ${expected} came`
  const p50 = percentile(times, 0.5)
  const p99 = percentile(times, 0.99)
  return [
    {
      what: `alert accepted to ${name}, ${groupsPerSecond} new groups/s, p50`,
      measured: `${shown(p50)} ms${missing}`,
      target: below(p50, 100, ' ms'),
    },
    { what: '  p99', measured: `${shown(p99)} ms`, target: below(p99, 1_000, ' ms') },
  ]
}

/** Opens the groups at an even pace and returns when each was answered, by title. */
async function openGroups(alertsUrl: string): Promise<ReadonlyMap<string, number>> {
  const url = new URL(alertsUrl)
  const acceptedAt = new Map<string, number>()
  const free: Connection[] = await Promise.all(Array.from({ length: 64 }, () => openConnection(url)))
  const startedAt = performance.now()
  const open = async (number: number): Promise<void> => {
    await wait(Math.max((number * 1000) / groupsPerSecond - (performance.now() - startedAt), 0))
    const title = titleOf(number)
    const connection = free.pop() ?? (await openConnection(url))
    const status = await connection.send(requestBytes(url, alertmanagerBody(title)))
    if (status !== 200) throw new Error(`an alert was answered with ${status}`)
    acceptedAt.set(title, performance.now())
    free.push(connection)
  }
  await Promise.all(Array.from({ length: groupCount }, (_, number) => open(number)))
  for (const connection of free) connection.close()
  return acceptedAt
}

const titleOf = (number: number): string => `group ${number}`

/** What came before its answer was read took no time; of what came twice the first counts. */
function latencies(
  arrivals: readonly { readonly at: number; readonly title: string }[],
  acceptedAt: ReadonlyMap<string, number>,
): readonly number[] {
  const first = new Map(arrivals.toReversed().map(({ at, title }) => [title, at]))
  return Array.from({ length: groupCount - uncountedCount }, (_, index) => titleOf(index + uncountedCount)).flatMap((title) => {
    const [from, to] = [acceptedAt.get(title), first.get(title)]
    return from === undefined || to === undefined ? [] : [Math.max(to - from, 0)]
  })
}
