import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Bug, bugs } from './bugs.ts'
import { startServer } from './server.ts'

/** A bug that survives so many seeds survives. */
const seedsMax = 80

/**
 * `npm run sim:mutants [-- --only WORD]`: plants each bug and lives through the seed that is known to find it. Where the
 * program has changed since, another seed may be the first to find it: then the first seeds are tried too, and the new one is
 * told. A bug that survives means that the simulator has become blind, and the exit code is 1.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
  const server = await startServer()
  let survivors = 0
  try {
    for (const bug of bugs.filter(({ name }) => name.includes(values.only))) {
      const startedAt = performance.now()
      const known = await hunt(bug, ['--socket', server.socket, '--seed', String(bug.seed)])
      const found =
        known.seed === null ? await hunt(bug, ['--socket', server.socket, '--from', '1', '--seeds', `${seedsMax}`]) : known
      if (found.seed === null) survivors += 1
      const hint = known.seed === null && found.seed !== null ? `, no longer by ${bug.seed}: change it in sim/bugs.ts` : ''
      const verdict = found.seed === null ? 'SURVIVED' : `found by seed ${found.seed}${hint}`
      const spent = ((performance.now() - startedAt) / 1000).toFixed(1)
      console.log(`${spent.padStart(6)} s  ${bug.name}\n          ${verdict}\n          ${found.words}`)
    }
  } finally {
    await server.stop()
  }
  console.log(survivors === 0 ? 'All planted bugs were found.' : `${survivors} planted bugs survived.`)
  process.exitCode = survivors === 0 ? 0 : 1
}

type Hunt = { readonly seed: string | null; readonly words: string }

/** In a process of its own, since a program can be loaded with one set of bugs only. */
async function hunt({ name }: Bug, options: readonly string[]): Promise<Hunt> {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [program, '--bug', name, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  const [, seed, words = ''] = /^seed (\d+): \d+ violations.*\n.*\n {2}(.*)/m.exec(output) ?? []
  if (seed !== undefined) return { seed, words: words.slice(0, 140) }
  const isSound = /every promise kept|passed, 0 failed/.test(output)
  return { seed: null, words: isSound ? '' : `It could not be planted:\n${output}` }
}

await main()
