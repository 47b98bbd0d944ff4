import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { vi } from 'vitest'
import { bootstrap } from '../../src/accounts/commands.ts'
import { makeApp, newBells, type Watchbell } from '../../src/app.ts'
import { openDatabase } from '../../src/db/open.ts'
import { egressPolicy } from '../../src/deliveries/egress/egress.ts'
import { parseEgressAllow } from '../../src/deliveries/egress/allow.ts'
import { createHttpSend } from '../../src/deliveries/sending/send.ts'
import { nodeClock } from '../../src/lib/node/clock.ts'
import { createMailSend } from '../../src/lib/node/mail-send.ts'
import { nodeRandom } from '../../src/lib/node/random.ts'
import { seconds } from '../../src/lib/time.ts'
import type { Database, LoopName } from '../../src/ports.ts'
import { freshDatabase } from './database.ts'
import { silentLog } from './log.ts'

type Received = { readonly headers: Readonly<Record<string, string>>; readonly body: Readonly<Record<string, unknown>> }

/** A whole Watchbell with real mail and real webhooks on loopback, and somebody who uses its API. */
export type World = {
  readonly watchbell: Watchbell
  readonly mails: Email[]
  readonly webhooks: Received[]
  /** As the API has it: two connections. */
  readonly apiDb: Database
  /** Where a webhook can be pointed. */
  readonly receiverUrl: string
  /** Asks the API as the admin. */
  api(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<ApiAnswer>
  /** Asks as anybody, with a whole URL as messages and integrations name it. */
  request(method: 'GET' | 'POST', url: string, body?: object): Promise<ApiAnswer>
  close(): Promise<void>
}

type ApiAnswer = { readonly status: number; readonly text: string; readonly json: any }

type Options = { readonly mailIsOn?: boolean }

const baseUrl = 'https://bell.example'
const adminToken = '5a'.repeat(32)

export async function newWorld({ mailIsOn = true }: Options = {}): Promise<World> {
  const mails: Email[] = []
  const webhooks: Received[] = []
  const mailServer = await listeningMailServer(mails)
  const receiver = await listeningReceiver(webhooks)
  const bells = newBells()
  const allowed = parseEgressAllow('127.0.0.1')
  const policy = egressPolicy(allowed.ok ? allowed.value : [], baseUrl)
  const http = createHttpSend({ policy, version: 'test', monotonic: nodeClock.monotonic })
  const mail = createMailSend({ smtpUrl: mailIsOn ? mailServer.url : null })
  const shared = { clock: nodeClock, random: nodeRandom, log: silentLog }
  const connection = await freshDatabase()
  const onWake = (loop: LoopName) => bells[loop].ring()
  const db = openDatabase({ connection, poolSize: 8, onWake, ...shared })
  const apiDb = openDatabase({ connection, poolSize: 2, onWake, ...shared })
  const watchbell = await makeApp({
    ports: { ...shared, db, apiDb, send: { http: http.http, mail: mail.mail } },
    bells,
    settings: {
      baseUrl,
      version: 'test',
      secretKey: Buffer.alloc(32, 7),
      mailFrom: 'Watchbell <bell@bell.example>',
      mailIsOn,
      deliveryLogDays: 30,
      egress: policy,
      alone: true,
      sleepMaxMs: seconds(5),
    },
  })
  await db.tx('bootstrap', (tx) => bootstrap(tx, { email: 'ada@bell.example', token: adminToken }))
  await watchbell.start()

  const request: World['request'] = async (method, url, body) => {
    const sent = body === undefined ? {} : { payload: body }
    const answer = await watchbell.http.inject({ method, url: url.replace(baseUrl, ''), ...sent })
    return { status: answer.statusCode, text: answer.payload, json: parsed(answer.payload) }
  }
  return {
    watchbell,
    mails,
    webhooks,
    apiDb,
    receiverUrl: receiver.url,
    request,
    api: async (method, path, body) => {
      const sent = body === undefined ? {} : { payload: body }
      const headers = { authorization: adminToken }
      const answer = await watchbell.http.inject({ method, url: `/api/v1/${path}`, headers, ...sent })
      return { status: answer.statusCode, text: answer.payload, json: parsed(answer.payload) }
    },
    close: async () => {
      await watchbell.stop()
      await http.close()
      mail.close()
      await apiDb.close()
      await db.close()
      await mailServer.close()
      receiver.close()
    },
  }
}

/** Waits until something is there, a minute at most: the machine may be busy. */
export function eventually<Value>(look: () => Value | undefined | Promise<Value | undefined>): Promise<Value> {
  return vi.waitFor(
    async () => {
      const value = await look()
      if (value === undefined || value === false) throw new Error('it did not come')
      return value
    },
    { timeout: 60_000, interval: 10 },
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function listeningMailServer(mails: Email[]) {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        PostalMime.parse(Buffer.concat(chunks)).then((email) => {
          mails.push(email)
          done()
        }, done)
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return { url: `smtp://127.0.0.1:${port}`, close: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}

async function listeningReceiver(webhooks: Received[]) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      webhooks.push({ headers, body: JSON.parse(Buffer.concat(chunks).toString() || '{}') })
      response.end('{"thanks":true}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}/hook`, close }
}
