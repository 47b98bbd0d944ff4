import { getCACertificates } from 'node:tls'
import { bootstrap, createSetupLink } from './accounts/commands.ts'
import { isRightSecretKey } from './accounts/secret-key-commands.ts'
import { makeVault } from './accounts/secret.ts'
import { type Bells, makeApp, newBells, type Watchbell } from './app.ts'
import { type Config, withPort } from './config.ts'
import { type OpenDatabase, openDatabase } from './db/open.ts'
import { egressPolicy } from './deliveries/egress/egress.ts'
import { createHttpSend } from './deliveries/sending/send.ts'
import { nodeClock } from './lib/node/clock.ts'
import { type HeldPort, holdFreePort } from './lib/node/free-port.ts'
import { createMailSend } from './lib/node/mail-send.ts'
import { nodeRandom } from './lib/node/random.ts'
import { keptSecretKey } from './lib/node/secret-key.ts'
import { StartFault } from './lib/start-fault.ts'
import { type Start, watchedStart } from './lib/start-steps.ts'
import { ms, seconds } from './lib/time.ts'
import { openMigrated, reachDatabase } from './open.ts'
import type { Log, LoopName, Send } from './ports.ts'
import { programVersion } from './lib/node/version.ts'

/** A server that listens. */
export type Server = {
  /** Where it listens, for example `http://127.0.0.1:8080`. */
  readonly address: string
  /** The one-time link of an installation without any organization; null otherwise. */
  readonly setupLink: string | null
  /** Resolves with a sentence when the server cannot go on. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/** Together the 16 connections that docs/operations.md promises. */
const connectionsMax = { work: 10, api: 6 }

/** Starts everything: database, migrations, loops, and at last the port. What cannot be started again is stopped again. */
export async function serve(config: Config, log: Log): Promise<Server> {
  const start = watchedStart({ clock: nodeClock, log })
  log.info('server starting', { version: programVersion(), database: kindOfDatabase(config) })
  const database = await start.step('database', () => reachDatabase(config, log))
  const bells = newBells()
  const closers: Closer[] = [database.stop]
  try {
    const { connection } = database
    const shared = { log, onWake: (loop: LoopName) => bells[loop].ring() }
    const db = await start.step('schema', () => openMigrated(connection, { ...shared, poolSize: connectionsMax.work }))
    closers.push(db.close)
    const apiDb = openDatabase({ ...shared, connection, poolSize: connectionsMax.api, clock: nodeClock, random: nodeRandom })
    closers.push(apiDb.close)
    const { address, setupLink } = await start.step('server', () =>
      serveOn({ db, apiDb }, { config, log, bells, closers, start }),
    )
    return { address, setupLink, ended: database.ended, stop: () => closeAll(closers) }
  } catch (fault) {
    await closeAll(closers)
    throw fault
  }
}

export type Closer = () => Promise<void> | void

/** What was opened last is closed first. All are closed, and then the first fault is thrown. */
export async function closeAll(closers: readonly Closer[]): Promise<void> {
  const faults: unknown[] = []
  for (const close of closers.toReversed()) {
    try {
      await close()
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
}

type Serving = {
  readonly config: Config
  readonly log: Log
  readonly bells: Bells
  readonly closers: Closer[]
  readonly start: Start
}

async function serveOn(
  { db, apiDb }: { readonly db: OpenDatabase; readonly apiDb: OpenDatabase },
  { config: wanted, log, bells, closers, start }: Serving,
): Promise<Pick<Server, 'address' | 'setupLink'>> {
  const { config, release } = await knownPort(wanted)
  closers.push(release)
  const secretKey = config.secretKey ?? (await keptSecretKey(config.dataDir, nodeRandom))
  await refuseWrongSecretKey(db, secretKey)
  const version = programVersion()
  const alone = config.databaseUrl === null
  const policy = egressPolicy(config.egressAllow, config.baseUrl)
  const { egressProxy: proxy, egressCa } = config
  const ca = egressCa === null ? {} : { ca: [...getCACertificates('default'), egressCa] }
  const http = createHttpSend({ policy, version, monotonic: nodeClock.monotonic, proxy, ...ca })
  const mail = createMailSend({ smtpUrl: config.smtpUrl })
  const send: Send = { http: http.http, mail: mail.mail }
  const app = await makeApp({
    ports: { clock: nodeClock, random: nodeRandom, db, apiDb, log, send },
    bells,
    settings: {
      baseUrl: config.baseUrl,
      version,
      secretKey,
      mailFrom: config.mailFrom,
      mailIsOn: config.smtpUrl !== null,
      deliveryLogDays: config.deliveryLogDays,
      egress: policy,
      alone,
      // Where other nodes write, their work must be seen soon; alone, every commit rings a bell.
      sleepMaxMs: alone ? seconds(30) : ms(500),
    },
  })
  closers.push(http.close, mail.close)
  const setupLink = await begin(db, config)
  closers.push(app.stop)
  await app.start()
  await release()
  const address = await listen(app, config)
  const database = kindOfDatabase(config)
  log.info('server ready', { address, url: config.baseUrl, version, database, durationMs: start.elapsedMs() })
  if (config.smtpUrl === null) log.warn('e-mail off', { reason: 'WATCHBELL_SMTP_URL is not set: nobody can be paged by e-mail' })
  return { address, setupLink }
}

const kindOfDatabase = ({ databaseUrl }: Config) => (databaseUrl === null ? 'embedded' : 'external')

async function refuseWrongSecretKey(db: OpenDatabase, secretKey: Uint8Array): Promise<void> {
  const vault = makeVault({ secretKey, purpose: 'start', random: nodeRandom })
  if (await db.tx('check secret key', (tx) => isRightSecretKey(tx, vault))) return
  throw new StartFault(
    'The secret key is not the one that this database was begun with, so no stored secret could be read. ' +
      'Bring the old one back: WATCHBELL_SECRET_KEY, or secret.key in the data directory.',
  )
}

/** On an empty database: the organization that the environment asks for, or a link to make one. */
async function begin(db: OpenDatabase, { bootstrap: wanted, baseUrl }: Config): Promise<string | null> {
  if (wanted !== null) {
    await db.tx('bootstrap', (tx) => bootstrap(tx, wanted))
    return null
  }
  const token = await db.tx('create setup link', createSetupLink)
  return token === null ? null : `${baseUrl}/setup/${token}`
}

/** Links are made from the port, so a port that the system is to choose is chosen before there are any, and held until we listen. */
async function knownPort(config: Config): Promise<Pick<HeldPort, 'release'> & { readonly config: Config }> {
  if (config.port !== 0) return { config, release: async () => {} }
  const { port, release } = await explained(config, () => holdFreePort(config.host))
  return { config: withPort(config, port), release }
}

const listen = ({ http }: Watchbell, config: Config): Promise<string> =>
  explained(config, () => http.listen({ host: config.host, port: config.port }))

async function explained<Value>({ host, port }: Config, listening: () => Promise<Value>): Promise<Value> {
  try {
    return await listening()
  } catch (fault) {
    const reason = listenFaults[fault instanceof Error && 'code' in fault ? String(fault.code) : '']
    if (reason === undefined) throw fault
    throw new StartFault(
      `Cannot listen on ${host}:${port}: ${reason}. Choose another with WATCHBELL_HOST and WATCHBELL_PORT, for example WATCHBELL_PORT=8081.`,
    )
  }
}

const listenFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'this user may not use that port',
  ENOTFOUND: 'that host name is unknown',
}
