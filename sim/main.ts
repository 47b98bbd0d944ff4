import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { known } from '../src/lib/check.ts'
import { type Bug, bugs } from './bugs.ts'
import { applyPatches, lightening } from './patches.ts'
import type { Finding } from './seed.ts'
import { type Trouble, troubleKinds } from './trouble.ts'

const keptSeeds = new URL('./seeds.txt', import.meta.url)

/**
 * `npm run sim [-- --seconds N | --seed K [--trace]]`: lives through seeds for a while, those first that failed once. A seed
 * that breaks a promise is kept, and the exit code is 1. `--from K` begins at a seed, `--seeds N` lives through so many, up
 * to the first that fails, or with `--all` through all of them. `--trouble KIND`, once or more, has such trouble and no
 * other; `--bug NAME` plants a bug and has its trouble. `--socket DIR` uses a PostgreSQL that runs.
 */
async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      seconds: text,
      seed: text,
      from: text,
      seeds: text,
      trouble: { ...text, multiple: true },
      bug: text,
      socket: text,
      trace: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
    },
  })
  const bug =
    values.bug === undefined
      ? null
      : known(
          bugs.find(({ name }) => name === values.bug),
          'the bug is known',
        )
  const troubles = bug?.troubles ?? values.trouble?.map(troubleOf) ?? null
  const { live, stop } = await prepare({ bug, troubles, socket: values.socket ?? null, isTraced: values.trace })
  try {
    if (values.seed !== undefined) show(await live(Number(values.seed)))
    else await search(live, searchOf(values, bug !== null))
  } finally {
    await stop()
  }
}

function troubleOf(word: string): Trouble {
  return known(
    troubleKinds.find((kind) => kind === word),
    `the trouble is one of: ${troubleKinds.join(', ')}`,
  )
}

type Preparation = {
  readonly bug: Bug | null
  /** Null: the seeds draw them. */
  readonly troubles: readonly Trouble[] | null
  readonly socket: string | null
  readonly isTraced: boolean
}
type Live = (seed: number) => Promise<Finding>

/** Only what is imported after the patches were applied is patched. */
async function prepare({
  bug,
  troubles,
  socket,
  isTraced,
}: Preparation): Promise<{ readonly live: Live; readonly stop: () => Promise<void> }> {
  applyPatches([...lightening, ...(bug?.patches ?? [])])
  const { runSeed } = await import('./seed.ts')
  const { serverAt, startServer } = await import('./server.ts')
  const server = socket === null ? await startServer() : serverAt(socket)
  const onNote = isTraced ? (line: string) => console.log(line) : () => {}
  return {
    live: (seed) => runSeed({ seed, server, statements: bug?.statements ?? [], troubles, onNote }),
    stop: server.stop,
  }
}

type Search = {
  readonly from: number
  readonly untilMs: number
  readonly countMax: number
  /** The seeds that failed once come first, and new ones are kept. */
  readonly keeps: boolean
  /** One that fails is enough. */
  readonly stops: boolean
}

type Wish = { readonly seconds?: string; readonly from?: string; readonly seeds?: string; readonly all: boolean }

function searchOf({ seconds, from, seeds, all }: Wish, isPlanted: boolean): Search {
  const isCounted = seeds !== undefined
  return {
    from: from === undefined ? Math.floor(Date.now() / 1000) : Number(from),
    untilMs: isCounted ? Number.POSITIVE_INFINITY : performance.now() + Number(seconds ?? 20) * 1000,
    countMax: isCounted ? Number(seeds) : Number.POSITIVE_INFINITY,
    keeps: !isPlanted && !isCounted,
    stops: isCounted && !all,
  }
}

async function search(live: Live, { from, untilMs, countMax, keeps, stops }: Search): Promise<void> {
  const startedAt = performance.now()
  const kept = keeps ? keptNumbers() : []
  let count = 0
  let failed = 0
  const traces = createHash('sha256')
  const take = async (seed: number): Promise<void> => {
    const finding = await live(seed)
    count += 1
    traces.update(finding.digest)
    if (finding.violations.length === 0) return
    failed += 1
    show(finding)
    if (keeps && !kept.includes(seed)) appendFileSync(keptSeeds, `${seed}\n`)
  }
  for (const seed of kept) await take(seed)
  for (let seed = from; performance.now() < untilMs && seed < from + countMax && !(stops && failed > 0); seed += 1)
    await take(seed)
  const spent = (performance.now() - startedAt) / 1000
  const speed = `${spent.toFixed(1)} s, ${(count / spent).toFixed(2)} per second`
  const trace = traces.digest('hex').slice(0, 16)
  console.log(
    `${count - failed} passed, ${failed} failed: ${kept.length} kept seeds and those from ${from}, in ${speed}, trace ${trace}`,
  )
}

function show({ seed, violations, digest, happenings, virtualHours, alerts, sendings, deaths }: Finding): void {
  console.log(
    `seed ${seed}: ${violations.length === 0 ? 'every promise kept' : `${violations.length} violations`}, trace ${digest}`,
  )
  console.log(
    `  ${virtualHours.toFixed(1)} hours, ${happenings} happenings, ${alerts} alerts, ${sendings} messages sent, ${deaths} deaths`,
  )
  for (const violation of violations.slice(0, 20)) console.log(`  ${violation}`)
  if (violations.length === 0) return
  process.exitCode = 1
  console.log(`  replay: npm run sim -- --seed ${seed} --trace`)
}

function keptNumbers(): readonly number[] {
  const lines = readFileSync(keptSeeds, 'utf8').split('\n')
  return lines.filter((line) => /^\d/.test(line)).map((line) => Number.parseInt(line, 10))
}

await main()
