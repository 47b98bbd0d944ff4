import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Log } from '../../ports.ts'
import { StartFault } from '../../lib/start-fault.ts'
import { isRoot, nameOf, obstacle, ordinaryUsers, type User } from './user.ts'

/** Where the database's files are, and the account that PostgreSQL runs under. */
export type Home = {
  /** Holds `postgres/` (the cluster), and as needed `socket/` and a copy of the programs. The data directory, or its stand-in. */
  readonly directory: string
  /** Null: the user of this process. Only root needs another, because PostgreSQL refuses to run as root. */
  readonly user: User | null
}

/** Named in the data directory of root whose database is elsewhere: one line, the absolute path of the stand-in. */
const locationName = 'postgres.location'
const standIns = '/var/lib/watchbell'

/** Makes the data directory if need be, and answers its real path. */
export function prepareDataDir(dataDir: string): string {
  const wanted = resolve(dataDir)
  try {
    // Not mode 0700: it would be given to the parents too, and then shut PostgreSQL's user out.
    const first = mkdirSync(wanted, { recursive: true, mode: 0o755 })
    const real = realpathSync(wanted)
    if (first !== undefined) openWay(real, realpathSync(first))
    else if (isRoot() && isOurs(real)) chmodSync(real, (statSync(real).mode & 0o777) | 0o111)
    return real
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new StartFault(`the data directory cannot be made (${words}): set WATCHBELL_DATA_DIR to one that this user may write`)
  }
}

/** What we made ourselves is passable for PostgreSQL's user; names in the data directory stay hidden from others. */
function openWay(dataDir: string, first: string): void {
  chmodSync(dataDir, isRoot() ? 0o711 : 0o700)
  for (let directory = dataDir; isRoot() && directory !== first; ) {
    directory = dirname(directory)
    chmodSync(directory, 0o755)
  }
}

/** Nothing lies there but our own files, if any. So root's home, set as data directory by a slip, keeps its mode. */
function isOurs(directory: string): boolean {
  return readdirSync(directory).every((name) => /^(watchbell\.(lock|pid)|postgres.*|socket|secret\.key)$/.test(name))
}

/** The real path of the directory with the cluster, without changing anything. */
export function locate(dataDir: string): string {
  const pointer = join(dataDir, locationName)
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : dataDir
}

/** Decides once and for all where the cluster of a locked data directory lives and who runs it. */
export function chooseHome(dataDir: string, log: Log): Home {
  const directory = locate(dataDir)
  if (!existsSync(directory)) {
    throw new StartFault(
      `the database of ${dataDir} was in ${directory}, which is gone: ` +
        `put it back, or remove ${join(dataDir, locationName)} to begin with an empty database`,
    )
  }
  const owner = clusterOwner(directory)
  if (!isRoot()) return ownHome(directory, owner)
  const user = runner(directory, owner)
  if (user !== null) return { directory, user }
  return standIn(dataDir, log)
}

function ownHome(directory: string, owner: User | null): Home {
  if (owner !== null && owner.uid !== process.getuid?.()) {
    throw new StartFault(
      `the database in ${directory} belongs to the user ${owner.name}: ` +
        'start Watchbell as that user or as root, or set WATCHBELL_DATA_DIR to another directory',
    )
  }
  return { directory, user: null }
}

/** Whoever owns the cluster, or null when there is none yet. */
function clusterOwner(directory: string): User | null {
  const cluster = join(directory, 'postgres')
  if (!existsSync(cluster)) return null
  const { uid, gid } = statSync(cluster)
  return { name: nameOf(uid), uid, gid }
}

/**
 * The unprivileged user that runs PostgreSQL for root, or null when no one suitable can reach the directory.
 * An existing cluster keeps its owner. A clone in somebody's closed home directory is served by that somebody.
 */
function runner(directory: string, owner: User | null): User | null {
  const users = ordinaryUsers()
  const preferred = defaultUser(users)
  const blocked = obstacle(directory, preferred)
  const resident = blocked === null ? undefined : users.find((user) => user.uid === statSync(blocked).uid)
  const candidates = owner !== null && owner.uid !== 0 ? [owner] : [preferred, ...(resident === undefined ? [] : [resident])]
  const fit = candidates.find((user) => obstacle(directory, user) === null)
  if (fit !== undefined) return fit
  if (owner !== null) throw new StartFault(unreachable(directory, candidates[0] ?? preferred))
  return null
}

function defaultUser(users: readonly User[]): User {
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody')
  if (user !== undefined) return user
  throw new StartFault(
    'PostgreSQL refuses to run as root, and there is no user named postgres or nobody: start Watchbell as an ordinary one',
  )
}

/**
 * Root's own clone lies under /root, which nobody else may enter, so the cluster is put under /var/lib instead.
 * Rejected: leaving PostgreSQL the capability to pass (it could then read every file of the machine), a private
 * mount namespace (not allowed in most containers), and opening /root (not ours). Refused when the data directory is a
 * mount of its own and may outlive the machine's own disk, as a volume outlives its container: a database
 * must not be the shorter-lived half. The name is new each time, so that a clone made anew begins empty.
 */
function standIn(dataDir: string, log: Log): Home {
  const user = defaultUser(ordinaryUsers())
  const { dev } = statSync(dataDir)
  if (dev !== statSync('/').dev && dev !== statSync('/var/lib').dev) throw new StartFault(unreachable(dataDir, user))
  mkdirSync(standIns, { recursive: true })
  chmodSync(standIns, 0o711)
  if (obstacle(standIns, user) !== null) throw new StartFault(unreachable(dataDir, user))
  const directory = mkdtempSync(join(standIns, 'data-'))
  chmodSync(directory, 0o711)
  writeFileSync(join(dataDir, locationName), `${directory}\n`)
  log.warn('database elsewhere', { directory, dataDir, user: user.name, blockedBy: obstacle(dataDir, user) })
  return { directory, user }
}

const unreachable = (directory: string, user: User): string =>
  `PostgreSQL refuses to run as root, and the user ${user.name} may not pass ${obstacle(directory, user)} ` +
  `on the way to ${directory}: run chmod o+x ${obstacle(directory, user)}, ` +
  'or set WATCHBELL_DATA_DIR to a directory outside it, for example /srv/watchbell'
