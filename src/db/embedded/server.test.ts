import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Log } from '../../ports.ts'
import { readPidFile } from './orphan.ts'
import { canTieLife, exists, isAlive } from './process.ts'
import { type Connection, type EmbeddedServer, findRunning, startEmbedded } from './server.ts'
import { prepareSocketDir } from './socket-dir.ts'
import { isRoot, ordinaryUsers } from './user.ts'

let place: string
let dataDir: string
let logged: string[] = []

beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'pg-')))
  chmodSync(place, 0o755)
  dataDir = join(place, 'data')
  logged = []
})

let made: string

beforeAll(async () => {
  made = realpathSync(mkdtempSync(join(tmpdir(), 'pg-made-')))
  chmodSync(made, 0o755)
  await (await startEmbedded({ dataDir: join(made, 'data'), log, settings })).stop()
})

afterAll(() => rmSync(made, { recursive: true, force: true }))

/** Spares a test the first start, where that is not what it is about. */
const copyMade = (): unknown => execFileSync('cp', ['-a', join(made, 'data'), dataDir])

afterEach(() => rmSync(place, { recursive: true, force: true }))

const settings = { fsync: 'off' }

const keep = (message: string): void => void logged.push(message)
const log: Log = { debug: keep, info: keep, warn: keep, error: keep }

async function start(directory = dataDir): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir: directory, log, settings })
  onTestFinished(() => server.stop())
  return server
}

async function ask(connection: Connection, statement: string): Promise<unknown> {
  const client = new pg.Client(connection)
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query({ text: statement, rowMode: 'array' })
  await client.end()
  return rows
}

const cluster = (): string => join(dataDir, 'postgres')
const serverPid = (): number => readPidFile(cluster())?.pid ?? 0
/** 0 as long as nobody has written it. */
function ownerPid(): number {
  const path = join(dataDir, 'watchbell.pid')
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split(' ')[0]) : 0
}

/** Another process that starts a server on the data directory. Its first line is the connection or the refusal. */
async function owner(
  options: { path?: string; uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; line: string }> {
  const script = `
    import { startEmbedded } from ${JSON.stringify(new URL('./server.ts', import.meta.url).href)}
    const quiet = () => {}
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
    const said = await startEmbedded({ dataDir: process.argv[1], log, settings: { fsync: 'off' } }).then(
      (server) => JSON.stringify(server.connection),
      (error) => error.name + ': ' + error.message,
    )
    console.log(said)
    setTimeout(() => {}, 60_000)`
  const { path = process.env['PATH'], ...ids } = options
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: path, HOME: place, TMPDIR: tmpdir() },
    ...ids,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, line: String((await lines.next()).value) }
}

const kill = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })

test('what was written is there after a stop and a start, behind directories that only the database may enter', async () => {
  const first = await start()
  expect(first.connection).toEqual({ host: join(dataDir, 'socket'), port: 5432, user: 'watchbell', database: 'watchbell' })
  expect(await findRunning(dataDir)).toEqual(first.connection)
  expect(statSync(cluster()).mode & 0o777).toBe(0o700)
  expect(statSync(join(dataDir, 'socket')).mode & 0o777).toBe(0o700)
  expect(await ask(first.connection, `select current_setting('listen_addresses'), current_setting('full_page_writes')`)).toEqual([
    ['', 'on'],
  ])
  await ask(first.connection, 'create table thing as select 1 as n')
  await Promise.all([first.stop(), first.stop()])
  expect(await findRunning(dataDir)).toBeNull()
  expect(existsSync(join(cluster(), 'postmaster.pid'))).toBe(false)
  const second = await start()
  expect(await ask(second.connection, 'select n from thing')).toEqual([[1]])
})

test('a second start on a data directory in use is refused with the process that uses it, and disturbs nothing', async () => {
  copyMade()
  const server = await start()
  await expect(start()).rejects.toThrow(`another Watchbell (process ${process.pid}) uses the data directory ${dataDir}`)
  const other = await owner()
  expect(other.line).toBe(
    `StartFault: another Watchbell (process ${process.pid}) uses the data directory ${dataDir}: ` +
      'stop it, or set WATCHBELL_DATA_DIR to another directory',
  )
  expect(await ask(server.connection, 'select 1')).toEqual([[1]])
})

test('of two starts at the same instant on a new directory one wins', async () => {
  const lines = (await Promise.all([owner(), owner()])).map((one) => one.line)
  expect(lines.filter((line) => line.startsWith('{"host"'))).toHaveLength(1)
  expect(lines.filter((line) => line.startsWith('StartFault: another Watchbell'))).toHaveLength(1)
})

test('a server that dies is reported in a sentence, and the next start recovers', async () => {
  copyMade()
  const server = await start()
  await ask(server.connection, 'create table thing as select 1 as n')
  process.kill(serverPid(), 'SIGKILL')
  expect(await server.ended).toMatch(/^PostgreSQL ended \(signal SIGKILL\): LOG: {2}/)
  await server.stop()
  expect(await ask((await start()).connection, 'select n from thing')).toEqual([[1]])
})

test('a database that outlived its killed server is found, ended and started anew', async () => {
  copyMade()
  const { child, line } = await owner({ path: '/nonexistent' })
  expect(line).toMatch(/^\{"host"/)
  const orphan = serverPid()
  await kill(child)
  expect(isAlive(orphan)).toBe(true)
  const server = await start()
  expect(logged).toContain('orphan found')
  expect(isAlive(orphan)).toBe(false)
  expect(await ask(server.connection, 'select 1')).toEqual([[1]])
})

test.skipIf(!canTieLife())('where setpriv is there, kill -9 of the server ends the database too', async () => {
  copyMade()
  const { child } = await owner()
  const postmaster = serverPid()
  await kill(child)
  await expect.poll(() => isAlive(postmaster), { timeout: 60_000, interval: 20 }).toBe(false)
  await start()
})

test('a left-over pid file whose number is another program now does not prevent the start', async () => {
  copyMade()
  const { uid, gid } = statSync(cluster())
  const stranger = spawn('sleep', ['60'], isRoot() ? { uid, gid } : {})
  onTestFinished(() => void stranger.kill())
  writeFileSync(
    join(cluster(), 'postmaster.pid'),
    `${stranger.pid}\n${cluster()}\n1\n5432\n${dataDir}/socket\n\n   1   1\nready   \n`,
  )
  expect(await findRunning(dataDir)).toBeNull()
  await start()
  expect(exists(stranger.pid ?? 0)).toBe(true)
})

test('a left-over pid file whose number is a zombie does not prevent the start', async () => {
  copyMade()
  const { uid, gid } = statSync(cluster())
  // The shell becomes a program that knows nothing of its child and never reaps it, before the child ends.
  const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(isRoot() ? { uid, gid } : {}),
  })
  onTestFinished(() => void parent.kill())
  const zombie = Number((await createInterface({ input: parent.stdout })[Symbol.asyncIterator]().next()).value)
  await expect.poll(() => isAlive(zombie), { timeout: 60_000, interval: 10 }).toBe(false)
  expect(exists(zombie)).toBe(true)
  writeFileSync(join(cluster(), 'postmaster.pid'), `${zombie}\n${cluster()}\n1\n5432\n${dataDir}/socket\n\n   1   1\nready   \n`)
  await start()
})

test('a cluster of another major version is refused with what to do, and left as it is', async () => {
  copyMade()
  writeFileSync(join(cluster(), 'PG_VERSION'), '17\n')
  await expect(start()).rejects.toThrow(
    `${cluster()} was made by PostgreSQL 17, but this Watchbell brings PostgreSQL 18.4: ` +
      'start it with the Watchbell version that made it, or move the directory away to begin anew',
  )
  writeFileSync(join(cluster(), 'PG_VERSION'), '18\n')
  await start()
})

test('a first start that was killed half-way leaves nothing that the next one trips over', async () => {
  const first = owner()
  // The file is there before its content is: 0 would kill this process and all of its group.
  await expect.poll(ownerPid, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0)
  process.kill(ownerPid(), 'SIGKILL')
  expect((await first).line).toBe('undefined')
  expect(existsSync(cluster())).toBe(false)
  mkdirSync(join(dataDir, 'postgres.new-of-old/base'), { recursive: true })
  await start()
  expect(existsSync(join(dataDir, 'postgres.new-of-old'))).toBe(false)
})

test('files that are no database are never touched', async () => {
  mkdirSync(cluster(), { recursive: true })
  writeFileSync(join(cluster(), 'letter'), 'keep me')
  await expect(start()).rejects.toThrow(/postgres holds files but is no PostgreSQL database/)
  expect(readFileSync(join(cluster(), 'letter'), 'utf8')).toBe('keep me')
})

test('under a long path the socket lies in a private temporary directory, which is removed at the end', async () => {
  dataDir = join(place, 'long'.repeat(20), 'data')
  const server = await start()
  const { host } = server.connection
  expect(host).toMatch(/\/watchbell-[0-9a-f]{16}$/)
  expect(Buffer.byteLength(host)).toBeLessThanOrEqual(86)
  expect(statSync(host).mode & 0o777).toBe(0o700)
  expect(await findRunning(dataDir)).toEqual(server.connection)
  expect(await ask(server.connection, 'select 1')).toEqual([[1]])
  await server.stop()
  expect(existsSync(host)).toBe(false)
})

test('a link that somebody put in the place of the socket directory is refused', () => {
  const directory = join(place, 'long'.repeat(20))
  mkdirSync(directory)
  const socketDir = prepareSocketDir({ directory, user: null })
  rmSync(socketDir, { recursive: true })
  symlinkSync(place, socketDir)
  onTestFinished(() => rmSync(socketDir))
  expect(() => prepareSocketDir({ directory, user: null })).toThrow(/is needed for the database's socket but .*: remove it/)
})

test.skipIf(!isRoot())('root serves a data directory under a directory that is closed to everybody else', async () => {
  // Not under /tmp, which may be a file system of its own.
  const closed = mkdtempSync('/var/tmp/pg-')
  const closedDir = join(closed, 'data')
  onTestFinished(() => rmSync(closed, { recursive: true }))
  const server = await start(closedDir)
  const standIn = readFileSync(join(closedDir, 'postgres.location'), 'utf8').trim()
  onTestFinished(() => rmSync(standIn, { recursive: true }))
  expect(standIn).toMatch(/^\/var\/lib\/watchbell\/data-/)
  expect(logged).toContain('database elsewhere')
  await ask(server.connection, 'create table thing as select 1 as n')
  expect(await findRunning(closedDir)).toEqual(server.connection)
  await server.stop()
  const again = await start(closedDir)
  expect(await ask(again.connection, 'select n from thing')).toEqual([[1]])
  await again.stop()
  writeFileSync(join(closedDir, 'postgres.location'), '/var/lib/watchbell/gone\n')
  await expect(start(closedDir)).rejects.toThrow(/was in \/var\/lib\/watchbell\/gone, which is gone: put it back/)
})

test.skipIf(!isRoot())('a database that root copied gets back the owner that it needs', async () => {
  copyMade()
  chownSync(cluster(), 0, 0)
  chownSync(join(cluster(), 'base'), 0, 0)
  await start()
  expect(statSync(join(cluster(), 'base')).uid).not.toBe(0)
})

test.skipIf(!isRoot())(
  'root opens an empty data directory that was made for it, and no directory with other things in it',
  async () => {
    mkdirSync(dataDir, { mode: 0o700 })
    await (await start()).stop()
    expect(statSync(dataDir).mode & 0o777).toBe(0o711)
    chmodSync(dataDir, 0o700)
    writeFileSync(join(dataDir, 'letter'), '')
    await expect(start()).rejects.toThrow(
      `may not pass ${dataDir} on the way to ${dataDir}: run chmod o+x ${dataDir}, or set WATCHBELL_DATA_DIR`,
    )
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  },
)

test.skipIf(!isRoot())('in the closed home of an ordinary user, root runs the database as that user', async () => {
  const nobody = ordinaryUsers().find((user) => user.name === 'nobody')
  chownSync(place, nobody?.uid ?? 0, nobody?.gid ?? 0)
  chmodSync(place, 0o700)
  await start()
  expect(statSync(cluster()).uid).toBe(nobody?.uid)
})

test.skipIf(!isRoot())(
  'an ordinary user runs the database itself, and is refused a data directory of somebody else',
  async () => {
    const nobody = ordinaryUsers().find((user) => user.name === 'nobody')
    chownSync(place, nobody?.uid ?? 0, nobody?.gid ?? 0)
    const ids = { uid: nobody?.uid ?? 0, gid: nobody?.gid ?? 0 }
    const { child, line } = await owner(ids)
    expect(line).toMatch(/^\{"host"/)
    expect(statSync(dataDir)).toMatchObject({ uid: nobody?.uid })
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    await kill(child)
    dataDir = join(place, 'of-root')
    await (await start()).stop()
    expect((await owner(ids)).line).toMatch(/^StartFault: .* cannot be locked \(.*\): start Watchbell as the user that owns /)
  },
)
