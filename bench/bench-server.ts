import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { findRunning } from '../src/db/embedded/server.ts'
import { adminToken, clientOf, makeSource, makeWebhook } from '../test/processes/client.ts'
import { type HookReceiver, type MailReceiver, receiveHooks, receiveMails } from '../test/processes/receivers.ts'
import {
  freePort,
  type Launch,
  launchServer,
  type ServerProcess,
  stopServer,
  untilReady,
} from '../test/processes/server-process.ts'

/** A server as it runs at its users': its own process, embedded database with fsync, its log in a file. */
export type BenchServer = {
  readonly launch: Launch
  readonly server: ServerProcess
  /** Where alerts go; each new group pages one person by e-mail and tells one webhook. */
  readonly alertsUrl: string
  readonly hooks: HookReceiver
  readonly mails: MailReceiver
  close(): Promise<void>
}

export async function startBenchServer(): Promise<BenchServer> {
  const hooks = await receiveHooks()
  const mails = await receiveMails()
  const { launch, remove } = await newPlace({ WATCHBELL_EGRESS_ALLOW: hooks.place, WATCHBELL_SMTP_URL: mails.url })
  const server = launchServer(launch)
  await untilReady(server)
  const client = clientOf(server.url)
  const path = await makeSource(client, { type: 'alertmanager', name: 'bench' })
  await makeWebhook(client, { name: 'bench', url: hooks.url, trigger: 'alert group created' })
  return {
    launch,
    server,
    alertsUrl: `${server.url}${path}`,
    hooks,
    mails,
    close: async () => {
      await stopServer(server)
      hooks.close()
      mails.close()
      remove()
    },
  }
}

/** An empty data directory of its own. `WATCHBELL_BENCH_NODE_ARGS` gives Node further arguments, such as a profiler's. */
export async function newPlace(env: Launch['env']): Promise<{ readonly launch: Launch; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-bench-'))
  // Started by root, PostgreSQL runs as a user who must be able to get there.
  chmodSync(folder, 0o755)
  const nodeArgs = (process.env['WATCHBELL_BENCH_NODE_ARGS'] ?? '').split(' ').filter((arg) => arg !== '')
  return {
    launch: { folder, name: 'data', port: await freePort(), env: { WATCHBELL_BOOTSTRAP_TOKEN: adminToken, ...env }, nodeArgs },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A connection to the embedded database of a server that runs. */
export async function connectTo({ folder, name }: Launch): Promise<pg.Client> {
  const connection = await findRunning(join(folder, name))
  if (connection === null) throw new Error('the embedded database does not run')
  const client = new pg.Client(connection)
  await client.connect()
  return client
}
