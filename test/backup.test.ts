import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { backUp, restore, type RestoreOptions } from '../src/backup.ts'
import { isRightSecretKey } from '../src/accounts/secret-key-commands.ts'
import { makeVault } from '../src/accounts/secret.ts'
import { readConfig } from '../src/config.ts'
import { type Address, run, urlOf } from './support/address.ts'
import { backupOf, heavyDatabase } from './support/backups.ts'
import { type BoilerRoom, boilerRoom } from './support/boiler-room.ts'
import { rowsIn, tablesIn } from './support/contents.ts'
import { emptyDatabase } from './support/database.ts'
import { silentLog } from './support/log.ts'
import { testRandom } from './support/server.ts'
import { type StillWorld, stillWorld } from './support/still-world.ts'

const key = '2b'.repeat(32)
const otherKey = '3c'.repeat(32)
const asIs: RestoreOptions = { dropOwed: false, webhooksOff: false }

let folder: string
let file: string
let source: Address
let told: string[]

const configOf = (address: Address, secretKey = key) =>
  readConfig({ WATCHBELL_DATABASE_URL: urlOf(address), WATCHBELL_SECRET_KEY: secretKey })

function deskOf(stdin: Readable = Readable.from([])) {
  const stdout = new PassThrough()
  return { stdin, stdout, stderr: { write: (text: string) => void told.push(text) } }
}

const backUpFrom = (address: Address, to: string) =>
  backUp({ config: configOf(address), log: silentLog, desk: deskOf(), file: to })

const restoreTo = (address: Address, from: string, { secretKey = key, options = asIs } = {}) =>
  restore({ config: configOf(address, secretKey), log: silentLog, desk: deskOf(), file: from }, options)

/** A server's database with an alert group that pages, one that is silenced, and a webhook that waits to be sent. */
async function busyDatabase(): Promise<Address> {
  const world = await stillWorld()
  const room = await boilerRoom(world, 'harbour')
  await makeBusy(world, room)
  await world.close()
  return world.connection
}

async function makeBusy(world: StillWorld, room: BoilerRoom): Promise<void> {
  const webhook = { name: 'w', url: 'http://127.0.0.1/', http_method: 'POST', trigger_type: 'alert group created' }
  const { json: made } = await room.crew.api('POST', 'webhooks/', webhook)
  await room.crew.api('POST', `webhooks/${made.id}/replays/`, { since: 3600 })
  await sql`insert into webhook_warnings (organization_id, shard, address, at, due_at, webhook_name, news)
    select id, 0, 'ops@example.com', now(), now(), 'w', '{"kind": "recovered"}' from organizations`.execute(world.db.sql)
  await room.newGroup()
  await room.act(await room.newGroup(), 'silence', { delay: 3600 })
  const vault = makeVault({ secretKey: Buffer.from(key, 'hex'), purpose: 'start', random: testRandom })
  await world.db.tx('check secret key', (tx) => isRightSecretKey(tx, vault))
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchbell-backup-'))
  chmodSync(folder, 0o755)
  file = join(folder, 'harbour.backup')
  told = []
  source = await busyDatabase()
  await backUpFrom(source, file)
})
beforeEach(() => {
  told = []
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a backup file', () => {
  test('is readable by its owner only, and replaces an older one when it is whole', async () => {
    const path = join(folder, 'again.backup')
    writeFileSync(path, 'older', { mode: 0o644 })
    writeFileSync(`${path}.part`, 'of a killed run', { mode: 0o644 })
    await backUpFrom(source, path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).toSorted()).toEqual(['again.backup', 'harbour.backup'])
    await restoreTo(await emptyDatabase(), path)
  })

  test('leaves the older one in place when the database cannot be read', async () => {
    const path = join(folder, 'kept.backup')
    writeFileSync(path, 'older')
    await expect(backUpFrom(await emptyDatabase(), path)).rejects.toThrow(/nothing to back up/)
    expect(readFileSync(path, 'utf8')).toBe('older')
    expect(readdirSync(folder)).not.toContain('kept.backup.part')
    rmSync(path)
  })

  test('holds no secret in the clear, and no secret key', () => {
    expect(readFileSync(file).includes(Buffer.from(key, 'hex'))).toBe(false)
    expect(readFileSync(file).includes(key)).toBe(false)
  })

  test('can also go through pipes', async () => {
    const desk = deskOf()
    const [bytes] = await Promise.all([
      buffer(desk.stdout),
      backUp({ config: configOf(source), log: silentLog, desk, file: '-' }),
    ])
    const target = await emptyDatabase()
    const command = { config: configOf(target), log: silentLog, desk: deskOf(Readable.from([bytes])), file: '-' }
    await restore(command, asIs)
    expect((await rowsIn(target))['users']).toEqual((await rowsIn(source))['users'])
  })

  test('goes to no terminal', async () => {
    const desk = { ...deskOf(), stdout: Object.assign(new PassThrough(), { isTTY: true }) }
    await expect(backUp({ config: configOf(source), log: silentLog, desk, file: '-' })).rejects.toThrow(/no text for a terminal/)
  })

  test('and its restore are told table by table', async () => {
    await backUpFrom(source, file)
    expect(told).toContain('alert_groups: 2 rows\n')
    expect(told.at(-1)).toMatch(/^Backed up \d+ rows in \d+ tables\.\nThe secret key is not in it.*WATCHBELL_SECRET_KEY/)
    await restoreTo(await emptyDatabase(), file)
    expect(told.filter((line) => line === 'alert_groups: 2 rows\n')).toHaveLength(2)
    expect(told.at(-1)).toMatch(
      /^Restored \d+ rows in \d+ tables\.\nUnder way at that time: 1 escalation and 2 deliveries, which go on when/,
    )
  })
})

describe('the secret key', () => {
  test('must be the one of the backup', async () => {
    const target = await emptyDatabase()
    await expect(restoreTo(target, file, { secretKey: otherKey })).rejects.toThrow(
      /^The secrets in the backup were sealed with another secret key .* Nothing was restored\.$/,
    )
    expect(await tablesIn(target)).toEqual([])
  })

  test('must be there at all, and is not made by a restore', async () => {
    const target = await emptyDatabase()
    const config = { ...configOf(target), secretKey: null, dataDir: join(folder, 'nowhere') }
    const restoring = restore({ config, log: silentLog, desk: deskOf(), file }, asIs)
    await expect(restoring).rejects.toThrow(`which is not here. Put its secret.key at ${join(folder, 'nowhere', 'secret.key')}`)
    expect(readdirSync(folder)).not.toContain('nowhere')
    expect(await tablesIn(target)).toEqual([])
  })
})

describe('what was under way', () => {
  const owedIn = async (address: Address) =>
    (
      await run(
        address,
        `select (select count(*)::int from escalation_runs where state = 'running') as escalations,
           (select count(*)::int from notification_runs where state = 'running') as notifications,
           (select count(*)::int from deliveries) as deliveries,
           (select count(*)::int from alert_groups where silenced_until is not null) as silences,
           (select count(*)::int from webhook_warnings) as warnings,
           (select count(*)::int from webhooks where enabled) as webhooks`,
      )
    )[0]

  test('is there after a restore', async () => {
    const target = await emptyDatabase()
    await restoreTo(target, file)
    expect(await owedIn(target)).toEqual({
      escalations: 1,
      notifications: 0,
      deliveries: 2,
      silences: 1,
      warnings: 1,
      webhooks: 1,
    })
  })

  test('is dropped when that is wanted: nobody is paged, nothing is sent, and no silence ends', async () => {
    const target = await emptyDatabase()
    await restoreTo(target, file, { options: { dropOwed: true, webhooksOff: false } })
    expect(await owedIn(target)).toEqual({
      escalations: 0,
      notifications: 0,
      deliveries: 0,
      silences: 0,
      warnings: 0,
      webhooks: 1,
    })
    expect(await run(target, 'select distinct reason from dead_deliveries')).toEqual([
      { reason: 'Dropped when the backup was restored' },
    ])
    expect(await run(target, 'select state, reason, ended_at is null as runs from webhook_replays')).toEqual([
      { state: 'cancelled', reason: 'Dropped when the backup was restored', runs: false },
    ])
    expect(told.at(-1)).toMatch(/1 escalation and 2 deliveries, which were dropped\.\n$/)
  })

  test('stays while webhooks are switched off, when only that is wanted', async () => {
    const target = await emptyDatabase()
    await restoreTo(target, file, { options: { dropOwed: false, webhooksOff: true } })
    expect(await owedIn(target)).toEqual({
      escalations: 1,
      notifications: 0,
      deliveries: 2,
      silences: 1,
      warnings: 1,
      webhooks: 0,
    })
    expect(
      await run(target, "select distinct ending_reason from endpoints where deleted_at is not null or kind = 'webhook'"),
    ).toEqual([{ ending_reason: 'The webhook was switched off before this could be sent.' }])
    expect(told.at(-1)).toMatch(/Switched off 1 webhook\.\n$/)
  })
})

describe('the command', () => {
  const start = (args: readonly string[], target: Address, env: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, ['bin/watchbell.js', ...args], {
      env: { ...process.env, WATCHBELL_DATABASE_URL: urlOf(target), WATCHBELL_SECRET_KEY: key, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })

  test('killed in the middle of a restore leaves an empty database', async () => {
    const target = await emptyDatabase()
    const child = start(['restore', '-'], target)
    const bytes = await backupOf(await heavyDatabase())
    // It is killed while it reads.
    child.stdin.on('error', () => {})
    child.stdin.write(bytes.subarray(0, bytes.length >> 1))
    await vi.waitFor(async () => expect(await busyIn(target)).toBe(1), { timeout: 60_000 })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await vi.waitFor(async () => expect(await busyIn(target)).toBe(0), { timeout: 60_000 })
    expect(await tablesIn(target)).toEqual([])
    await restoreTo(target, file)
  })

  test('says in one line how it is used, and what cannot be read or written', async () => {
    const target = await emptyDatabase()
    expect(await lastWords(start(['backup'], target))).toBe(
      'watchbell backup needs one file, or - for a pipe. Example: watchbell backup watchbell.backup\n',
    )
    expect(await lastWords(start(['restore', join(folder, 'none')], target))).toMatch(/none cannot be read: ENOENT[^\n]*\n$/)
    expect(await lastWords(start(['backup', folder], target))).toBe(
      `${folder} is there and is no file. Name a file, or - for a pipe.\n`,
    )
  })

  async function lastWords(child: ReturnType<typeof start>): Promise<string> {
    const [words, [code]] = await Promise.all([buffer(child.stderr), once(child, 'exit')])
    expect(code).toBe(1)
    return words.toString()
  }

  /** How many programs have written something into the database and not committed it. */
  async function busyIn(target: Address): Promise<number> {
    const rows = await run(
      target,
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and application_name = 'watchbell' and backend_xid is not null`,
    )
    return Number(rows[0]?.['count'])
  }
})
