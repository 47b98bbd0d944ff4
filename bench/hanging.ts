import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from './load.ts'
import { startOutgoingServer } from './outgoing-server.ts'
import { below, type Row, shown } from './row.ts'

const receiverCount = 200
const hangingCount = 100
const groupsPerSecond = 4
const groupCount = 120

/** From the transaction that owes a delivery to its first byte at a receiver that answers, while as many others hang. */
export async function measureHanging(share: number): Promise<readonly Row[]> {
  const bench = await startOutgoingServer({ answering: receiverCount - hangingCount, hanging: hangingCount })
  const groups = Math.ceil(groupCount * share)
  const startedAt = performance.now()
  for (let number = 0; number < groups; number += 1) {
    await wait(Math.max(startedAt + (number * 1000) / groupsPerSecond - performance.now(), 0))
    await bench.openGroups(1)
  }
  await wait(2_000)
  const { count, lateMs } = await bench.receivers.received()
  await bench.close()
  const expected = groups * (receiverCount - hangingCount)
  const missing = count === expected ? '' : `, only ${count} of ${expected} came`
  const [p50, p99] = [percentile(lateMs, 0.5), percentile(lateMs, 0.99)]
  const offered = shown(groupsPerSecond * receiverCount)
  return [
    {
      what: `owed to first byte, ${offered}/s, ${hangingCount} of ${receiverCount} receivers hang, p50`,
      measured: `${shown(p50)} ms${missing}`,
      target: below(p50, 50, ' ms'),
    },
    { what: '  p99', measured: `${shown(p99)} ms`, target: below(p99, 500, ' ms') },
  ]
}
