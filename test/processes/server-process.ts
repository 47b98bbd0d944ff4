import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A Watchbell as its users run it: a process of its own, reached over HTTP. */
export type ServerProcess = {
  readonly url: string
  readonly pid: number
  /** The file with what it writes; a restart with the same name goes on writing there. */
  readonly logFile: string
  readonly startedAt: number
  /** How it ended: exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>
  /** The same, or null while it runs. */
  ended(): number | string | null
  signal(name: 'SIGKILL' | 'SIGTERM'): void
}

export type Launch = {
  /** For its data and its log; an unprivileged PostgreSQL must be able to pass it. */
  readonly folder: string
  /** Tells several servers in one folder apart. */
  readonly name: string
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  /** Further arguments for Node, such as a profiler's. */
  readonly nodeArgs?: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Starts a server. It may take a moment until it is ready, or end at once: see `untilReady`. */
export function launchServer({ folder, name, port, env, nodeArgs = [] }: Launch): ServerProcess {
  mkdirSync(folder, { recursive: true })
  const logFile = join(folder, `${name}.log`)
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, [...nodeArgs, 'bin/watchbell.js', 'serve'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      WATCHBELL_DATA_DIR: join(folder, name),
      WATCHBELL_PORT: String(port),
      ...env,
    },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const { pid } = child
  if (pid === undefined) throw new Error('the server could not be started')
  endWithUs(child)
  const how = (): number | string | null => child.exitCode ?? child.signalCode
  return {
    url: `http://127.0.0.1:${port}`,
    pid,
    logFile,
    startedAt: performance.now(),
    exit: new Promise((resolve) => child.once('exit', () => resolve(how() ?? 'unknown'))),
    ended: how,
    signal: (signal) => void child.kill(signal),
  }
}

/** Resolves with the milliseconds from the launch to ready; rejects when the server ended or took too long. */
export async function untilReady(server: ServerProcess, limitMs = 60_000): Promise<number> {
  while (performance.now() - server.startedAt < limitMs) {
    const answer = await fetch(`${server.url}/health/ready`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.status === 200) return performance.now() - server.startedAt
    if (server.ended() !== null)
      throw new Error(`the server ended (${server.ended()}) before it was ready:\n${lastLines(server)}`)
    await wait(5)
  }
  throw new Error(`the server was not ready after ${limitMs} ms:\n${lastLines(server)}`)
}

/** Asks the server to stop and resolves with how it ended. */
export async function stopServer(server: ServerProcess): Promise<number | string> {
  server.signal('SIGTERM')
  return server.exit
}

export const lastLines = ({ logFile }: ServerProcess): string =>
  readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n')

/** The lines of the log with this message, as objects. */
export function logged(server: ServerProcess, message: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(server.logFile, 'utf8').split('\n')
  return lines.filter((line) => line.endsWith(`"msg":"${message}"}`)).map((line): Record<string, unknown> => JSON.parse(line))
}

/** The processes of the embedded PostgreSQL of a server's data directory; the postmaster, if it lives, is marked. */
export function postgresOf({
  folder,
  name,
}: Pick<Launch, 'folder' | 'name'>): readonly { readonly pid: number; readonly isPostmaster: boolean }[] {
  const cluster = clusterOf(join(folder, name))
  if (cluster === null) return []
  const postmaster = postmasterOf(cluster)
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry)
    return Number.isInteger(pid) && workingDirectory(pid) === cluster ? [{ pid, isPostmaster: pid === postmaster }] : []
  })
}

/** The data directory says where the database is, when that is elsewhere. */
function clusterOf(dataDir: string): string | null {
  const pointer = join(dataDir, 'postgres.location')
  const cluster = join(existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : dataDir, 'postgres')
  return existsSync(cluster) ? realpathSync(cluster) : null
}

function postmasterOf(cluster: string): number {
  try {
    return Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return 0
  }
}

function workingDirectory(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null
  }
}

/** A free port on loopback. Nobody else takes it in the moment until it is used, or the test fails loudly. */
export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** A test that ends early leaves no server behind. */
function endWithUs(child: ChildProcess): void {
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
}
