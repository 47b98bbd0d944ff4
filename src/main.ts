import { parseArgs, styleText } from 'node:util'
import { createOrganization } from './accounts/commands.ts'
import { createTokenForOperator } from './accounts/operator-commands.ts'
import { isRole, roles } from './accounts/role.ts'
import { backUp, restore } from './backup.ts'
import { type Config, configWarnings, readConfig } from './config.ts'
import { latestMigration, migrateDatabase } from './db/migrate.ts'
import type { OpenDatabase } from './db/open.ts'
import type { Screen } from './demo/teller.ts'
import { databaseIsUnreachable } from './lib/database-fault.ts'
import { faultText } from './lib/fault-text.ts'
import { openLog } from './lib/node/log.ts'
import { Rejection } from './lib/rejection.ts'
import { StartFault } from './lib/start-fault.ts'
import { tzdataVersion } from './lib/zone-data.ts'
import { openMigrated, reachDatabaseForCommand } from './open.ts'
import type { Log } from './ports.ts'
import { serve, type Server } from './serve.ts'
import { programVersion } from './lib/node/version.ts'

const usage = `Usage: watchbell [command]

  serve                    start the server (the default)
  demo                     tell the story of an alert with a sample organization, and stay up to be tried
  migrate                  bring the database up to this version
  token create --name NAME [--user EMAIL] [--role admin|editor|viewer|none]
                           make an API token; without --user it is the oldest admin's. A new
                           e-mail address with --role makes a new user.
  organization create --name NAME --admin EMAIL
                           make an organization with its first admin and show the admin's token
  backup FILE              write all that the database holds to a file; - for standard output
  restore FILE [--drop-owed] [--webhooks-off]
                           fill an empty database from such a file; - for standard input.
                           --drop-owed: pages and webhooks that were under way are not sent.
                           --webhooks-off: all webhooks are switched off, for a trial.
  healthcheck              ask the running server whether it is ready; exit code 0 or 1
  version                  show the versions of Watchbell, Node, the database's schema and the rules of time zones

Settings come from the environment; docs/configuration.md lists them.
`

/** The command line. Never rejects: what went wrong is one line on standard error and exit code 1. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await run(argv)
  } catch (fault) {
    process.exitCode = 1
    process.stderr.write(`${faultLine(fault)}\n`)
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const { words, options } = commandLine(argv)
  if (options.help === true) return print(usage)
  if (words[0] === 'backup' || words[0] === 'restore') return carry(words, options)
  switch (words.join(' ')) {
    case '':
    case 'serve':
      return serveUntilStopped(readConfig(process.env))
    case 'demo':
      return demoUntilStopped()
    case 'migrate':
      return migrate(readConfig(process.env))
    case 'token create':
      return createToken(options)
    case 'organization create':
      return newOrganization(options)
    case 'healthcheck':
      return healthcheck(readConfig(process.env))
    case 'version':
      return print(await versions())
    case 'help':
      return print(usage)
    default:
      throw new StartFault(`watchbell has no command "${words.join(' ')}". "watchbell help" lists them.`)
  }
}

const versions = async (): Promise<string> =>
  `watchbell ${programVersion()}\nnode ${process.versions.node}\nschema ${await latestMigration()}\ntime zones ${tzdataVersion}\n`

const restoreOptions = { 'drop-owed': { type: 'boolean' }, 'webhooks-off': { type: 'boolean' } } as const

function commandLine(argv: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { name: text, user: text, role: text, admin: text, ...restoreOptions, help: { type: 'boolean', short: 'h' } },
    })
    return { words: positionals, options: values }
  } catch (fault) {
    throw new StartFault(`${fault instanceof Error ? fault.message : String(fault)} "watchbell help" lists the commands.`)
  }
}

type Options = ReturnType<typeof commandLine>['options']

// Serve ------------------------------------------------------------------------------------------------------------------

async function serveUntilStopped(config: Config): Promise<void> {
  const { log, flush } = openLog({ level: config.logLevel, pretty: process.stdout.isTTY, descriptor: 1 })
  for (const warning of configWarnings(process.env)) log.warn('unknown setting', { warning })
  const signal = stopSignal()
  const starting = serve(config, log)
  const reason = await Promise.race([signal, untilDatabaseEnds(starting)])
  if (typeof reason !== 'string') {
    log.error('database gone', { error: reason.fault })
    process.exitCode = 1
  }
  log.info('server stopping', { reason: typeof reason === 'string' ? reason : 'database ended' })
  await stopInTime(async () => (await starting).stop(), log)
  log.info('server stopped')
  await flush()
  // Nothing is left to do, but a receiver that hangs could hold the process.
  process.exit()
}

async function untilDatabaseEnds(starting: Promise<Server>): Promise<{ readonly fault: string }> {
  const server = await starting
  if (server.setupLink !== null) print(`Set up Watchbell in your browser, once: ${server.setupLink}\n`)
  return { fault: await server.ended }
}

/** The first signal that asks to stop. Later ones change nothing: npm passes them on a second time. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  })
}

/**
 * Longer than the app waits for requests and deliveries, and shorter than the 30 seconds after which Kubernetes and the like kill.
 */
const stopMaxMs = 25_000

async function stopInTime(stop: () => Promise<void>, log: Log): Promise<void> {
  const late = setTimeout(() => {
    log.error('stop took too long')
    process.exit(1)
  }, stopMaxMs)
  try {
    await stop()
  } finally {
    clearTimeout(late)
  }
}

async function demoUntilStopped(): Promise<void> {
  // Only here is it needed what the demo brings along.
  const { runDemo } = await import('./demo/run.ts')
  const { log, flush } = openLog({ level: 'warn', pretty: process.stderr.isTTY, descriptor: 2 })
  const readerGone = new Promise((resolve) => process.stdout.on('error', resolve))
  const stopped = Promise.race([stopSignal(), readerGone])
  const paint: Screen['paint'] = (style, text) => styleText(style, text)
  try {
    await runDemo({ screen: { write: print, paint }, fetch, log, stopped })
  } finally {
    await flush()
  }
  process.exit()
}

// Other commands ---------------------------------------------------------------------------------------------------------

async function migrate(config: Config): Promise<void> {
  await withLog(config, async (log) => {
    const database = await reachDatabaseForCommand(config, log)
    try {
      const applied = await migrateDatabase(database.connection)
      print(applied.length === 0 ? 'The database is up to date.\n' : applied.map((name) => `Applied ${name}.\n`).join(''))
    } finally {
      await database.stop()
    }
  })
}

/** `backup FILE` or `restore FILE`. */
async function carry([command, file, ...more]: readonly string[], options: Options): Promise<void> {
  if (file === undefined || more.length > 0)
    throw new StartFault(`watchbell ${command} needs one file, or - for a pipe. Example: watchbell ${command} watchbell.backup`)
  const config = readConfig(process.env)
  await withLog(config, async (log) => {
    const work = { config, log, file, desk: process }
    if (command === 'backup') return backUp(work)
    return restore(work, { dropOwed: options['drop-owed'] === true, webhooksOff: options['webhooks-off'] === true })
  })
}

async function createToken({ name, user, role }: Options): Promise<void> {
  if (name === undefined)
    throw new StartFault('watchbell token create needs a name. Example: watchbell token create --name terraform')
  if (role !== undefined && !isRole(role)) throw new StartFault(`--role is "${role}", which is none of ${roles.join(', ')}.`)
  await withDatabase(readConfig(process.env), async (db) => {
    const token = await db.tx('create token', (tx) =>
      createTokenForOperator(tx, { name, email: user ?? null, role: role ?? null }),
    )
    print(`${token}\n`)
  })
}

async function newOrganization({ name, admin }: Options): Promise<void> {
  if (name === undefined || admin === undefined)
    throw new StartFault(
      'watchbell organization create needs --name and --admin. Example: watchbell organization create --name Acme --admin ada@example.com',
    )
  await withDatabase(readConfig(process.env), async (db) => {
    const { organizationId, token } = await db.tx('create organization', (tx) => createOrganization(tx, { name, email: admin }))
    print(`Organization ${organizationId}. API token of ${admin}, shown this once:\n${token}\n`)
  })
}

async function healthcheck({ host, port }: Config): Promise<void> {
  if (port === 0) throw new StartFault('WATCHBELL_PORT is 0, so only the log of the server says on which port to ask it.')
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  const url = `http://${reachable}:${port}/health/ready`
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => null)
  if (answer === null) throw new StartFault(`No server answers at ${url}.`)
  print(`${await answer.text()}\n`)
  if (!answer.ok) process.exitCode = 1
}

async function withDatabase(config: Config, work: (db: OpenDatabase) => Promise<void>): Promise<void> {
  await withLog(config, async (log) => {
    const database = await reachDatabaseForCommand(config, log)
    try {
      const db = await openMigrated(database.connection, { log, poolSize: 2, onWake: () => {} })
      try {
        await work(db)
      } finally {
        await db.close()
      }
    } finally {
      await database.stop()
    }
  })
}

/** What a command prints is its answer, so its log goes to standard error, and only when something is wrong. */
async function withLog(config: Config, work: (log: Log) => Promise<void>): Promise<void> {
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel
  const { log, flush } = openLog({ level, pretty: process.stderr.isTTY, descriptor: 2 })
  try {
    await work(log)
  } finally {
    await flush()
  }
}

const print = (text: string): void => void process.stdout.write(text)

/** One line for what an operator can mend; the whole stack for what only we can. */
function faultLine(fault: unknown): string {
  if (fault instanceof StartFault) return fault.message
  if (fault instanceof Rejection) return `Refused: ${fault.message}`
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : ''
  if (fault instanceof Error && (unreachable.has(code) || databaseIsUnreachable(fault)))
    return `The database cannot be reached: ${fault.message || code}. Check WATCHBELL_DATABASE_URL and that PostgreSQL runs.`
  return faultText(fault)
}

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ENOENT',
  'ETIMEDOUT',
  'EAI_AGAIN',
  '28P01',
  '28000',
  '3D000',
])
