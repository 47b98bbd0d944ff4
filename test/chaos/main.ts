import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { receiveHooks } from '../processes/receivers.ts'
import { strikeServer } from './alerts.ts'
import { chanceFrom } from './chance.ts'
import { strikeDeliveries } from './deliveries.ts'
import { judgeIsolation } from './isolation.ts'
import { strikeNodes } from './nodes.ts'
import { newReport, print, type Report } from './report.ts'

type Options = {
  readonly folder: string
  readonly seed: number
  readonly rounds: number
  readonly deliveries: number
  readonly outageMs: number
  readonly report: Report
}

/**
 * Real processes that are killed, frozen and cut off, and what is promised all the same. All parts, or those that are named (`--part
 * alerts`). `--rounds N` (40) is how often servers are struck, `--deliveries N` (20000) how many deliveries the blows fall into, and
 * `--outage SECONDS` (30) how long the database is gone. The seed (`--seed N`) decides the blows and the load, though not how the
 * processes meet.
 */
const parts: Readonly<Record<string, (options: Options) => Promise<void>>> = {
  alerts: (options) => strikeServer({ ...options, slowly: slowlyFrom(options.seed) }),
  'hand-overs': judgeNodes,
  deliveries: ({ seed, deliveries, ...options }) =>
    strikeDeliveries({ ...options, count: deliveries, chance: chanceFrom(seed + 4) }),
  isolation: judgeIsolation,
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: { part: { ...text, multiple: true }, rounds: text, deliveries: text, outage: text, seed: text },
  })
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  print(`seed ${seed}`)
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-chaos-'))
  // Started by root, PostgreSQL runs as a user who must be able to get there.
  chmodSync(folder, 0o755)
  const report = newReport()
  const options: Options = {
    folder,
    seed,
    rounds: Number(values.rounds ?? 40),
    deliveries: Number(values.deliveries ?? 20_000),
    outageMs: Number(values.outage ?? 30) * 1000,
    report,
  }
  for (const name of values.part ?? Object.keys(parts)) await play(name, options)
  if (report.failed() === 0) rmSync(folder, { recursive: true, force: true })
  else print(`The data and the log are kept in ${folder}. Seed: ${seed}`)
  print(`${report.passed()} passed, ${report.failed()} failed`)
  process.exit(report.failed() === 0 ? 0 : 1)
}

/** A part that cannot go on does not keep the others from being played. */
async function play(name: string, options: Options): Promise<void> {
  const part = parts[name]
  if (part === undefined) throw new Error(`there is no part "${name}"; there are ${Object.keys(parts).join(', ')}`)
  try {
    await part(options)
  } catch (fault) {
    options.report.add(`${name} comes to its end`, [fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)])
  }
}

/** Hand-overs once more, announced by two nodes that are killed in turn. */
async function judgeNodes({ folder, seed, rounds, report }: Options): Promise<void> {
  const hooks = await receiveHooks(slowlyFrom(seed + 5))
  try {
    const broken = await strikeNodes({ folder, hooks, rounds: Math.ceil(rounds / 2), chance: chanceFrom(seed + 3) })
    for (const [promise, lines] of Object.entries(broken)) report.add(`two nodes: ${promise}`, lines)
  } finally {
    hooks.close()
  }
}

/** Most receivers are quick, and some hold a request under way when the blow comes. */
function slowlyFrom(seed: number): () => number {
  const dice = chanceFrom(seed)
  return () => (dice.next() < 0.85 ? dice.between(0, 40) : dice.between(100, 600))
}

await main()
