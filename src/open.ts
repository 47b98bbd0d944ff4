import type { Config } from './config.ts'
import { type EmbeddedServer, findRunning, startEmbedded } from './db/embedded/server.ts'
import { migrateDatabase } from './db/migrate.ts'
import { type Connection, type OpenDatabase, openDatabase } from './db/open.ts'
import { nodeClock } from './lib/node/clock.ts'
import { nodeRandom } from './lib/node/random.ts'
import { ms, seconds } from './lib/time.ts'
import type { Log, LoopName } from './ports.ts'

/** PostgreSQL, reachable: one of its own, or the embedded one. */
export type ReachableDatabase = {
  readonly connection: Connection
  /** Resolves with a sentence when the embedded server ends by itself; never for another one. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/** The database of the server: the configured one, or the embedded one, started here. */
export async function reachDatabase(config: Config, log: Log): Promise<ReachableDatabase> {
  if (config.databaseUrl === null) return keepEmbedded(() => startEmbedded({ dataDir: config.dataDir, log }), log)
  return { connection: { url: config.databaseUrl }, ended: new Promise(() => {}), stop: async () => {} }
}

const restartsMax = 10
const restartPause = ms(200)

/**
 * Starts the embedded server, and starts it again when it ends by itself: a crash of the database must not end the
 * paging. The pool connects anew to the same socket. Gives up after ten tries in a row.
 */
async function keepEmbedded(start: () => Promise<EmbeddedServer>, log: Log): Promise<ReachableDatabase> {
  let server = await start()
  let isStopping = false

  const restart = async (): Promise<boolean> => {
    for (let attempt = 1; attempt <= restartsMax && !isStopping; attempt += 1) {
      try {
        await server.stop()
        server = await start()
        log.warn('database restarted', { attempt })
        return true
      } catch (fault) {
        log.error('database not restarted', { attempt, error: String(fault) })
        await nodeClock.wait(seconds(attempt), new AbortController().signal)
      }
    }
    return false
  }

  const supervise = async (): Promise<string> => {
    for (;;) {
      const sentence = await server.ended
      if (isStopping) return new Promise(() => {})
      log.error('database ended', { error: sentence })
      // A server that starts and ends at once again must not burn the machine.
      await nodeClock.wait(restartPause, new AbortController().signal)
      if (!(await restart())) return sentence
    }
  }

  return {
    connection: server.connection,
    ended: supervise(),
    stop: async () => {
      isStopping = true
      await server.stop()
    },
  }
}

/** The database for one command: that of the running server where there is one. */
export async function reachDatabaseForCommand(config: Config, log: Log): Promise<ReachableDatabase> {
  const connection = config.databaseUrl === null ? await findRunning(config.dataDir) : null
  if (connection === null) return reachDatabase(config, log)
  return { connection, ended: new Promise(() => {}), stop: async () => {} }
}

type OpenOptions = { readonly log: Log; readonly poolSize: number; readonly onWake: (loop: LoopName) => void }

/** Migrates, and opens the pool. */
export async function openMigrated(connection: Connection, options: OpenOptions): Promise<OpenDatabase> {
  const migrated = await migrateDatabase(connection)
  for (const migration of migrated) options.log.info('migration applied', { migration })
  return openDatabase({ connection, clock: nodeClock, random: nodeRandom, ...options })
}
