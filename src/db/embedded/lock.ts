import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { StartFault } from '../../lib/start-fault.ts'
import { isAlive } from './process.ts'

export type Lock = { release(): void }

const lockName = 'watchbell.lock'
const ownerName = 'watchbell.pid'
const sqliteBusy = 5

/** The garbage collector would close a file that nobody refers to, and drop its lock. */
const held = new Set<DatabaseSync>()

/**
 * Takes a directory for this process alone, or throws a `StartFault` that names the process which has it.
 * Of several starters at the same instant exactly one wins, also when the owner before them was killed.
 *
 * The lock is a record lock of the kernel, which Node offers only through SQLite: an open write transaction on an
 * empty file. The kernel drops it in the instant its owner dies, so there is no stale lock to judge. A file
 * with a process id could not do that: after a reboot the number is another program's, in containers every owner is
 * process 1, and two containers on one volume cannot see each other's processes at all.
 *
 * Nobody may open `watchbell.lock` in this process by other means: closing it would drop the lock (fcntl(2)).
 * Hence the owner's process id stands in a file of its own; it is there to be read, and proves nothing.
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const file = openLocked(directory)
  if (file === null) throw new StartFault(await refusal(directory))
  const owner = join(directory, ownerName)
  try {
    writeFileSync(owner, `${process.pid} ${hostname()}\n`)
    held.add(file)
  } catch (error) {
    file.close()
    throw error
  }
  return {
    release() {
      if (!held.delete(file)) return
      rmSync(owner, { force: true })
      file.close()
    },
  }
}

/** The open lock, or null when another process has it. */
function openLocked(directory: string): DatabaseSync | null {
  const path = join(directory, lockName)
  let file: DatabaseSync | null = null
  try {
    file = new DatabaseSync(path, { timeout: 0 })
    // A stranger who could read the file could keep us out with a lock of its own.
    chmodSync(path, 0o600)
    // IMMEDIATE and not EXCLUSIVE: it is a single step, so two starters cannot make each other fail.
    // The version is never committed, but on a file that may only be read BEGIN takes no lock, and setting it fails.
    file.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE; PRAGMA user_version = 1')
    return file
  } catch (error) {
    file?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return null
    const words = error instanceof Error ? error.message : String(error)
    throw new StartFault(
      `${path} cannot be locked (${words}): start Watchbell as the user that owns ${directory}, ` +
        'or set WATCHBELL_DATA_DIR to a directory that this user may write',
    )
  }
}

/** The owner writes its number just after it got the lock, so a living one is waited for, shortly. */
async function refusal(directory: string): Promise<string> {
  let owner = readOwner(directory)
  for (let tries = 0; tries < 10 && !(owner !== null && isAlive(owner.pid)); tries += 1) {
    await wait(20)
    owner = readOwner(directory)
  }
  const named = owner === null ? '' : ` (process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`})`
  return `another Watchbell${named} uses the data directory ${directory}: stop it, or set WATCHBELL_DATA_DIR to another directory`
}

function readOwner(directory: string): { readonly pid: number; readonly host: string } | null {
  try {
    const [pid = '', host = ''] = readFileSync(join(directory, ownerName), 'utf8').trim().split(' ')
    return /^\d+$/.test(pid) ? { pid: Number(pid), host } : null
  } catch {
    return null
  }
}
