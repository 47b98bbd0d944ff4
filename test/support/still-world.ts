import { createHash } from 'node:crypto'
import { type CompiledQuery, type KyselyPlugin, PostgresQueryCompiler } from 'kysely'
import type { Actor } from '../../src/accounts/actor.ts'
import { createOrganization, createToken, createUser } from '../../src/accounts/commands.ts'
import { type Role, roles } from '../../src/accounts/role.ts'
import { makeVault } from '../../src/accounts/secret.ts'
import { alertsLoop } from '../../src/alerts/loop.ts'
import { makeApp, newBells, type Watchbell } from '../../src/app.ts'
import { type Connection, type OpenDatabase, openDatabase } from '../../src/db/open.ts'
import { egressPolicy } from '../../src/deliveries/egress/egress.ts'
import { parseEgressAllow } from '../../src/deliveries/egress/allow.ts'
import { noPhases } from '../../src/deliveries/sending/phases.ts'
import { escalationsLoop } from '../../src/escalations/loop.ts'
import type { App } from '../../src/http/app.ts'
import type { OrganizationId, UserId } from '../../src/lib/ids.ts'
import { allShards } from '../../src/lib/shard.ts'
import { after, type Instant, instant, type Ms, ms, seconds } from '../../src/lib/time.ts'
import { linkKeyFrom } from '../../src/notifications/link.ts'
import type { Clock, HttpRequest, LogFields, LoopName, Mail, Ports, Random } from '../../src/ports.ts'
import { freshDatabase } from './database.ts'
import { silentLog } from './log.ts'

export const baseUrl = 'https://bell.example'

/** Noon of a day in spring. */
export const stillStart = instant(Date.UTC(2026, 3, 1, 12))

const secretKey = Buffer.alloc(32, 7)

/** The settings of the notifications and of the escalations. */
export const pageSettings = {
  ...{ baseUrl, mailFrom: 'bell@bell.example', mailIsOn: true, linkKey: linkKeyFrom(secretKey) },
  messageVault: makeVault({ secretKey, purpose: 'messages', random: countingRandom() }),
}

/** A whole Watchbell on a real database. Unless it is started, nothing happens by itself and time stands still. */
export type StillWorld = {
  readonly watchbell: Watchbell
  readonly app: App
  readonly db: OpenDatabase
  readonly connection: Connection
  readonly ports: Ports
  /** What was logged as an error. */
  readonly errors: (LogFields & { readonly message: string })[]
  /** The loops that were woken, and what left, since the test looked last. */
  readonly woken: Set<LoopName>
  readonly sent: (HttpRequest | Mail)[]
  now(): Instant
  pass(duration: Ms): void
  setTime(at: Instant): void
  /** One round of the loop; resolves with the instant of its next work. */
  runEscalations(): Promise<Instant | null>
  runAlerts(): Promise<Instant | null>
  close(): Promise<void>
}

type Options = {
  /** The real clock is for worlds that are started. */
  readonly clock?: Clock
  readonly publicUrl?: string
  /** Is told of every statement that runs outside transactions: what lists and details read. */
  readonly onStatement?: (statement: CompiledQuery) => void
}

export async function stillWorld({ clock: realClock, publicUrl = baseUrl, onStatement }: Options = {}): Promise<StillWorld> {
  let now = stillStart
  const clock = realClock ?? { now: () => now, monotonic: () => ms(now), wait: async () => {} }
  const random = countingRandom()
  const bells = newBells()
  const errors: StillWorld['errors'] = []
  const woken = new Set<LoopName>()
  const sent: StillWorld['sent'] = []
  const log = { ...silentLog, error: (message: string, fields?: LogFields) => void errors.push({ ...fields, message }) }
  const connection = await freshDatabase()
  const onWake = (loop: LoopName) => {
    woken.add(loop)
    bells[loop].ring()
  }
  const db = openDatabase({ connection, poolSize: 8, clock, random, log, onWake })
  const send: Ports['send'] = {
    http: async (request) => {
      sent.push(request)
      const answer = { status: 200, headers: {}, body: Buffer.from('{"thanks":true}'), truncated: false }
      return { kind: 'answered', ...answer, address: '192.0.2.1', phases: noPhases, durationMs: ms(5) }
    },
    mail: async (mail) => {
      sent.push(mail)
      return { kind: 'accepted', response: '250 queued', durationMs: ms(5) }
    },
  }
  const sql = onStatement === undefined ? db.sql : db.sql.withPlugin(telling(onStatement))
  const ports: Ports = { clock, random, db: { ...db, sql }, send, log }
  const allowed = parseEgressAllow('127.0.0.1')
  const settings = {
    ...{ baseUrl: publicUrl, version: 'test', secretKey, mailFrom: pageSettings.mailFrom, mailIsOn: true },
    ...{
      egress: egressPolicy(allowed.ok ? allowed.value : [], publicUrl),
      alone: true,
      sleepMaxMs: seconds(5),
      deliveryLogDays: 30,
    },
  }
  const watchbell = await makeApp({ ports: { ...ports, apiDb: ports.db }, bells, settings })
  await watchbell.http.ready()
  return {
    ...{ watchbell, app: watchbell.http, db, connection, ports, errors, woken, sent },
    now: () => clock.now(),
    pass: (duration) => {
      now = after(now, duration)
    },
    setTime: (at) => {
      now = at
    },
    runEscalations: () => escalationsLoop(ports, pageSettings).run(allShards),
    runAlerts: () => alertsLoop(ports, { baseUrl }).run(allShards),
    close: async () => {
      await watchbell.stop()
      await db.close()
    },
  }
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type Answer = { readonly status: number; readonly text: string; readonly json: any }

/** An organization with a person of each role. */
export type Crew = {
  readonly organizationId: OrganizationId
  readonly system: Extract<Actor, { kind: 'system' }>
  readonly users: Readonly<Record<Role, UserId>>
  readonly tokens: Readonly<Record<Role, string>>
  /** Asks the API as the admin; the path begins below `/api/v1/`. */
  api(method: Method, path: string, body?: unknown): Promise<Answer>
  apiAs(role: Role, method: Method, path: string, body?: unknown): Promise<Answer>
}

/** Makes an organization; its name and its people's names and addresses have the word in them. */
export async function newCrew({ app, db }: Pick<StillWorld, 'app' | 'db'>, word: string): Promise<Crew> {
  const email = (role: Role) => `${role}@${word}.example`
  const begun = await db.tx('create organization', (tx) => createOrganization(tx, { name: word, email: email('admin') }))
  const system = { kind: 'system', organizationId: begun.organizationId } as const
  const users: Partial<Record<Role, UserId>> = { admin: begun.userId }
  const tokens: Partial<Record<Role, string>> = { admin: begun.token }
  for (const role of roles) {
    if (role === 'admin') continue
    const input = { username: `${word}-${role}`, email: email(role), role }
    const user = await db.tx('create user', (tx) => createUser(tx, system, input))
    users[role] = user.id
    tokens[role] = (await db.tx('create token', (tx) => createToken(tx, system, { name: word, userId: user.id }))).token
  }
  const apiAs: Crew['apiAs'] = async (role, method, path, body) => {
    const json = body === undefined ? {} : { payload: JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await app.inject({
      method,
      url: `/api/v1/${path}`,
      headers: { authorization: tokens[role] ?? '', ...type },
      ...json,
    })
    return { status: answer.statusCode, text: answer.body, json: parsed(answer.body) }
  }
  return {
    ...{ organizationId: begun.organizationId, system },
    users: users as Crew['users'],
    tokens: tokens as Crew['tokens'],
    api: (method, path, body) => apiAs('admin', method, path, body),
    apiAs,
  }
}

function telling(onStatement: (statement: CompiledQuery) => void): KyselyPlugin {
  const compiler = new PostgresQueryCompiler()
  return {
    transformQuery: ({ node, queryId }) => {
      onStatement(compiler.compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  }
}

/** Random in look, the same in every run. */
function countingRandom(): Random {
  let count = 0
  return {
    bytes: (length) => {
      count += 1
      const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, block) => hash(`${count} ${block}`))
      return Buffer.concat(blocks).subarray(0, length)
    },
  }
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
