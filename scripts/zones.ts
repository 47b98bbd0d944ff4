import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './tool.ts'
import { lagOf } from './zones/lag.ts'

/** Says when newer rules of time zones are out. Never fails: new rules are no fault of a commit, and there may be no network. */
async function main(): Promise<void> {
  const newest = await newestVersion()
  const warning = newest === null ? null : lagOf(await installedVersion(), newest)
  console.log(warning ?? (newest === null ? 'the registry of npm was not reached' : 'the rules of time zones are the newest'))
}

async function installedVersion(): Promise<string> {
  const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  )
  return manifest.dependencies['moment-timezone'] ?? ''
}

/** Null: nobody could be asked within ten seconds. */
async function newestVersion(): Promise<string | null> {
  try {
    const answer = await promisify(execFile)('npm', ['view', 'moment-timezone', 'version'], { timeout: 10_000, cwd: root })
    return answer.stdout.trim()
  } catch {
    return null
  }
}

await main()
