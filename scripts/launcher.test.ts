import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './tool.ts'

const main = `
export async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'serve') {
    const alive = setInterval(() => {}, 1000)
    process.on('SIGTERM', () => {
      console.log('told to stop')
      clearInterval(alive)
    })
  }
  console.log(JSON.stringify({ argv, pid: process.pid, major: process.versions.node.split('.')[0] }))
  if (argv[0] === 'fail') process.exitCode = 7
  if (argv[0] === 'throw') throw new Error('a defect')
}`

/** This Node, but it says that it is an old one. */
const old = [
  '--import',
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})',
]

const folder = mkdtempSync(join(tmpdir(), 'watchbell-launcher-'))
const installed = join(folder, 'installed')
const bare = join(folder, 'bare')
/** As npm installs a package: what it needs lies beside it. */
const packed = join(folder, 'user/packed')

beforeAll(() => {
  for (const place of [installed, bare, packed]) {
    mkdirSync(join(place, 'dist'), { recursive: true })
    cpSync(join(root, 'bin'), join(place, 'bin'), { recursive: true })
    cpSync(join(root, 'package.json'), join(place, 'package.json'))
    writeFileSync(join(place, 'dist/main.js'), `export const main = (argv) => console.log('built', ...argv)`)
  }
  for (const place of [installed, bare]) {
    mkdirSync(join(place, 'src'))
    writeFileSync(join(place, 'src/main.ts'), main)
  }
  for (const place of [installed, dirname(packed)]) symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
})

afterAll(() => rmSync(folder, { recursive: true }))

const launch = (place: string, flags: readonly string[], ...argv: string[]) =>
  spawnSync(process.execPath, [...flags, join(place, 'bin/watchbell.js'), ...argv], { encoding: 'utf8' })

test.each([
  ['the wanted Node', []],
  ['an old Node, by way of the installed one', old],
])('runs on %s', (_, flags) => {
  expect(JSON.parse(launch(installed, flags, 'version', '--json').stdout)).toMatchObject({
    argv: ['version', '--json'],
    major: '24',
  })
  expect(launch(installed, flags, 'fail').status).toBe(7)
  expect(launch(installed, flags, 'throw')).toMatchObject({ status: 1, stderr: expect.stringContaining('a defect') })
})

test('a package without sources runs what was built', () => {
  expect(launch(packed, [], 'version')).toMatchObject({ status: 0, stdout: 'built version\n', stderr: '' })
})

test('an old Node is told in one line what to do', () => {
  expect(launch(bare, old, 'serve')).toMatchObject({
    status: 1,
    stdout: '',
    stderr:
      'Watchbell needs Node 24 or newer; this is 20.20.2. Start it with "npm start" after "npm ci": that brings its own Node.\n',
  })
})

test('an old Node that runs the package is told in one line what to do', () => {
  expect(launch(packed, old, 'serve')).toMatchObject({
    status: 1,
    stdout: '',
    stderr:
      'Watchbell needs Node 24 or newer; this is 20.20.2. Install Node 24 (https://nodejs.org) and start Watchbell again.\n',
  })
})

test('missing dependencies are told in one line', () => {
  expect(launch(bare, [], 'serve')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'Watchbell\'s dependencies are not installed. Run "npm ci" in its directory first.\n',
  })
})

test('a launcher hands on SIGTERM and the exit code', async () => {
  const { launcher, ended } = await serve()
  launcher.kill('SIGTERM')
  expect(await ended).toEqual({ code: 0, signal: null })
})

test('a launcher that is killed outright takes the server with it', async () => {
  const { launcher, outputClosed } = await serve()
  launcher.kill('SIGKILL')
  // The pipe closes only when no living process holds its other end.
  expect(await outputClosed).toBe(true)
})

test.each([
  ['the wanted Node', []],
  ['an old Node', old],
])('what npx started on %s ends when the shell does that npx has in between', async (_, flags) => {
  const { shell, outputClosed, output } = await serveInShell({ npm_lifecycle_event: 'npx' }, flags)
  shell.kill('SIGTERM')
  expect(await outputClosed).toBe(true)
  expect(output()).toContain('told to stop')
})

test('what a shell started goes on when the shell ends', async () => {
  const { shell, outputClosed, pid } = await serveInShell({}, [])
  shell.kill('SIGTERM')
  const isOver = await Promise.race([outputClosed, wait(1500, false)])
  process.kill(pid(), 'SIGTERM')
  expect([isOver, await outputClosed]).toEqual([false, true])
})

/** As npx does: by a shell that waits for it. */
async function serveInShell(env: Readonly<Record<string, string>>, flags: readonly string[]) {
  const command = [process.execPath, ...flags, join(installed, 'bin/watchbell.js'), 'serve'].map((word) => `'${word}'`).join(' ')
  const shell = spawn('sh', ['-c', `${command}; true`], { env: { PATH: process.env['PATH'] ?? '', ...env } })
  let text = ''
  shell.stdout.on('data', (more: Buffer) => (text += more.toString('utf8')))
  const outputClosed = new Promise((resolve) => shell.stdout.on('close', () => resolve(true)))
  await new Promise((resolve) => shell.stdout.once('data', resolve))
  return { shell, outputClosed, output: () => text, pid: () => Number(/"pid":(\d+)/.exec(text)?.[1]) }
}

async function serve() {
  const launcher = spawn(process.execPath, [...old, join(installed, 'bin/watchbell.js'), 'serve'])
  const ended = new Promise((resolve) => launcher.on('exit', (code, signal) => resolve({ code, signal })))
  const outputClosed = new Promise((resolve) => launcher.stdout.on('close', () => resolve(true)))
  await new Promise((resolve) => launcher.stdout.once('data', resolve))
  return { launcher, ended, outputClosed }
}
