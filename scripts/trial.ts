import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { known } from '../src/lib/check.ts'
import { holdFreePort } from '../src/lib/node/free-port.ts'

/** Where a server is tried out: a folder of its own, removed afterwards, and a port. */
export type Place = { readonly folder: string; readonly dataDir: string; readonly port: number }

/** Answers what is wrong, or null. */
type Proof = (place: Place) => Promise<string | null>

/** Proves promises in their order at one place, prints how each went and a closing line that counts, and leaves nothing behind. */
export async function tryOut(promises: Readonly<Record<string, Proof>>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-trial-'))
  const { port, release } = await holdFreePort('127.0.0.1')
  await release()
  const place: Place = { folder, dataDir: join(folder, 'data'), port }
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void clear(place).finally(() => process.exit(1)))
  const faults: string[] = []
  for (const [promise, proof] of Object.entries(promises)) {
    const fault = await proof(place).catch((error: unknown) => String(error))
    console.log(`${fault === null ? 'passed' : 'FAILED'}  ${promise}${fault === null ? '' : `: ${fault}`}`)
    if (fault !== null) faults.push(fault)
  }
  await clear(place)
  console.log(`${Object.keys(promises).length - faults.length} passed, ${faults.length} failed`)
  process.exitCode = faults.length === 0 ? 0 : 1
}

async function clear(place: Place): Promise<void> {
  for (const pid of started) endGroup(pid)
  // It ends with its server, and writes until then.
  await postmasterEnds(place)
  rmSync(homeOf(place), { recursive: true, force: true })
  rmSync(place.folder, { recursive: true, force: true })
}

const started: number[] = []

type Npm = { readonly argv: readonly string[]; readonly cwd: string; readonly env?: Readonly<Record<string, string>> }

/** Starts the npm that runs this script, on the Node that runs this script, as the leader of a process group of its own. */
export function startNpm({ argv, cwd, env = {} }: Npm, output: 'inherit' | 'pipe'): ChildProcess {
  const npm = process.env['npm_execpath']
  if (npm === undefined) throw new Error('run this with "npm run"')
  const child = spawn(process.execPath, [npm, ...argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, 'inherit'],
    detached: true,
  })
  if (child.pid !== undefined) started.push(child.pid)
  return child
}

export function serverSettings({ dataDir, port }: Place): Readonly<Record<string, string>> {
  return { WATCHBELL_DATA_DIR: dataDir, WATCHBELL_PORT: String(port) }
}

export async function readyWithin({ port }: Place, limitMs: number): Promise<string | null> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < limitMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null)
    if (answer?.status === 200) return null
    await wait(50)
  }
  return `not ready after ${limitMs} ms`
}

/** SIGTERM to npm, as a supervisor sends it, ends npm and the server, and no PostgreSQL is left. */
export function stopsByTerm(npm: ChildProcess, place: Place): Promise<string | null> {
  npm.kill('SIGTERM')
  return isGone(npm, place)
}

/** The same for SIGINT to all that npm has started, as a terminal sends it for Ctrl-C. */
export function stopsByInterrupt(npm: ChildProcess, place: Place): Promise<string | null> {
  process.kill(-known(npm.pid, 'npm was started'), 'SIGINT')
  return isGone(npm, place)
}

async function isGone(npm: ChildProcess, place: Place): Promise<string | null> {
  if (!(await ended(npm, 15_000))) return 'npm did not end within 15 s of the signal'
  const left = await postmasterEnds(place)
  return left === null ? null : `PostgreSQL is left behind as process ${left}`
}

export async function ended(child: ChildProcess, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 50) {
    if (child.exitCode !== null || child.signalCode !== null) return true
    await wait(50)
  }
  return false
}

/** The server somewhere below npm: there may be a shell in between. */
export function serverOf(npm: ChildProcess): number | null {
  const commands = processes()
  const isOurs = (parent: number): boolean =>
    parent === npm.pid || commands.some((one) => one.pid === parent && isOurs(one.parent))
  return (
    commands.find((one) => isOurs(one.parent) && one.argv.includes('serve') && /\bnode$/.test(one.argv[0] ?? ''))?.pid ?? null
  )
}

/** Waits five seconds at most; the process that is left then, or null. */
async function postmasterEnds(place: Place): Promise<number | null> {
  for (let tries = 0; tries < 50 && postmasterOf(place) !== null; tries += 1) await wait(100)
  return postmasterOf(place)
}

function postmasterOf(place: Place): number | null {
  const home = homeOf(place)
  const cluster = existsSync(home) ? join(realpathSync(home), 'postgres') : home
  return processes().find((one) => one.argv.includes('-D') && one.argv.includes(cluster))?.pid ?? null
}

/** The database may have been given another place than the data directory, which then says where: root's temporary directory is closed. */
function homeOf({ dataDir }: Place): string {
  const pointer = join(dataDir, 'postgres.location')
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : dataDir
}

type Running = { readonly pid: number; readonly parent: number; readonly argv: readonly string[] }

function processes(): readonly Running[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1])
      const argv = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      return [{ pid: Number(name), parent, argv }]
    } catch {
      // It ended while we looked.
      return []
    }
  })
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nothing of it is left, as it should be.
  }
}
