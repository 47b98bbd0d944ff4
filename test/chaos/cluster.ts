import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type EmbeddedServer, startEmbedded } from '../../src/db/embedded/server.ts'
import type { Connection } from '../../src/db/open.ts'
import { adminToken } from '../processes/client.ts'
import {
  freePort,
  type Launch,
  launchServer,
  logged,
  type ServerProcess,
  stopServer,
  untilReady,
} from '../processes/server-process.ts'
import { run, urlOf } from '../support/address.ts'
import { silentLog } from '../support/log.ts'

/** Something that was done to a node, by the wall clock. */
export type NodeBlow = {
  readonly node: string
  readonly kind: 'killed' | 'frozen'
  readonly from: number
  readonly until: number
}

/** One try that a node has logged. */
export type LoggedTry = {
  readonly node: string
  readonly at: number
  readonly messageId: string
  readonly attemptId: string
  readonly number: number
  readonly status: number | null
}

/** Three nodes on one PostgreSQL, each of which can be struck. */
export type Cluster = {
  readonly dataDir: string
  readonly connection: Connection
  readonly blows: readonly NodeBlow[]
  urls(): readonly string[]
  kill(node: number, forMs: number): Promise<void>
  freeze(node: number, forMs: number): Promise<void>
  /** One after the other: each is asked to stop, and is started again when it has. */
  restartInTurn(): Promise<void>
  /** The database is stopped, as by its operator, and is back after that long. */
  loseDatabase(forMs: number): Promise<void>
  tries(): readonly LoggedTry[]
  close(): Promise<void>
}

const names = ['one', 'two', 'three']

export async function startCluster(folder: string, egressAllow: string): Promise<Cluster> {
  const dataDir = join(folder, 'cluster')
  const startDatabase = (): Promise<EmbeddedServer> =>
    startEmbedded({ dataDir, log: silentLog, settings: { max_connections: '80', shared_buffers: '128MB' } })
  let database = await startDatabase()
  const { connection } = database
  const launches: Launch[] = []
  for (const name of names) launches.push({ folder, name, port: await freePort(), env: environment(connection, egressAllow) })
  const [first, ...others] = launches
  // The first one makes the tables.
  const nodes = first === undefined ? [] : [await started(first), ...(await Promise.all(others.map(started)))]
  await untilShared(connection)
  const blows: NodeBlow[] = []
  const nodeAt = (index: number): { readonly launch: Launch; readonly node: ServerProcess } => {
    const [launch, node] = [launches[index], nodes[index]]
    if (launch === undefined || node === undefined) throw new Error(`there is no node ${index}`)
    return { launch, node }
  }
  const noted = async (index: number, kind: NodeBlow['kind'], strike: () => Promise<void>): Promise<void> => {
    const from = Date.now()
    await strike()
    blows.push({ node: nodeAt(index).launch.name, kind, from, until: Date.now() })
  }
  return {
    dataDir,
    connection,
    blows,
    urls: () => nodes.map(({ url }) => url),
    kill: async (index, forMs) => {
      const { launch, node } = nodeAt(index)
      await noted(index, 'killed', async () => {
        node.signal('SIGKILL')
        await node.exit
      })
      await wait(forMs)
      nodes[index] = await started(launch)
    },
    freeze: (index, forMs) =>
      noted(index, 'frozen', async () => {
        const { pid } = nodeAt(index).node
        process.kill(pid, 'SIGSTOP')
        await wait(forMs)
        process.kill(pid, 'SIGCONT')
      }),
    restartInTurn: async () => {
      for (const index of names.keys()) {
        const { launch, node } = nodeAt(index)
        const how = await stopServer(node)
        if (how !== 0) throw new Error(`the node ${launch.name} ended with ${how}`)
        nodes[index] = await started(launch)
      }
    },
    loseDatabase: async (forMs) => {
      await database.stop()
      await wait(forMs)
      database = await startDatabase()
    },
    tries: () => nodes.flatMap((node, index) => triesOf(node, names[index] ?? '')),
    close: async () => {
      for (const node of nodes) node.signal('SIGKILL')
      await Promise.all(nodes.map((node) => node.exit))
      await database.stop()
    },
  }
}

const environment = (connection: Connection, egressAllow: string) => ({
  WATCHBELL_DATABASE_URL: urlOf(connection),
  WATCHBELL_SECRET_KEY: '7c'.repeat(32),
  WATCHBELL_BOOTSTRAP_TOKEN: adminToken,
  WATCHBELL_EGRESS_ALLOW: egressAllow,
})

/** Beside nodes that work hard, a start takes its time. */
const startMaxMs = 60_000

async function started(launch: Launch): Promise<ServerProcess> {
  const server = launchServer(launch)
  await untilReady(server, startMaxMs)
  return server
}

const sharedMaxMs = 40_000

/** The first node takes all shards and gives the others theirs when it renews. */
async function untilShared(connection: Connection): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const owners = await run(connection, 'select owner_id from shards where leased_until > clock_timestamp() group by owner_id')
    if (owners.length === names.length) return
    if (performance.now() - startedAt > sharedMaxMs) throw new Error(`${owners.length} of ${names.length} nodes have shards`)
    await wait(100)
  }
}

function triesOf(server: ServerProcess, node: string): readonly LoggedTry[] {
  return logged(server, 'delivery attempted').map((line) => ({
    node,
    at: Date.parse(String(line['time'])),
    messageId: String(line['message_id']),
    attemptId: String(line['attempt_id']),
    number: Number(line['attempt']),
    status: typeof line['status'] === 'number' ? line['status'] : null,
  }))
}
