import { setTimeout as wait } from 'node:timers/promises'
import { type Footprint, footprintOf } from './footprint.ts'
import { type OutgoingServer, startOutgoingServer, until } from './outgoing-server.ts'
import type { Received } from './receivers.ts'
import { signedClient } from './roles.ts'
import { atLeast, type Row, shown } from './row.ts'

const receiverCount = 100
const groupCount = 500
const inFlight = 256

/** How fast signed deliveries that wait leave for many receivers, beside a bare client that signs and sends as much to the same. */
export async function measureDrain(share: number): Promise<readonly Row[]> {
  const bench = await startOutgoingServer({ answering: receiverCount, hanging: 0 })
  const groups = Math.ceil(groupCount * share)
  const count = groups * receiverCount
  await warmUp(bench)
  const owing = await measured(bench, () => owe(bench, groups - 1))
  const drain = await measured(bench, () => letGo(bench))
  const received = await bench.receivers.received()
  const peer = { urls: bench.receivers.answering, count, bodyBytes: Math.round(received.bytesMean), inFlight }
  await signedClient({ ...peer, count: Math.ceil(count / 10) })
  await bench.receivers.received()
  const { cpuUs } = await signedClient(peer)
  const limit = await bench.receivers.received()
  await bench.close()
  const [ours, theirs] = [perSecond(received), perSecond(limit)]
  const what = `${shown(count)} signed deliveries of ${shown(received.bytesMean / 1000)} kB to ${receiverCount} receivers`
  const flaw = received.count === count && received.againCount === 0 && received.signedCount === count ? '' : ', SOME WRONG'
  return [
    { what: 'bare client that signs and sends, the same', measured: `${shown(theirs)}/s, ${shown(cpuUs)} µs`, target: null },
    { what, measured: `${shown(ours)}/s${flaw}`, target: null },
    { what: '  ratio to the bare client', measured: shown(ours / theirs), target: atLeast(ours / theirs, 0.7, '') },
    { what: '  until all is written and in the timelines', measured: `${shown(count / drain.seconds)}/s`, target: null },
    { what: '  processor time each, server and database', measured: cpuOf(drain, count), target: null },
    { what: '  written each: to be owed', measured: writtenOf(owing, count - receiverCount), target: null },
    { what: '  written each: to be sent, logged and told', measured: writtenOf(drain, count), target: null },
  ]
}

const perSecond = ({ count, spanMs }: Received): number => (count / spanMs) * 1000

/** Connections, statements and code are warm afterwards. */
async function warmUp(bench: OutgoingServer): Promise<void> {
  await bench.openGroups(20)
  await untilDone(bench)
  await bench.receivers.received()
}

/** Owes deliveries as they come about, by alerts; none of them leaves. */
async function owe(bench: OutgoingServer, groups: number): Promise<void> {
  await bench.database.query(`update endpoints set paused_until = now() + interval '1 hour'`)
  await bench.openGroups(groups)
  await until(async () => (await waiting(bench)) === groups * receiverCount)
}

/** One alert more, so that the loop looks anew. */
async function letGo(bench: OutgoingServer): Promise<void> {
  await bench.database.query('update endpoints set paused_until = null')
  await bench.openGroups(1)
  await untilDone(bench)
}

/** Asked seldom, because the database's processor time is measured meanwhile. */
const untilDone = (bench: OutgoingServer): Promise<void> => until(async () => (await waiting(bench)) === 0, 500)

async function waiting({ database }: OutgoingServer): Promise<number> {
  const { rows } = await database.query<{ count: string }>(
    'select (select count(*) from deliveries) + (select count(*) from delivery_results) as count',
  )
  return Number(rows[0]?.count)
}

type Spent = {
  readonly seconds: number
  readonly serverCpuSeconds: number
  readonly databaseCpuSeconds: number
  readonly walBytes: number
  readonly rowWrites: number
}

async function measured(bench: OutgoingServer, act: () => Promise<void>): Promise<Spent> {
  await bench.database.query('checkpoint')
  const before = await written(bench)
  const [footBefore, beganAt] = [footprintOf(bench), performance.now()]
  await act()
  const seconds = (performance.now() - beganAt) / 1000
  const footAfter = footprintOf(bench)
  const after = await written(bench)
  return {
    seconds,
    serverCpuSeconds: footAfter.serverCpuSeconds - footBefore.serverCpuSeconds,
    databaseCpuSeconds: databaseCpu(footAfter) - databaseCpu(footBefore),
    walBytes: after.walBytes - before.walBytes,
    rowWrites: after.rowWrites - before.rowWrites,
  }
}

const databaseCpu = ({ cpuSeconds, serverCpuSeconds }: Footprint): number => cpuSeconds - serverCpuSeconds

async function written({ database }: OutgoingServer): Promise<Pick<Spent, 'walBytes' | 'rowWrites'>> {
  // A connection that has nothing to do counts what it wrote after ten seconds.
  await wait(11_000)
  const { rows } = await database.query<{ wal: string; row_writes: string }>(
    `select pg_current_wal_lsn() - '0/0' as wal,
       (select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables) as row_writes`,
  )
  return { walBytes: Number(rows[0]?.wal), rowWrites: Number(rows[0]?.row_writes) }
}

const cpuOf = ({ serverCpuSeconds, databaseCpuSeconds }: Spent, count: number): string =>
  `${shown((serverCpuSeconds / count) * 1e6)} µs + ${shown((databaseCpuSeconds / count) * 1e6)} µs`

const writtenOf = ({ walBytes, rowWrites }: Spent, count: number): string =>
  `${shown(walBytes / count)} B of WAL, ${shown(rowWrites / count)} rows`
