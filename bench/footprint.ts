import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Launch, postgresOf, type ServerProcess } from '../test/processes/server-process.ts'
import { startBenchServer } from './bench-server.ts'
import { below, type Row, shown } from './row.ts'

type Running = { readonly launch: Launch; readonly server: ServerProcess }

export type Footprint = {
  /** Proportional set size, so that shared memory counts once: the server and all processes of its database. */
  readonly memoryMb: number
  readonly serverMb: number
  readonly cpuSeconds: number
  readonly serverCpuSeconds: number
}

const settleMs = 10_000
const watchMs = 10_000

/** What a server takes that has nothing to do. */
export async function measureIdle(): Promise<readonly Row[]> {
  const bench = await startBenchServer()
  await wait(settleMs)
  const before = footprintOf(bench)
  await wait(watchMs)
  const after = footprintOf(bench)
  await bench.close()
  const { memoryMb, serverMb } = after
  const cpuShare = (after.cpuSeconds - before.cpuSeconds) / (watchMs / 1000)
  return [
    {
      what: 'memory, idle, server and database',
      measured: `${shown(memoryMb)} MB PSS (server ${shown(serverMb)})`,
      target: below(memoryMb, 250, ' MB'),
    },
    { what: 'processor, idle, share of one core', measured: `${shown(cpuShare * 100)} %`, target: null },
  ]
}

export function footprintOf({ launch, server }: Running): Footprint {
  const pids = [server.pid, ...postgresOf(launch).map(({ pid }) => pid)]
  const serverMb = memoryOf(server.pid)
  const serverCpuSeconds = cpuOf(server.pid)
  return {
    serverMb,
    serverCpuSeconds,
    memoryMb: pids.slice(1).reduce((sum, pid) => sum + memoryOf(pid), serverMb),
    cpuSeconds: pids.slice(1).reduce((sum, pid) => sum + cpuOf(pid), serverCpuSeconds),
  }
}

function memoryOf(pid: number): number {
  const kb = /^Pss:\s+(\d+) kB/m.exec(readOf(pid, 'smaps_rollup'))?.[1]
  return Number(kb ?? 0) / 1024
}

/** Empty for a process that has ended since it was listed, as connections of PostgreSQL do. */
function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

function cpuOf(pid: number): number {
  const stat = readOf(pid, 'stat')
  if (stat === '') return 0
  // The name in parentheses may hold blanks; after it come state, parent, … and as 12th and 13th user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
