import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from './tool.ts'

/**
 * All tests, or those that the arguments of Vitest select (`npm test -- src/alerts`), and a closing line that counts them.
 * Those that need programs of Debian run only when asked for: `npm test -- --project debian`.
 */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-counts-'))
  const counts = join(folder, 'counts.json')
  const given = process.argv.slice(2)
  const choice = given.some((argument) => argument.startsWith('--project')) ? [] : ['--project=!debian']
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${counts}`]
  try {
    const { code } = await runTool('vitest/vitest.mjs', ['run', ...choice, ...reporters, ...given], 'shown')
    console.log(closingLine(readCounts(counts)))
    process.exitCode = code
  } finally {
    rmSync(folder, { recursive: true })
  }
}

type Counts = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** Null when Vitest did not get as far as counting. */
function readCounts(file: string): Counts | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

/** A file that cannot even be loaded counts as one failure. */
function closingLine(counts: Counts | null): string {
  if (counts === null) return '0 passed, 1 failed'
  const unloaded = counts.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
  const skipped = counts.numPendingTests === 0 ? '' : `, ${counts.numPendingTests} skipped`
  return `${counts.numPassedTests} passed, ${counts.numFailedTests + unloaded} failed${skipped}`
}

await main()
