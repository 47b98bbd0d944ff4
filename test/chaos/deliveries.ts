import { setTimeout as wait } from 'node:timers/promises'
import { clientOf, makeIntegration } from '../processes/client.ts'
import { run } from '../support/address.ts'
import type { Chance } from './chance.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { untilIdle } from './database.ts'
import { type AttemptRow, countedCauses, duplicatesOf } from './duplicates.ts'
import { flood } from './flood.ts'
import { type Heard, type Hearing, openHearing } from './hearing.ts'
import { print, type Report } from './report.ts'

const hookCount = 40

type Options = {
  readonly folder: string
  readonly chance: Chance
  /** How many deliveries the blows fall into. */
  readonly count: number
  /** For how long the database is gone; 0: this is left out. */
  readonly outageMs: number
  readonly report: Report
}

type World = { readonly cluster: Cluster; readonly hearing: Hearing; readonly path: string; readonly report: Report }

/**
 * Deliveries of three nodes that are killed, frozen and restarted, and whose database is restarted and gone: none is lost, each has one
 * success in the log of attempts, and what came twice is explained by what was done to a node.
 */
export async function strikeDeliveries({ folder, chance, count, outageMs, report }: Options): Promise<void> {
  const hearing = await openHearing(chance)
  const cluster = await startCluster(folder, hearing.place)
  try {
    const path = await prepare(cluster, hearing)
    const world: World = { cluster, hearing, path, report }
    const groups = Math.ceil(count / hookCount)
    await stage(world, { name: 'three nodes struck', groups, overMs: 20_000, strike: () => strikeAll(cluster), isBlow: true })
    await stage(world, {
      name: 'rolling restart',
      groups: Math.ceil(groups / 4),
      overMs: 10_000,
      strike: () => cluster.restartInTurn(),
      isBlow: false,
    })
    if (outageMs > 0)
      await stage(world, {
        name: `database gone for ${outageMs / 1000} s`,
        groups: Math.ceil(groups / 4),
        overMs: outageMs + 5_000,
        strike: () => wait(2_000).then(() => cluster.loseDatabase(outageMs)),
        isBlow: false,
      })
  } finally {
    await cluster.close()
    hearing.close()
  }
}

/** Long enough that other nodes take over what is a node's own: a lease is 12 s. */
const longFreezeMs = 14_000
/** Short enough that it may keep it. */
const shortFreezeMs = 9_000

/** While one node is frozen, the second is killed, the database is restarted, and the third is frozen too. */
async function strikeAll(cluster: Cluster): Promise<void> {
  await wait(2_000)
  const frozen = cluster.freeze(2, longFreezeMs)
  await wait(2_000)
  await cluster.kill(0, 2_000)
  await cluster.loseDatabase(0)
  await wait(1_000)
  await cluster.freeze(1, shortFreezeMs)
  await frozen
}

async function prepare({ urls }: Cluster, { urlOf }: Hearing): Promise<string> {
  const client = clientOf(urls()[0] ?? '')
  for (let hook = 1; hook <= hookCount; hook += 1)
    await client.call('POST', 'webhooks/', {
      name: `hook ${hook}`,
      url: urlOf(hook),
      http_method: 'POST',
      trigger_type: 'alert group created',
      retry: [1, 1, 2, 4, 8, 8, 8, 8, 8, 8],
    })
  return makeIntegration(client, 'chaos')
}

type Stage = {
  readonly name: string
  readonly groups: number
  /** The alerts come within this time. */
  readonly overMs: number
  readonly strike: () => Promise<void>
  /** Whether what is done may make a delivery come twice. */
  readonly isBlow: boolean
}

async function stage(world: World, { name, groups, overMs, strike, isBlow }: Stage): Promise<void> {
  const { cluster, hearing, path, report } = world
  const titles = Array.from({ length: groups }, (_, number) => `${name} ${number}`)
  const startedAt = performance.now()
  const [refusals] = await Promise.all([flood({ titles, path, urls: cluster.urls, overMs }), strike()])
  report.add(`${name}: each alert is accepted`, refusals)
  report.add(`${name}: all work is done`, await untilIdle(cluster.dataDir))
  print(`        after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  const ours = new Set(titles)
  const heard = hearing.heard.filter(({ title }) => ours.has(title))
  const rows = await attemptRows(cluster)
  for (const [promise, broken] of Object.entries(brokenPromises(titles, heard, rows))) report.add(`${name}: ${promise}`, broken)
  const duplicates = duplicatesOf({ heard, tries: cluster.tries(), rows, blows: isBlow ? cluster.blows : [] })
  for (const line of countedCauses(duplicates)) print(`        ${line}`)
  const unexplained = duplicates.flatMap(({ messageId, cause }) => (cause === null ? [messageId] : []))
  const promise = isBlow ? `what came twice (${duplicates.length}) is explained by a blow` : 'none comes twice'
  report.add(`${name}: ${promise}`, unexplained)
}

/** What is true of every delivery, whatever was struck. */
function brokenPromises(
  titles: readonly string[],
  heard: readonly Heard[],
  rows: readonly AttemptRow[],
): Readonly<Record<string, readonly string[]>> {
  const keyOf = ({ hook, title }: Heard): string => `${hook} ${title}`
  const expected = titles.flatMap((title) => Array.from({ length: hookCount }, (_, index) => `${index + 1} ${title}`))
  const accepted = new Set(heard.filter(({ isAccepted }) => isAccepted).map(keyOf))
  const ids = Map.groupBy(heard, keyOf)
  const successes = Map.groupBy(
    rows.filter(({ outcome }) => outcome === 'success'),
    ({ messageId }) => messageId,
  )
  return {
    [`none of ${expected.length} deliveries is lost`]: expected.filter((key) => !accepted.has(key)),
    'each has one id': [...ids].flatMap(([key, own]) => (new Set(own.map(({ id }) => id)).size === 1 ? [] : [key])),
    'each has one success in the log of attempts': [...new Set(heard.map(({ id }) => id))].flatMap((id) => {
      const count = successes.get(id)?.length ?? 0
      return count === 1 ? [] : [`${id}: ${count} successes`]
    }),
  }
}

async function attemptRows({ connection }: Cluster): Promise<readonly AttemptRow[]> {
  const rows = await run(connection, 'select id, message_id, outcome from attempts')
  return rows.map(({ id, message_id, outcome }) => ({
    id: String(id),
    messageId: String(message_id),
    outcome: String(outcome),
  }))
}
