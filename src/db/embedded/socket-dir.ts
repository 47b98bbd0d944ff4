import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartFault } from '../../lib/start-fault.ts'
import type { Home } from './home.ts'
import { isRoot, nameOf, obstacle } from './user.ts'

/** Part of the socket's name; nothing listens on a TCP port. */
export const socketPort = 5432

/** Linux takes 107 bytes and macOS 103; whatever serves both with room to spare. */
const pathBytesMax = 100

export const socketPath = (socketDir: string): string => join(socketDir, `.s.PGSQL.${socketPort}`)

/**
 * A directory for the socket that only PostgreSQL's user (and root) may enter; that is all the protection the socket has, as
 * its clients are trusted. Beside the cluster, or under the temporary directory when the path would be too long for a socket.
 * What an earlier server left in it is removed, so the home must be locked and its postmaster ended.
 */
export function prepareSocketDir(home: Home): string {
  const directory = socketDirOf(home)
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) throw error
  }
  claim(directory, home)
  rmSync(socketPath(directory), { force: true })
  rmSync(`${socketPath(directory)}.lock`, { force: true })
  return directory
}

/** Removes the directory once the server has ended, so that nothing is left in a shared temporary directory. */
export function removeSocketDir(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Something foreign lies in it. The next start uses it all the same.
  }
}

function socketDirOf(home: Home): string {
  const name = `watchbell-${createHash('sha256').update(home.directory).digest('hex').slice(0, 16)}`
  const places = [join(home.directory, 'socket'), join(tmpdir(), name), join('/tmp', name)]
  const fit = places.find((place) => isShort(place) && isReachable(join(place, '..'), home))
  if (fit !== undefined) return fit
  throw new StartFault(
    `no directory for the database's socket: ${places.join(', ')} are too long or closed: set TMPDIR to a short path`,
  )
}

const isShort = (directory: string): boolean => Buffer.byteLength(socketPath(directory)) <= pathBytesMax

function isReachable(parent: string, home: Home): boolean {
  if (lstatSync(parent, { throwIfNoEntry: false }) === undefined) return false
  return home.user === null || obstacle(parent, home.user) === null
}

/** In a shared temporary directory somebody else may have put a directory or a link of that name there. */
function claim(directory: string, home: Home): void {
  const found = lstatSync(directory)
  const ours = [process.getuid?.(), home.user?.uid]
  if (!found.isDirectory() || !ours.includes(found.uid)) {
    throw new StartFault(
      `${directory} is needed for the database's socket but belongs to the user ${nameOf(found.uid)}: remove it`,
    )
  }
  if (isRoot() && home.user !== null) chownSync(directory, home.user.uid, home.user.gid)
  chmodSync(directory, 0o700)
}
