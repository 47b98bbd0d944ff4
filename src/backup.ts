import { createReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { opensWord } from './accounts/secret-key.ts'
import { makeVault } from './accounts/secret.ts'
import { forgetAllAdded } from './alerts/added-commands.ts'
import { keepSilences } from './alerts/commands.ts'
import type { Config } from './config.ts'
import { dumpDatabase } from './db/backup/dump.ts'
import type { Header } from './db/backup/header.ts'
import { loadDatabase, verifyBackup } from './db/backup/load.ts'
import { readMigrations } from './db/migrate.ts'
import { countDeliveries, endAllDeliveries } from './deliveries/commands.ts'
import { countRunningEscalations, stopAllEscalations } from './escalations/commands.ts'
import { forgetAllWarnings } from './events/warning-commands.ts'
import { nodeClock } from './lib/node/clock.ts'
import { nodeRandom } from './lib/node/random.ts'
import { findSecretKey, secretKeyPath } from './lib/node/secret-key.ts'
import { programVersion } from './lib/node/version.ts'
import { writeWholeFile } from './lib/node/whole-file.ts'
import { type PartProgress, progressOn, shownCount } from './lib/progress.ts'
import { StartFault } from './lib/start-fault.ts'
import { type ReachableDatabase, reachDatabaseForCommand } from './open.ts'
import type { Log, Tx } from './ports.ts'
import { skipMissedHandOvers } from './schedules/hand-overs/watch-commands.ts'
import { cancelAllReplays } from './webhooks/replays/commands.ts'
import { switchOffAllWebhooks } from './webhooks/commands.ts'

/** The streams of the process, and where it tells people how it goes. */
type Desk = {
  readonly stdin: Readable
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown }
}

type Command = { readonly config: Config; readonly log: Log; readonly desk: Desk; readonly file: string }

/** Writes a backup of the database to a file, or for `-` to standard output. A server that runs on it goes on. */
export async function backUp({ config, log, desk, file }: Command): Promise<void> {
  if (file === '-' && desk.stdout.isTTY === true)
    throw new StartFault('A backup is no text for a terminal. Name a file, or send it to another program.')
  const tally = newTally(desk)
  const dumpTo = (sink: Writable) =>
    withDatabase(config, log, async ({ connection }) =>
      dumpDatabase(
        {
          connection,
          log,
          now: nodeClock.now(),
          programVersion: programVersion(),
          knownMigrations: Object.keys(await readMigrations()),
          onProgress: tally.onProgress,
        },
        sink,
      ),
    )
  if (file === '-') await dumpTo(desk.stdout)
  else await writeWholeFile(file, dumpTo)
  desk.stderr.write(`Backed up ${tally.total()}.\n${keyReminder(config)}\n`)
}

function keyReminder({ secretKey, dataDir }: Config): string {
  const where = secretKey === null ? secretKeyPath(dataDir) : 'the value of WATCHBELL_SECRET_KEY'
  return `The secret key is not in it, and a restore needs it: keep ${where} too, but elsewhere.`
}

export type RestoreOptions = {
  /** Nothing that was due or under way when the backup was made goes on. */
  readonly dropOwed: boolean
  readonly webhooksOff: boolean
}

/** Restores a backup from a file, or for `-` from standard input, into an empty database: all of it or nothing. */
export async function restore({ config, log, desk, file }: Command, options: RestoreOptions): Promise<void> {
  if (file !== '-') await verifyFile(file)
  const secretKey = config.secretKey ?? (await findSecretKey(config.dataDir))
  const tally = newTally(desk)
  const told: string[] = []
  await withDatabase(config, log, async ({ connection }) =>
    loadDatabase({
      connection,
      log,
      clock: nodeClock,
      random: nodeRandom,
      migrations: await readMigrations(),
      source: () => (file === '-' ? desk.stdin : createReadStream(file)),
      accept: (header) => {
        refuseOtherKey(header, secretKey, config)
        desk.stderr.write(`A backup of ${header.madeAt} by Watchbell ${header.programVersion}.\n`)
      },
      finish: async (tx) => void told.push(...(await settle(tx, options))),
      onProgress: tally.onProgress,
    }),
  )
  desk.stderr.write([`Restored ${tally.total()}.`, ...told, ''].join('\n'))
}

/** Reads the file once before the database is touched, since a damaged file is found only at its end. */
async function verifyFile(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK)
    if ((await stat(file)).isDirectory()) throw new Error('it is a directory')
  } catch (fault) {
    throw new StartFault(`${file} cannot be read: ${fault instanceof Error ? fault.message : String(fault)}`, { cause: fault })
  }
  await verifyBackup(createReadStream(file))
}

function refuseOtherKey({ keyCheck }: Header, secretKey: Uint8Array | null, { dataDir }: Config): void {
  if (keyCheck === null) return
  const place = `${secretKeyPath(dataDir)}, or the content of that file in WATCHBELL_SECRET_KEY`
  if (secretKey === null)
    throw new StartFault(
      `The secrets in the backup need the secret key of the server that made it, which is not here. Put its secret.key at ${place}. Nothing was restored.`,
    )
  const vault = makeVault({ secretKey, purpose: 'start', random: nodeRandom })
  if (!opensWord(vault, Buffer.from(keyCheck, 'base64')))
    throw new StartFault(
      `The secrets in the backup were sealed with another secret key than the one that is here. Put the secret.key of the server that made it at ${place}. Nothing was restored.`,
    )
}

/** What becomes of the work that was under way, as sentences for the operator. */
async function settle(tx: Tx, { dropOwed, webhooksOff }: RestoreOptions): Promise<readonly string[]> {
  const escalations = await countRunningEscalations(tx.sql)
  const deliveries = await countDeliveries(tx.sql)
  if (dropOwed) {
    await keepSilences(tx)
    await forgetAllAdded(tx)
    await stopAllEscalations(tx)
    await cancelAllReplays(tx, dropped)
    await endAllDeliveries(tx, dropped)
    await forgetAllWarnings(tx)
    await skipMissedHandOvers(tx)
  }
  const became = dropOwed ? 'were dropped' : 'go on when the server starts'
  const owed = `${shownCount(escalations, 'escalation')} and ${shownCount(deliveries, 'delivery', 'deliveries')}`
  const told = escalations + deliveries === 0 ? [] : [`Under way at that time: ${owed}, which ${became}.`]
  return webhooksOff ? [...told, `Switched off ${shownCount(await switchOffAllWebhooks(tx), 'webhook')}.`] : told
}

const dropped = 'Dropped when the backup was restored'

function newTally({ stderr }: Desk) {
  const show = progressOn(stderr)
  let rowsCount = 0
  let tablesCount = 0
  return {
    onProgress: (progress: PartProgress): void => {
      if (progress.count !== null) {
        rowsCount += progress.count
        tablesCount += 1
      }
      show(progress)
    },
    total: (): string => `${shownCount(rowsCount, 'row')} in ${shownCount(tablesCount, 'table')}`,
  }
}

async function withDatabase(config: Config, log: Log, work: (database: ReachableDatabase) => Promise<void>): Promise<void> {
  const database = await reachDatabaseForCommand(config, log)
  try {
    await work(database)
  } finally {
    await database.stop()
  }
}
