import { execFileSync, spawn } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openLog } from './log.ts'

const folder = mkdtempSync(join(tmpdir(), 'watchbell-log-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function logged(name: string, pretty: boolean): Promise<string> {
  const path = join(folder, name)
  const descriptor = openSync(path, 'w')
  const { log, flush } = openLog({ level: 'info', pretty, descriptor })
  log.debug('not shown')
  log.info('request finished', { status: 200, userId: undefined, token: 'hidden', path: '/x' })
  log.error('request failed', { error: 'Error: x\n    at y' })
  await flush()
  closeSync(descriptor)
  return readFileSync(path, 'utf8')
}

test('each line is one JSON object with time, level and message first known, and no secret', async () => {
  const text = await logged('json', false)
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      status: 200,
      token: '***',
      path: '/x',
      msg: 'request finished',
    },
    { level: 'error', time: expect.any(String), error: 'Error: x\n    at y', msg: 'request failed' },
  ])
})

test('for a person, lines are coloured text', async () => {
  const text = await logged('pretty', true)
  expect(text).toMatch(/request finished[^]*request failed/)
  expect(text).not.toContain('{"level"')
  expect(text).not.toContain('hidden')
})

test('lines that are flushed while the first of them is still being written keep their order', async () => {
  // Work for all threads of the process, of which the writes need one.
  for (let index = 0; index < 32; index += 1) pbkdf2('a', 'b', 20_000, 32, 'sha256', () => {})
  const text = await logged('busy', false)
  expect([...text.matchAll(/"msg":"([^"]+)"/g)].map(([, message]) => message)).toEqual(['request finished', 'request failed'])
})

test('a reader that has stopped does not hold up the end of the process', async () => {
  const path = join(folder, 'stopped')
  execFileSync('mkfifo', [path])
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  fill(descriptor)
  const script = `
    const { log, flush } = require('./src/lib/node/log.ts').openLog({ level: 'info', pretty: false, descriptor: 3 })
    log.info('server stopping')
    log.info('server stopped')
    flush().then(() => process.exit(5))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', descriptor], timeout: 60_000 })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  closeSync(descriptor)
  expect(code).toBe(5)
})

function fill(descriptor: number): void {
  for (const size of [4096, 1])
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(size))
    } catch (fault) {
      expect(fault).toMatchObject({ code: 'EAGAIN' })
    }
}
