import { randomBytes } from 'node:crypto'
import { Registry } from 'prom-client'
import { type OpenDatabase, openDatabase } from '../../src/db/open.ts'
import { type EgressPolicy, egressPolicy } from '../../src/deliveries/egress/egress.ts'
import type { App } from '../../src/http/app.ts'
import { makeServer } from '../../src/http/server.ts'
import { instant, ms } from '../../src/lib/time.ts'
import type { Clock, Database, Log, LogFields, Random, Send } from '../../src/ports.ts'
import { freshDatabase } from './database.ts'

type LogLine = LogFields & { readonly level: string; readonly message: string }

export type TestServer = {
  readonly app: App
  readonly db: OpenDatabase
  readonly log: Log
  readonly lines: LogLine[]
  readonly registry: Registry
  close(): Promise<void>
}

/** Noon of a day in spring. */
export const testNow = instant(Date.UTC(2026, 3, 1, 12))

export const testClock: Clock = { now: () => testNow, monotonic: () => ms(0), wait: async () => {} }
/** For tests of those who may ask the world for something and shall not. */
export const noWayOut: { readonly send: Send; readonly egress: EgressPolicy } = {
  send: {
    http: () => Promise.reject(new Error('nobody is to be called')),
    mail: () => Promise.reject(new Error('nobody is to be written to')),
  },
  egress: egressPolicy([], 'https://bell.example'),
}

export const testRandom: Random = { bytes: (count) => randomBytes(count) }

/** A server on a database of its own, to inject requests into; `routes` adds what the test is about. */
export async function testServer(
  routes: (app: App, db: Database) => void,
  baseUrl = 'https://bell.example',
  clock = testClock,
): Promise<TestServer> {
  const lines: LogLine[] = []
  const log = recordingLog(lines)
  const connection = await freshDatabase()
  const db = openDatabase({ connection, poolSize: 5, clock, random: testRandom, log, onWake: () => {} })
  const registry = new Registry()
  const app = await makeServer({
    ports: { clock, random: testRandom, db, log },
    baseUrl,
    version: '1.2.3',
    registry,
  })
  routes(app, db)
  const close = async () => {
    await app.close()
    await db.close()
  }
  return { app, db, log, lines, registry, close }
}

function recordingLog(lines: LogLine[]): Log {
  const record = (level: string) => (message: string, fields?: LogFields) => void lines.push({ ...fields, level, message })
  return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') }
}
