import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Bug, bugs } from './bugs.ts'
import { startServer } from './server.ts'

/** A bug that survives so many seeds survives. The rarest is found by every third. */
const seedsMax = 24

/**
 * `npm run sim:mutants [-- --only WORD]`: plants each bug and lives through seeds until one finds it. No seed is known
 * beforehand, since each change of the program moves the traces; instead, a bug names the trouble in which it shows. A bug
 * that survives means that the simulator has become blind, and the exit code is 1. `--from K` begins at another seed, and
 * `--measure N` says which share of N seeds finds each bug.
 */
async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { only: { ...text, default: '' }, from: { ...text, default: '1' }, measure: text } })
  const startedAt = performance.now()
  const seeds = values.measure === undefined ? ['--seeds', `${seedsMax}`] : ['--seeds', values.measure, '--all']
  const wanted = bugs.filter(({ name }) => name.includes(values.only))
  const server = await startServer()
  let survivors = 0
  try {
    await inParallel(wanted, async (bug) => {
      const hunt = await huntFor(bug, ['--socket', server.socket, '--from', values.from, ...seeds])
      if (hunt.finders === 0) survivors += 1
      console.log(reportOf(bug, hunt))
    })
  } finally {
    await server.stop()
  }
  console.log(`${wanted.length - survivors} passed, ${survivors} failed: planted bugs in ${secondsSince(startedAt)} s`)
  process.exitCode = survivors === 0 ? 0 : 1
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

type Hunt = {
  /** How many seeds there were, and how many of them found the bug. */
  readonly seeds: number
  readonly finders: number
  /** What the first finder says. */
  readonly words: string
  readonly spent: string
}

/** In a process of its own, since a program can be loaded with one set of bugs only. */
async function huntFor({ name }: Bug, options: readonly string[]): Promise<Hunt> {
  const startedAt = performance.now()
  const program = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [program, '--bug', name, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  const spent = secondsSince(startedAt)
  const [, passed, failed] = /^(\d+) passed, (\d+) failed/m.exec(output) ?? []
  if (passed === undefined) return { seeds: 0, finders: 0, words: `It could not be planted:\n${output}`, spent }
  const [, words = ''] = /^seed \d+: \d+ violations.*\n.*\n {2}(.*)/m.exec(output) ?? []
  return { seeds: Number(passed) + Number(failed), finders: Number(failed), words: words.slice(0, 140), spent }
}

function reportOf({ name }: Bug, { seeds, finders, words, spent }: Hunt): string {
  const verdict = finders === 0 ? `SURVIVED ${seeds} seeds` : `found by ${finders} of ${seeds} seeds`
  return `${spent.padStart(6)} s  ${name}\n          ${verdict}\n          ${words}`
}

const secondsSince = (startedAt: number): string => ((performance.now() - startedAt) / 1000).toFixed(1)

await main()
