import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startEmbedded } from '../../src/db/embedded/server.ts'
import type { Connection } from '../../src/db/open.ts'
import { adminToken, clientOf } from '../processes/client.ts'
import type { HookReceiver } from '../processes/receivers.ts'
import { freePort, type Launch, launchServer, type ServerProcess, stopServer, untilReady } from '../processes/server-process.ts'
import { urlOf } from '../support/address.ts'
import { silentLog } from '../support/log.ts'
import type { Chance } from './chance.ts'
import { pendingWork } from './database.ts'
import { announced, brokenHandOvers, type HandOver, makeHandOvers } from './hand-overs.ts'

type Options = {
  readonly folder: string
  readonly hooks: HookReceiver
  readonly rounds: number
  readonly chance: Chance
}

/** Two nodes on one PostgreSQL, one or the other of which is killed in each round. What breaks the promises, by promise. */
export async function strikeNodes(options: Options): Promise<Readonly<Record<string, readonly string[]>>> {
  const { folder, hooks, rounds, chance } = options
  const dataDir = join(folder, 'shared')
  const database = await startEmbedded({ dataDir, log: silentLog, settings: {} })
  const launches: Launch[] = []
  for (const name of ['one', 'other'])
    launches.push({ folder, name, port: await freePort(), env: environment(database.connection, hooks) })
  const nodes: ServerProcess[] = []
  try {
    for (const launch of launches) nodes.push(await started(launch))
    await makeHandOvers(clientOf(nodes[0]?.url ?? ''), hooks.url)
    for (const [index, launch] of inTurn(launches, rounds)) {
      await wait(chance.between(500, 6_000))
      nodes[index]?.signal('SIGKILL')
      await nodes[index]?.exit
      // Sometimes the other one has to do without it for a while.
      if (chance.next() < 0.5) await wait(chance.between(1_000, 8_000))
      nodes[index] = await started(launch)
    }
    const { broken, handOvers } = await untilCaughtUp(database.connection, dataDir)
    for (const node of nodes) await stopServer(node)
    return {
      'they catch up within a minute': broken,
      [`there are hand-overs, ${handOvers.filter(({ isLate }) => isLate).length} of ${handOvers.length} late`]: [],
      ...brokenHandOvers(handOvers, hooks.arrivals),
    }
  } finally {
    for (const node of nodes) node.signal('SIGKILL')
    await Promise.all(nodes.map((node) => node.exit))
    await database.stop()
  }
}

const inTurn = (launches: readonly Launch[], rounds: number): readonly (readonly [number, Launch])[] =>
  Array.from({ length: Math.ceil(rounds / launches.length) }, () => [...launches.entries()]).flat()

const environment = (connection: Connection, hooks: HookReceiver) => ({
  WATCHBELL_DATABASE_URL: urlOf(connection),
  WATCHBELL_SECRET_KEY: '7c'.repeat(32),
  WATCHBELL_BOOTSTRAP_TOKEN: adminToken,
  WATCHBELL_EGRESS_ALLOW: hooks.place,
})

async function started(launch: Launch): Promise<ServerProcess> {
  const server = launchServer(launch)
  await untilReady(server)
  return server
}

/** What was found so shortly before may not have been written yet when the work was counted. */
const unwrittenMs = 1_000

type CaughtUp = { readonly broken: readonly string[]; readonly handOvers: readonly HandOver[] }

/**
 * A dead node's work is taken over when its lease has ended; then something is announced every second, and all is delivered in
 * between. What has been announced by then.
 */
async function untilCaughtUp(connection: Connection, dataDir: string): Promise<CaughtUp> {
  const startedAt = performance.now()
  for (;;) {
    const lookedAt = Date.now()
    const pending = await pendingWork(dataDir)
    const handOvers = (await announced(connection)).filter(({ foundAt }) => foundAt < lookedAt - unwrittenMs)
    const last = handOvers.at(-1)
    const isOnTime = last !== undefined && !last.isLate && lookedAt - last.at < 4_000 + unwrittenMs
    if (isOnTime && pending.length === 0) return { broken: [], handOvers }
    if (performance.now() - startedAt > 60_000)
      return { broken: [...pending, `the last was announced at ${new Date(last?.foundAt ?? 0).toISOString()}`], handOvers }
    await wait(200)
  }
}
