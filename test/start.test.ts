import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  freePort,
  launchServer,
  logged,
  postgresOf,
  type ServerProcess,
  stopServer,
  untilReady,
} from './processes/server-process.ts'

/** Real processes with databases of their own that are killed, and started again. */
const folder = mkdtempSync(join(tmpdir(), 'watchbell-start-'))
const processes: ServerProcess[] = []

// PostgreSQL, which is another user where the tests are root's, must be able to pass.
beforeAll(() => chmodSync(folder, 0o755))
afterAll(async () => {
  for (const one of processes) one.signal('SIGKILL')
  await Promise.all(processes.map((one) => one.exit))
  for (const name of names) killDatabase(name)
  rmSync(folder, { recursive: true, force: true })
})

const names = ['crashed', 'hurried'] as const
type Name = (typeof names)[number]

/** Each start has a log of its own. */
async function launch(name: Name): Promise<ServerProcess> {
  rmSync(join(folder, `${name}.log`), { force: true })
  const server = launchServer({ folder, name, port: await freePort(), env: {} })
  processes.push(server)
  return server
}

async function start(name: Name): Promise<ServerProcess> {
  const server = await launch(name)
  await untilReady(server, 60_000)
  return server
}

function killDatabase(name: Name): void {
  for (const { pid } of postgresOf({ folder, name })) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended with the one before.
    }
  }
}

/** What the log tells, less what it tells only where the machine is slow. */
const told = ({ logFile }: ServerProcess): readonly string[] =>
  readFileSync(logFile, 'utf8')
    .split('\n')
    .flatMap((line) => /"msg":"([^"]+)"\}$/.exec(line)?.[1] ?? [])
    .filter((message) => message !== 'still starting')

test('a start tells its steps with their times, and after a crash what the database does again', async () => {
  const first = await start('crashed')
  expect(told(first).slice(0, 4)).toEqual(['server starting', 'database starting', 'database started', 'migration applied'])
  expect(logged(first, 'database starting')).toMatchObject([{ found: 'nothing' }])
  // In this order: what is tied to the life of the server would have it stop in peace.
  killDatabase('crashed')
  first.signal('SIGKILL')
  await first.exit

  const second = await start('crashed')
  expect([...new Set(told(second))].slice(0, 4)).toEqual([
    'server starting',
    'database starting',
    'database recovering',
    'database started',
  ])
  expect(logged(second, 'database starting')).toMatchObject([{ found: 'killed' }])
  const recovering = logged(second, 'database recovering').map(({ line }) => String(line))
  expect(recovering.filter((line) => line.includes('automatic recovery in progress'))).toHaveLength(1)
  expect(logged(second, 'database started')).toMatchObject([{ durationMs: expect.any(Number) }])
  expect(logged(second, 'server ready')).toMatchObject([{ durationMs: expect.any(Number) }])
  expect(await stopServer(second)).toBe(0)

  const third = await start('crashed')
  expect(logged(third, 'database starting')).toMatchObject([{ found: 'stopped' }])
  expect(logged(third, 'database recovering')).toEqual([])
  expect(await stopServer(third)).toBe(0)
})

test('a server that is told to stop while it starts stops, and leaves no database behind', async () => {
  const server = await launch('hurried')
  await vi.waitFor(() => expect(told(server)).toContain('database starting'), { timeout: 60_000, interval: 5 })
  expect(await stopServer(server)).toBe(0)
  expect(told(server).slice(0, 4)).toEqual(['server starting', 'database starting', 'server stopping', 'database started'])
  expect(told(server).at(-1)).toBe('server stopped')
  expect(postgresOf({ folder, name: 'hurried' })).toEqual([])
})
