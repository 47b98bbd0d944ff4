import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { StartFault } from '../../lib/start-fault.ts'
import type { Binaries } from './binaries.ts'
import type { Home } from './home.ts'
import { programLocale, run } from './process.ts'
import type { User } from './user.ts'

/** The name of the database and of the only role, a superuser. */
export const databaseName = 'watchbell'

const unfinishedPrefix = 'postgres.new-'

export type Settings = Readonly<Record<string, string>>

export const clusterPath = (home: string): string => join(home, 'postgres')

/** Settings as arguments, so that the files of the cluster stay as initdb made them. */
export const settingArguments = (settings: Settings): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])

/** The cluster of a locked home, made if there is none, owned by the home's user and readable by nobody else. */
export async function prepareCluster(home: Home, binaries: Binaries, settings: Settings): Promise<string> {
  const cluster = clusterPath(home.directory)
  if (isAbsent(cluster)) await makeCluster(home, binaries, settings)
  const major = readMajor(cluster)
  if (major !== binaries.major) throw new StartFault(otherMajor(cluster, major, binaries))
  if (home.user !== null && statSync(cluster).uid !== home.user.uid) chownTree(cluster, home.user)
  chmodSync(cluster, 0o700)
  return cluster
}

/** An empty directory holds nothing that could be lost, and is replaced. */
export const isAbsent = (cluster: string): boolean => !existsSync(cluster) || readdirSync(cluster).length === 0

/** Made aside and renamed when it is whole: what bears the final name is complete, what a crash left over is thrown away. */
async function makeCluster(home: Home, binaries: Binaries, settings: Settings): Promise<void> {
  removeUnfinished(home.directory)
  const unfinished = mkdtempSync(join(home.directory, unfinishedPrefix))
  if (home.user !== null) lchownSync(unfinished, home.user.uid, home.user.gid)
  await runOrFault(home, {
    program: binaries.initdb,
    args: [
      `--pgdata=${unfinished}`,
      `--username=${databaseName}`,
      '--auth=trust',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      `--locale=${programLocale}`,
      '--no-instructions',
      ...(settings['fsync'] === 'off' ? ['--no-sync'] : []),
    ],
  })
  await runOrFault(home, {
    program: binaries.postgres,
    args: ['--single', '-D', unfinished, ...settingArguments({ ...settings, exit_on_error: 'on' }), 'postgres'],
    input: `create database ${databaseName}\n`,
  })
  renameSync(unfinished, clusterPath(home.directory))
  syncDirectory(home.directory)
}

/** The initdb of a killed start may still be writing, so the name is new each time, and what resists is left to a later start. */
function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(unfinishedPrefix)) continue
    try {
      rmSync(join(directory, name), { recursive: true })
    } catch {
      // It is in nobody's way.
    }
  }
}

async function runOrFault(home: Home, what: { program: string; args: readonly string[]; input?: string }): Promise<void> {
  const { code, output } = await run({ ...what, user: home.user })
  if (code === 0) return
  const words = output.split('\n').slice(-6).join(' | ')
  throw new StartFault(`the database cannot be made in ${home.directory}: ${words || `exit code ${code}`}`)
}

/** Without it a power failure could take the new name away again, and the next start would begin with an empty database. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function readMajor(cluster: string): string {
  const path = join(cluster, 'PG_VERSION')
  if (existsSync(path)) return readFileSync(path, 'utf8').trim()
  throw new StartFault(
    `${cluster} holds files but is no PostgreSQL database (PG_VERSION is missing): ` +
      `restore it, or move it away to begin empty`,
  )
}

const otherMajor = (cluster: string, major: string, binaries: Binaries): string =>
  `${cluster} was made by PostgreSQL ${major}, but this Watchbell brings PostgreSQL ${binaries.version}: ` +
  'start it with the Watchbell version that made it, or move the directory away to begin anew'

/** After a copy or a restore by root. */
function chownTree(path: string, user: User): void {
  lchownSync(path, user.uid, user.gid)
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) chownTree(join(path, name), user)
}
