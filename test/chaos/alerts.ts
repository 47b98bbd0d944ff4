import { join } from 'node:path'
import { findRunning } from '../../src/db/embedded/server.ts'
import { adminToken, clientOf, listAlertGroups, makeSource, makeWebhook } from '../processes/client.ts'
import { type HookReceiver, type MailReceiver, receiveHooks, receiveMails } from '../processes/receivers.ts'
import {
  freePort,
  type Launch,
  launchServer,
  postgresOf,
  type ServerProcess,
  stopServer,
  untilReady,
} from '../processes/server-process.ts'
import { type Blow, blows, strike } from './blow.ts'
import { type Chance, chanceFrom } from './chance.ts'
import { brokenRows, untilIdle } from './database.ts'
import { announced, brokenHandOvers, makeHandOvers } from './hand-overs.ts'
import { type Load, startLoad } from './load.ts'
import { promises } from './promises.ts'
import { print, type Report } from './report.ts'

type Options = {
  readonly folder: string
  readonly rounds: number
  readonly seed: number
  readonly slowly: () => number
  readonly report: Report
}

/**
 * A real server under load, struck again and again: it, its database or both are killed at any moment, also while it starts, and
 * sometimes it is asked to stop. Afterwards every alert that was answered with success must be there, with its page and its webhooks,
 * and every hand-over, once.
 */
export async function strikeServer({ folder, rounds, seed, slowly, report }: Options): Promise<void> {
  const hooks = await receiveHooks(slowly)
  const shifts = await receiveHooks(slowly)
  const mails = await receiveMails(slowly)
  try {
    const world = await prepare({ folder, hooks, shifts, mails }, chanceFrom(seed + 1))
    await strikeAll(world, { rounds, chance: chanceFrom(seed + 2), report })
    await judge(world, report)
  } finally {
    hooks.close()
    shifts.close()
    mails.close()
  }
}

type Receivers = { readonly hooks: HookReceiver; readonly shifts: HookReceiver; readonly mails: MailReceiver }

type World = Receivers & {
  readonly launch: Launch
  readonly dataDir: string
  readonly load: Load
  /** Ids of messages that a clean stop has confirmed, and how many arrivals there were then. */
  readonly confirmed: { ids: ReadonlySet<string>; arrivals: number }
  readonly sentAgain: string[]
}

/** Sets the server up, stops it, and begins to send. */
async function prepare(
  { folder, hooks, shifts, mails }: Receivers & { readonly folder: string },
  chance: Chance,
): Promise<World> {
  const launch: Launch = {
    folder,
    name: 'data',
    port: await freePort(),
    env: {
      WATCHBELL_BOOTSTRAP_TOKEN: adminToken,
      WATCHBELL_EGRESS_ALLOW: `${hooks.place},${shifts.place}`,
      WATCHBELL_SMTP_URL: mails.url,
    },
  }
  const server = launchServer(launch)
  await untilReady(server)
  const client = clientOf(server.url)
  const path = await makeSource(client, { type: 'alertmanager', name: 'chaos' })
  for (const trigger of ['alert group created', 'resolve']) {
    await makeWebhook(client, { name: trigger, url: `${hooks.url}/${encodeURIComponent(trigger)}`, trigger })
  }
  await makeHandOvers(client, shifts.url)
  await stopServer(server)
  const load = startLoad(`${server.url}${path}`, chance)
  return {
    launch,
    dataDir: join(folder, 'data'),
    hooks,
    shifts,
    mails,
    load,
    confirmed: { ids: new Set(), arrivals: 0 },
    sentAgain: [],
  }
}

type Striking = { readonly rounds: number; readonly chance: Chance; readonly report: Report }

/** Each blow is struck before any is struck twice; the plain kill of the server is every second one. */
async function strikeAll(world: World, { rounds, chance, report }: Striking): Promise<void> {
  const others = blows.filter((blow) => blow !== 'kill server')
  for (let round = 1; round <= rounds; round += 1) {
    const blow: Blow =
      round % 2 === 1 && round > 1 ? 'kill server' : (others[Math.floor(round / 2) % others.length] ?? 'kill server')
    const { words, fault } = await strike(world.launch, blow, chance)
    lookForRepeats(world)
    if (blow === 'stop' && fault === null) confirm(world)
    const { keys, acceptedCount } = world.load
    const counts = `${acceptedCount()} accepted, ${keys.size} keys, ${world.hooks.arrivals.length} webhooks, ${world.mails.arrivals.length} mails`
    report.add(`round ${String(round).padStart(2)}: ${blow}: ${words}; ${counts}`, fault === null ? [] : [fault])
  }
}

/** What arrived by now must not arrive again: a clean stop has written down all that was under way. */
function confirm(world: World): void {
  const arrivals = [...world.hooks.arrivals, ...world.mails.arrivals]
  world.confirmed.ids = new Set(arrivals.map(({ id }) => id))
  world.confirmed.arrivals = arrivals.length
}

function lookForRepeats({ hooks, mails, confirmed, sentAgain }: World): void {
  if (confirmed.arrivals === 0) return
  const fresh = [...hooks.arrivals, ...mails.arrivals].length - confirmed.arrivals
  const byTime = [...hooks.arrivals, ...mails.arrivals].toSorted((a, b) => a.at - b.at).slice(-fresh)
  if (fresh > 0) sentAgain.push(...byTime.flatMap(({ id }) => (confirmed.ids.has(id) ? [id] : [])))
  confirmed.arrivals += fresh
}

/** A last start, and time to finish what is left; then everything is looked at. */
async function judge(world: World, report: Report): Promise<void> {
  const { launch, dataDir, load, hooks, mails } = world
  const server = launchServer(launch)
  await untilReady(server)
  await load.stop()
  const pending = await untilIdle(dataDir)
  lookForRepeats(world)
  report.add('all work is done', pending)
  const groups = await listAlertGroups(clientOf(server.url))
  const seen = { ...load, groups, hooks: hooks.arrivals, mails: mails.arrivals, sentAgain: world.sentAgain }
  for (const [promise, broken] of Object.entries(promises)) report.add(promise, broken(seen))
  for (const [promise, broken] of Object.entries(await handOversOf(world))) report.add(promise, broken)
  report.add('the tables agree with each other', await brokenRows(dataDir))
  report.add('after the last stop no PostgreSQL is left', await stopAll(server, launch))
  const repeats = (arrivals: readonly { readonly id: string }[]): number =>
    arrivals.length - new Set(arrivals.map(({ id }) => id)).size
  print(
    `${groups.length} groups; repeated: ${repeats(hooks.arrivals)} of ${hooks.arrivals.length} webhooks, ${repeats(mails.arrivals)} of ${mails.arrivals.length} mails`,
  )
}

async function handOversOf({ dataDir, shifts }: World): Promise<Readonly<Record<string, readonly string[]>>> {
  const connection = await findRunning(dataDir)
  if (connection === null) throw new Error('the database does not run')
  const handOvers = await announced(connection)
  // What was announced just now is still on its way.
  const told = handOvers.filter(({ foundAt }) => foundAt < Date.now() - 10_000)
  print(`${told.length} hand-overs, ${told.filter(({ isLate }) => isLate).length} of them late`)
  return brokenHandOvers(told, shifts.arrivals)
}

async function stopAll(server: ServerProcess, launch: Launch): Promise<readonly string[]> {
  await stopServer(server)
  return postgresOf(launch).map(({ pid }) => `process ${pid}`)
}
