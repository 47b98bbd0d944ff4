import { parseArgs } from 'node:util'
import { type Finished, runNode, runTool } from './tool.ts'

/** What every commit must pass, the quick steps first. Stops at the first failure and shows what it said. */
const steps: Readonly<Record<string, () => Promise<Finished>>> = {
  types: () => runTool('typescript/bin/tsc', [], 'kept'),
  lint: () => runTool('oxlint/bin/oxlint', [], 'kept'),
  format: () => runTool('@biomejs/biome/bin/biome', ['ci', '.'], 'kept'),
  'dead-code': () => runTool('knip/bin/knip.js', [], 'kept'),
  lock: () => runNode(['scripts/fix-lock.ts', '--check'], 'kept'),
  schema: () => runNode(['scripts/db-types.ts', '--check'], 'kept'),
  zones: () => runNode(['scripts/zones.ts'], 'kept'),
  tests: () => runNode(['scripts/test.ts'], 'kept'),
  sim: () => runNode(['sim/main.ts', '--seconds', '20'], 'kept'),
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
  const names = values.only ?? Object.keys(steps)
  const startedAt = performance.now()
  let passedCount = 0
  for (const name of names) {
    if (!(await passes(name))) break
    passedCount += 1
  }
  const allPassed = passedCount === names.length
  console.log(`${passedCount} passed, ${allPassed ? 0 : 1} failed in ${secondsSince(startedAt)} s`)
  process.exitCode = allPassed ? 0 : 1
}

async function passes(name: string): Promise<boolean> {
  const step = steps[name]
  if (step === undefined) throw new Error(`there is no step "${name}"; there are ${Object.keys(steps).join(', ')}`)
  const startedAt = performance.now()
  const { code, output } = await step()
  if (code !== 0) console.log(output.trimEnd())
  for (const warning of output.match(/^warning: .*$/gm) ?? []) console.log(warning)
  const counts = /^\d+ passed, \d+ failed.*$/m.exec(output)?.[0] ?? ''
  console.log(
    `${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(9)} ${secondsSince(startedAt).padStart(6)} s  ${counts}`.trimEnd(),
  )
  return code === 0
}

const secondsSince = (startedAt: number): string => ((performance.now() - startedAt) / 1000).toFixed(1)

await main()
