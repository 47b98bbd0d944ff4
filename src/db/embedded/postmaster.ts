import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../ports.ts'
import { type Settings, settingArguments } from './cluster.ts'
import { readPidFile } from './orphan.ts'
import { canTieLife, programEnvironment } from './process.ts'
import { socketPort } from './socket-dir.ts'
import type { User } from './user.ts'

export type PostmasterOptions = {
  /** The path of the program. */
  readonly postgres: string
  readonly user: User | null
  readonly cluster: string
  readonly socketDir: string
  /** Beyond those for a small machine, which they may change. */
  readonly settings: Settings
  readonly log: Log
}

/** A running server. */
export type Postmaster = {
  /** Resolves with a sentence when the server ended although nobody asked it to. */
  readonly ended: Promise<string>
  /** Resolves when the server has ended. */
  stop(): Promise<void>
}

export type Started =
  | { readonly kind: 'ready'; readonly postmaster: Postmaster }
  /** It ended before it was ready; the words are what it wrote about that. */
  | { readonly kind: 'failed'; readonly words: string }

type Child = ChildProcessByStdio<null, null, Readable>

/** What is true for every server here: no TCP, no replication, durable, and small beside the Node process. */
const smallMachine: Settings = {
  listen_addresses: '',
  port: String(socketPort),
  timezone: 'UTC',
  max_connections: '40',
  shared_buffers: '32MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
  jit: 'off',
  huge_pages: 'off',
  io_workers: '1',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '1',
  log_line_prefix: '',
  // Details and statements may quote rows, and those hold what no log may hold.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_startup_progress_interval: '5s',
}

/** Recovery after a crash replays at most some hundred megabytes; a start that takes longer than this hangs. */
const startMaxMs = 300_000

/** Starts PostgreSQL on a cluster that no other server uses, and waits until it takes connections. */
export async function startPostmaster(options: PostmasterOptions): Promise<Started> {
  const child = launch(options)
  const words = drain(child, options.log)
  let stopping = false
  const exit = exitOf(child)
  const ended = new Promise<string>((resolve) => {
    void exit.then((how) => {
      if (!stopping) resolve(`PostgreSQL ended (${how}): ${words() || 'no last words'}`)
    })
  })
  let stopped: Promise<void> | null = null
  const stop = (): Promise<void> => {
    stopping = true
    stopped ??= end(child, exit, options.log)
    return stopped
  }
  if (await isReady(child, options.cluster)) return { kind: 'ready', postmaster: { ended, stop } }
  await stop()
  return { kind: 'failed', words: words() || (await exit) }
}

/**
 * A group of its own (`detached`), so that Ctrl-C reaches only Node, which then drains before it stops the server.
 * With `setpriv` the kernel sends SIGINT, PostgreSQL's fast shutdown, when Node dies by kill -9. It means the
 * thread that called this, so this must be called on the main thread.
 */
function launch({ postgres, user, cluster, socketDir, settings }: PostmasterOptions): Child {
  const args = ['-D', cluster, '-k', socketDir, ...settingArguments({ ...smallMachine, ...settings })]
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe']
  const options = { cwd: '/', env: programEnvironment(), detached: true, stdio }
  if (!canTieLife()) {
    return spawn(postgres, args, { ...options, ...(user === null ? {} : { uid: user.uid, gid: user.gid }) })
  }
  const identity = user === null ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  return spawn('setpriv', [...identity, '--pdeathsig=INT', '--', postgres, ...args], options)
}

/** How the server ended. Its last words have then been read, unless a child of it lives on and keeps the pipe open. */
async function exitOf(child: Child): Promise<string> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const how = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code === null ? `signal ${signal}` : `exit code ${code}`))
  })
  await Promise.race([closed, wait(500, undefined, { ref: false })])
  return how
}

/** Reads what the server writes for as long as it lives, as a full pipe would stop it. Answers a reader of what mattered last. */
function drain(child: Child, log: Log): () => string {
  const last: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    last.push(line.trim())
    if (last.length > 8) last.shift()
    if (/^(WARNING|ERROR|FATAL|PANIC):/.test(line)) log.warn('postgres says', { line })
    else if (tellsOfRecovery.test(line)) log.info('database recovering', { line })
    else log.debug('postgres says', { line })
  })
  return () => last.findLast((line) => /^(FATAL|PANIC):/.test(line)) ?? last.join(' | ')
}

/** What PostgreSQL does before it takes connections where it was killed. With much to do again that takes minutes. */
const tellsOfRecovery =
  /^LOG: +(database system was interrupted|.*automatic recovery in progress|redo |syncing data directory|resetting unlogged relations|.*end-of-recovery)/

/** The pid file must bear the child's own number: with another one it speaks of another server. */
async function isReady(child: Child, cluster: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < startMaxMs && isRunning(child); waitedMs += 10) {
    const file = readPidFile(cluster)
    if (file !== null && file.pid === child.pid && file.status === 'ready') return true
    await wait(10)
  }
  return false
}

const isRunning = (child: Child): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null

/** SIGINT is the fast shutdown; SIGTERM would wait for the clients. SIGQUIT leaves the rest to the next start's recovery. */
async function end(child: Child, exit: Promise<string>, log: Log): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    child.kill(signal)
    const patience = new AbortController()
    const over = await Promise.race([
      exit.then(() => true),
      wait(patienceMs, false, { signal: patience.signal }).catch(() => false),
    ])
    patience.abort()
    if (over) return
    log.warn('postgres lingers', { signal, patienceMs })
  }
}
