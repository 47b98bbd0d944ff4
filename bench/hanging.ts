import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from './load.ts'
import { startOutgoingServer } from './outgoing-server.ts'
import { type Arrival, lateMs } from './receivers.ts'
import { below, type Row, shown } from './row.ts'

const receiverCount = 200
const hangingCount = 100
const groupsPerSecond = 4
const groupCount = 120

/**
 * From the commit that owes deliveries to their first bytes at receivers that answer, while as many others hang. The commit is taken for
 * the moment in which the alert is answered, right after it.
 */
export async function measureHanging(share: number): Promise<readonly Row[]> {
  const bench = await startOutgoingServer({ answering: receiverCount - hangingCount, hanging: hangingCount })
  const groups = Math.ceil(groupCount * share)
  const committedMs: number[] = []
  const startedAt = performance.now()
  for (let number = 0; number < groups; number += 1) {
    await wait(Math.max(startedAt + (number * 1000) / groupsPerSecond - performance.now(), 0))
    await bench.openGroups(1)
    committedMs.push(Date.now())
  }
  await wait(2_000)
  const { count, arrivals } = await bench.receivers.received()
  await bench.close()
  const expected = groups * (receiverCount - hangingCount)
  const missing = count === expected ? '' : `, only ${count} of ${expected} came`
  const sinceCommit = arrivals.map(({ owedMs, atMs }) => atMs - (committedMs.find((at) => at >= owedMs) ?? owedMs))
  const [p50, p99] = [percentile(sinceCommit, 0.5), percentile(sinceCommit, 0.99)]
  const offered = shown(groupsPerSecond * receiverCount)
  return [
    {
      what: `commit to first byte, ${offered}/s, ${hangingCount} of ${receiverCount} receivers hang, p50`,
      measured: `${shown(p50)} ms${missing}`,
      target: below(p50, 50, ' ms'),
    },
    { what: '  p99', measured: `${shown(p99)} ms`, target: below(p99, 500, ' ms') },
    { what: '  from the beginning of the transaction', measured: spread(arrivals), target: null },
  ]
}

function spread(arrivals: readonly Arrival[]): string {
  const late = arrivals.map(lateMs)
  return `p50 ${shown(percentile(late, 0.5))} ms, p99 ${shown(percentile(late, 0.99))} ms`
}
