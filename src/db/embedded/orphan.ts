import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../ports.ts'
import { StartFault } from '../../lib/start-fault.ts'
import { describe, exists, isAlive } from './process.ts'
import { socketPath } from './socket-dir.ts'

/** What a postmaster says about itself in `postmaster.pid` (PostgreSQL's miscadmin.h, LOCK_FILE_LINE_…). */
export type PidFile = {
  readonly pid: number
  readonly port: number
  readonly socketDir: string
  /** `starting`, `ready`, `stopping` or `standby`; empty in the first instants. */
  readonly status: string
}

/** Null when there is none or when it is being written. */
export function readPidFile(cluster: string): PidFile | null {
  const path = join(cluster, 'postmaster.pid')
  if (!existsSync(path)) return null
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    const pid = Number(lines[0])
    if (!Number.isInteger(pid) || pid <= 0) return null
    return { pid, port: Number(lines[3]), socketDir: lines[4] ?? '', status: lines[7]?.trim() ?? '' }
  } catch {
    return null
  }
}

/**
 * Whether a process is a living PostgreSQL server of that cluster. The number alone proves nothing, as it may by now be
 * another program's. A postmaster's working directory is its cluster, also when its programs were since replaced.
 */
export function isPostmasterOf(cluster: string, pid: number): boolean {
  if (!isAlive(pid)) return false
  if (!existsSync('/proc/self/cwd')) return describe(pid)?.includes(`-D ${cluster}`) ?? false
  try {
    const there = statSync(`/proc/${pid}/cwd`)
    const here = statSync(cluster)
    const name = /^\d+ \((.*)\)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? ''
    return there.dev === here.dev && there.ino === here.ino && name === 'postgres'
  } catch {
    return false
  }
}

/**
 * Ends the server that a killed Watchbell left behind. It is not reused, because its settings may be those of another
 * version. The home must be locked: with a living owner it would be no orphan.
 */
export async function stopOrphan(cluster: string, log: Log): Promise<void> {
  const left = readPidFile(cluster)
  if (left === null) return
  if (isPostmasterOf(cluster, left.pid)) {
    log.warn('orphan found', { pid: left.pid })
    await endProcess(cluster, left.pid)
  }
  await untilSilent(cluster, left.socketDir)
  // PostgreSQL sees through a number that nobody has, but not through a zombie, nor through a number given to another program.
  const file = readPidFile(cluster)
  if (file?.pid === left.pid && exists(left.pid)) rmSync(join(cluster, 'postmaster.pid'), { force: true })
}

async function endProcess(cluster: string, pid: number): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended by itself, or it is not ours to end; the loop tells which.
    }
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 20) {
      if (!isPostmasterOf(cluster, pid)) return
      await wait(20)
    }
  }
  throw new StartFault(
    `an old PostgreSQL (process ${pid}) still uses ${cluster} and does not stop: end it with kill -QUIT ${pid}`,
  )
}

/** A server in another container on the same volume has no visible process, but its socket answers. It ends soon. */
async function untilSilent(cluster: string, socketDir: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (socketDir === '' || !(await answers(socketPath(socketDir)))) return
    await wait(100)
  }
  throw new StartFault(
    `a PostgreSQL that this process cannot see still serves ${cluster}: stop the container or the machine that runs it`,
  )
}

/** Whether somebody listens on a socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const say = (heard: boolean): void => {
      socket.destroy()
      resolve(heard)
    }
    socket.once('connect', () => say(true))
    socket.once('error', () => say(false))
  })
}
