import { realpathSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../ports.ts'
import { StartFault } from '../../lib/start-fault.ts'
import { findBinaries } from './binaries.ts'
import { clusterPath, databaseName, isAbsent, prepareCluster, type Settings } from './cluster.ts'
import { chooseHome, locate, prepareDataDir } from './home.ts'
import { type Lock, lockDirectory } from './lock.ts'
import { answers, isPostmasterOf, readPidFile, stopOrphan } from './orphan.ts'
import { type Postmaster, type PostmasterOptions, startPostmaster } from './postmaster.ts'
import { prepareSocketDir, removeSocketDir, socketPath, socketPort } from './socket-dir.ts'

export type EmbeddedServer = {
  /** node-postgres connection settings: the directory of the socket is the host. */
  readonly connection: Connection
  /** Resolves with a sentence when the server ended although nobody asked it to. */
  readonly ended: Promise<string>
  /** Ends the connections and the server, and gives the data directory free. May be called again. */
  stop(): Promise<void>
}

export type Connection = { readonly host: string; readonly port: number; readonly user: string; readonly database: string }

export type EmbeddedOptions = {
  readonly dataDir: string
  readonly log: Log
  /** Additional settings of PostgreSQL. Production has none: `fsync=off` and the like are for tests and the simulator. */
  readonly settings?: Settings
}

/**
 * Starts the PostgreSQL that comes with Watchbell on a data directory, which is made if need be. While the server runs, no
 * other process runs one on that directory. Throws a `StartFault` when that cannot be.
 */
export async function startEmbedded({ dataDir, log, settings = {} }: EmbeddedOptions): Promise<EmbeddedServer> {
  const beganAt = performance.now()
  const directory = prepareDataDir(dataDir)
  const locks: Lock[] = []
  const release = (): void => locks.toReversed().forEach((lock) => lock.release())
  try {
    locks.push(await lockDirectory(directory))
    const home = chooseHome(directory, log)
    // A copied data directory points to the same stand-in as its original.
    if (home.directory !== directory) locks.push(await lockDirectory(home.directory))
    log.info('database starting', { directory: home.directory, found: foundIn(clusterPath(home.directory)) })
    const binaries = await findBinaries(home)
    const cluster = await prepareCluster(home, binaries, settings)
    await stopOrphan(cluster, log)
    const socketDir = prepareSocketDir(home)
    const postmaster = await start({ postgres: binaries.postgres, user: home.user, cluster, socketDir, settings, log })
    const user = home.user?.name ?? null
    const durationMs = Math.round(performance.now() - beganAt)
    log.info('database started', { directory: home.directory, version: binaries.version, user, durationMs })
    return embedded(postmaster, socketDir, release)
  } catch (error) {
    release()
    throw asStartFault(error)
  }
}

/** How the server before this one ended: one that was killed leaves its pid file, and the database recovers. */
function foundIn(cluster: string): 'nothing' | 'stopped' | 'killed' {
  if (isAbsent(cluster)) return 'nothing'
  return readPidFile(cluster) === null ? 'stopped' : 'killed'
}

/** Finds the socket of a running server for another process of the same user or of root, or null when none runs. */
export async function findRunning(dataDir: string): Promise<Connection | null> {
  for (let tries = 0; tries < 100; tries += 1) {
    const cluster = findCluster(dataDir)
    const file = cluster === null ? null : readPidFile(cluster)
    if (cluster === null || file === null || !isPostmasterOf(cluster, file.pid)) return null
    if (file.status === 'ready' && (await answers(socketPath(file.socketDir)))) return connectionTo(file.socketDir)
    // It starts or stops just now.
    await wait(100)
  }
  return null
}

function embedded(postmaster: Postmaster, socketDir: string, release: () => void): EmbeddedServer {
  let stopped: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    await postmaster.stop()
    removeSocketDir(socketDir)
    release()
  }
  return {
    connection: connectionTo(socketDir),
    ended: postmaster.ended,
    stop: () => (stopped ??= stop()),
  }
}

const connectionTo = (socketDir: string): Connection => ({
  host: socketDir,
  port: socketPort,
  user: databaseName,
  database: databaseName,
})

/** What a server killed a moment ago leaves (shared memory, a zombie) is gone within a second or two. */
async function start(options: PostmasterOptions): Promise<Postmaster> {
  for (let tries = 1; ; tries += 1) {
    const started = await startPostmaster(options)
    if (started.kind === 'ready') return started.postmaster
    const mayPass = /still in use|lock file .* already exists/.test(started.words)
    if (!mayPass || tries === 20) throw new StartFault(`PostgreSQL does not start on ${options.cluster}: ${started.words}`)
    await wait(250)
  }
}

function findCluster(dataDir: string): string | null {
  try {
    return clusterPath(locate(realpathSync(dataDir)))
  } catch {
    return null
  }
}

/** A refusal of the operating system (no space, no permission) is for the operator; a defect stays what it is. */
function asStartFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StartFault || !('syscall' in error)) return error
  return new StartFault(`the embedded database cannot start: ${error.message}`, { cause: error })
}
