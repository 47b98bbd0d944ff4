import { setTimeout as wait } from 'node:timers/promises'
import { type BenchServer, startBenchServer } from './bench-server.ts'
import { footprintOf } from './footprint.ts'
import type { LoadResult } from './load.ts'
import { bare, load } from './roles.ts'
import { atLeast, below, type Row, shown } from './row.ts'

const connectionCount = 256
const backToBack = { keys: 'open', connectionCount, perSecond: null, warmUpMs: 2_000, measureMs: 10_000, requestsMax: 100_000 }
const paced = { keys: 'open', connectionCount: 64, perSecond: 500, warmUpMs: 2_000, measureMs: 10_000, requestsMax: 100_000 }
/** Opens the keys, and lets the servers warm up. */
const opening = { ...backToBack, warmUpMs: 0, measureMs: 5_000 }

/** How many alerts are durably accepted per second, beside a bare server that keeps nothing, and how long one of 500/s waits. */
export async function measureAccepting(): Promise<readonly Row[]> {
  const peer = await bare()
  await load({ url: peer.url, ...opening })
  const limit = await load({ url: peer.url, ...backToBack })
  peer.stop()
  const bench = await startBenchServer()
  await load({ url: bench.alertsUrl, ...opening })
  await untilTold(bench)
  const before = footprintOf(bench)
  const accepted = await load({ url: bench.alertsUrl, ...backToBack, warmUpMs: 0 })
  await untilTold(bench)
  const spentUs = ((footprintOf(bench).cpuSeconds - before.cpuSeconds) / accepted.requestCount) * 1e6
  const calm = await load({ url: bench.alertsUrl, ...paced })
  await wait(5_000)
  const { memoryMb, serverMb } = footprintOf(bench)
  await bench.close()
  return [
    { what: 'bare Fastify, same bodies, nothing kept', measured: `${shown(limit.perSecond)}/s`, target: null },
    {
      what: `alerts accepted durably, ${connectionCount} connections`,
      measured: `${shown(accepted.perSecond)}/s${failures(accepted)}`,
      target: atLeast(accepted.perSecond, 4_000, '/s'),
    },
    { what: '  ratio to bare Fastify', measured: shown(accepted.perSecond / limit.perSecond), target: null },
    { what: '  p50, p99 there', measured: `${shown(accepted.p50Ms)} ms, ${shown(accepted.p99Ms)} ms`, target: null },
    { what: '  processor time per alert, server and database', measured: `${shown(spentUs)} µs`, target: null },
    {
      what: 'alerts at 500/s offered, p99',
      measured: `${shown(calm.p99Ms)} ms (p50 ${shown(calm.p50Ms)} ms, ${shown(calm.perSecond)}/s)${failures(calm)}`,
      target: below(calm.p99Ms, 50, ' ms'),
    },
    { what: 'memory after this load', measured: `${shown(memoryMb)} MB PSS (server ${shown(serverMb)})`, target: null },
  ]
}

const failures = ({ failedCount }: LoadResult): string => (failedCount === 0 ? '' : `, ${failedCount} FAILED`)

/** Pages and webhooks of the load are done before something else is measured: nothing has come for two seconds. */
async function untilTold({ hooks, mails }: BenchServer): Promise<void> {
  for (let before = -1; before !== hooks.arrivals.length + mails.arrivals.length; ) {
    before = hooks.arrivals.length + mails.arrivals.length
    await wait(2_000)
  }
}
