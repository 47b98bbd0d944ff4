import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { root } from './tool.ts'

/**
 * Starts this installation as its users do, with `npm start` and the npm that runs this script: it becomes ready, stops cleanly,
 * and comes back after its server was killed. No PostgreSQL may be left behind.
 */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-smoke-'))
  const place: Place = { dataDir: join(folder, 'data'), port: await freePort() }
  const faults: string[] = []
  for (const [promise, proof] of Object.entries(promises)) {
    const fault = await proof(place).catch((error: unknown) => String(error))
    console.log(`${fault === null ? 'passed' : 'FAILED'}  ${promise}${fault === null ? '' : `: ${fault}`}`)
    if (fault !== null) faults.push(fault)
  }
  for (const pid of started) endGroup(pid)
  rmSync(homeOf(place), { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
  console.log(`${Object.keys(promises).length - faults.length} passed, ${faults.length} failed`)
  process.exitCode = faults.length === 0 ? 0 : 1
}

type Place = { readonly dataDir: string; readonly port: number }

/** Each answers what is wrong, or null. */
const promises: Readonly<Record<string, (place: Place) => Promise<string | null>>> = {
  'the first start becomes ready, and SIGTERM to npm stops everything': async (place) => {
    const npm = start(place)
    const late = await readyWithin(place, 20_000)
    return late ?? (await stops(npm, place))
  },
  'after a kill -9 of the server the next start becomes ready': async (place) => {
    const killed = start(place)
    const late = await readyWithin(place, 10_000)
    if (late !== null) return late
    const server = serverOf(killed)
    if (server === null) return 'the server process was not found'
    process.kill(server, 'SIGKILL')
    await ended(killed, 10_000)
    const npm = start(place)
    return (await readyWithin(place, 15_000)) ?? (await stops(npm, place))
  },
}

const started: number[] = []

function start({ dataDir, port }: Place): ChildProcess {
  const npm = process.env['npm_execpath']
  const node = process.env['npm_node_execpath']
  if (npm === undefined || node === undefined) throw new Error('run this with "npm run smoke"')
  const env = { ...process.env, WATCHBELL_DATA_DIR: dataDir, WATCHBELL_PORT: String(port) }
  // A process group of its own, so that nothing is left when a promise is broken.
  const child = spawn(node, [npm, 'start'], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  if (child.pid !== undefined) started.push(child.pid)
  return child
}

async function readyWithin({ port }: Place, limitMs: number): Promise<string | null> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < limitMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null)
    if (answer?.status === 200) return null
    await wait(50)
  }
  return `not ready after ${limitMs} ms`
}

async function stops(npm: ChildProcess, place: Place): Promise<string | null> {
  npm.kill('SIGTERM')
  if (!(await ended(npm, 15_000))) return 'npm did not end within 15 s of SIGTERM'
  for (let tries = 0; tries < 50 && postmasterOf(place) !== null; tries += 1) await wait(100)
  const left = postmasterOf(place)
  return left === null ? null : `PostgreSQL is left behind as process ${left}`
}

async function ended(child: ChildProcess, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 50) {
    if (child.exitCode !== null || child.signalCode !== null) return true
    await wait(50)
  }
  return false
}

/** npm runs the script in a shell, which becomes the server. */
function serverOf(npm: ChildProcess): number | null {
  const commands = processes()
  const isOurs = (parent: number): boolean =>
    parent === npm.pid || commands.some((one) => one.pid === parent && isOurs(one.parent))
  return (
    commands.find((one) => isOurs(one.parent) && one.argv.includes('serve') && /\bnode$/.test(one.argv[0] ?? ''))?.pid ?? null
  )
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

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

await main()
