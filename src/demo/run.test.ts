import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Answer, curl } from '../../test/documents/curl.ts'
import { commandsOf } from '../../test/documents/shell.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const limitMs = 90_000
const lastLine = /The demo ends, and \S+ is removed\.\n$/

/** The demo as a user starts it, in a temporary directory of its own. */
function startDemo(env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-demo-test-'))
  // Root's PostgreSQL runs as another user.
  chmodSync(folder, 0o711)
  const child = spawn(process.execPath, ['bin/watchbell.js', 'demo'], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const demo = { folder, child, output: '', errors: '' }
  child.stdout.on('data', (chunk: Buffer) => (demo.output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (demo.errors += chunk.toString()))
  demos.push(demo)
  return demo
}

type Demo = { readonly folder: string; readonly child: ChildProcess; readonly output: string; readonly errors: string }

const demos: Demo[] = []

const expectShown = (demo: Demo, text: string) =>
  vi.waitFor(() => expect(demo.output + demo.errors).toContain(text), { timeout: limitMs, interval: 50 })

async function interrupt({ child }: Demo): Promise<number | null> {
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
  return child.exitCode
}

/** The processes that work in a directory below this one, as PostgreSQL does in its own. */
function processesIn(folder: string): readonly string[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && workingDirectoryOf(entry).startsWith(folder))
}

function workingDirectoryOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

afterAll(() => {
  for (const { child, folder } of demos) {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})

describe('the demo', { timeout: 2 * limitMs }, () => {
  let demo: Demo
  const other = createServer()
  const answers = new Map<string, Answer>()

  beforeAll(async () => {
    // If somebody else has it already, that does as well.
    await new Promise<void>((resolve) => void other.once('error', () => resolve()).listen(8080, '127.0.0.1', resolve))
    demo = startDemo({ WATCHBELL_DATABASE_URL: 'postgres://127.0.0.1:1/of-a-real-server', WATCHBELL_DATA_DIR: '/nowhere' })
    await expectShown(demo, 'Your turn')
    await expectShown(demo, '/responses/')
  }, 2 * limitMs)

  afterAll(() => void other.close())

  test('tells the story in its order: alert, page, acknowledgement, webhook', () => {
    const lines = [
      'Ada          makes the escalation chain Night watch',
      'Alertmanager says that DiskFull (db-1) is firing',
      'Watchbell    opens alert group I',
      'Watchbell    asks the schedule who is on call, and pages Ben',
      'Ben          gets an e-mail, "Alert: DiskFull (db-1)"',
      'Ben          opens the link, and presses the button on the page: Acknowledge',
      'is acknowledged by Ben',
      'Ops room     gets a webhook, "acknowledge"',
      '"event": { "type": "acknowledge", ',
      'Alertmanager says that DiskFull (db-1) is resolved',
      'Ops room     gets a webhook, "resolve"',
      'alert  ->  page after ',
      'Help desk    says that checkout takes no payments',
      'Ben          gets an e-mail, "Alert: checkout takes no payments"',
      'Ben          opens the link, and presses the button on the page: Resolve',
      'is resolved by Ben',
      'Ops room     gets a webhook, "resolve": checkout takes no payments',
      'Your turn',
    ]
    const places = lines.map((line) => demo.output.indexOf(line))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((one, next) => one - next))
  })

  test('takes a free port where the usual one is taken, and says so', () => {
    expect(demo.output).toContain(', because port 8080 is taken')
  })

  test('is plain text where there is no terminal, without a line of the log', () => {
    expect(demo.output).not.toContain('\u001b')
    expect(demo.output).not.toContain('"level"')
    expect(demo.errors).toBe('')
  })

  test('every command that it prints works as it is', async () => {
    const script = demo.output.slice(demo.output.indexOf('WATCHBELL='))
    for (const words of commandsOf(script, new Map())) {
      const answer = await curl(words)
      expect(answer.status, words.join(' ')).toBe(200)
      answers.set(new URL(words.find((word) => word.startsWith('http')) ?? '').pathname, answer)
    }
    const paths = [...answers.keys()].map((path) => path.replaceAll(/[^/]{13,}/g, '…'))
    expect(paths).toEqual([
      '/integrations/v1/alertmanager/…/',
      '/integration/1/…/…',
      '/api/v1/alert_groups/',
      '/api/v1/events/',
      '/api/v1/schedules/…/final_shifts/',
      '/api/v1/webhooks/…/responses/',
    ])
    const groups = answers.get('/api/v1/alert_groups/')?.text
    for (const title of ['QueueTooLong (mail-2)', 'Till 3 is silent']) expect(groups).toContain(title)
  })

  test('goes on to tell what they cause', async () => {
    await expectShown(demo, ': QueueTooLong (mail-2)')
    await expectShown(demo, '"resolve": QueueTooLong (mail-2)')
    await expectShown(demo, 'gets an e-mail, "Alert: Till 3 is silent"')
  })

  test('ends at Ctrl-C, and leaves neither a file nor a process behind', async () => {
    expect(processesIn(demo.folder).length).toBeGreaterThan(0)
    expect(await interrupt(demo)).toBe(0)
    expect(demo.output).toMatch(lastLine)
    expect(readdirSync(demo.folder)).toEqual([])
    expect(processesIn(demo.folder)).toEqual([])
  })
})

test('a demo that is stopped while its database starts leaves nothing behind', { timeout: 2 * limitMs }, async () => {
  const demo = startDemo()
  await expectShown(demo, 'starts, with a PostgreSQL of its own')
  expect(await interrupt(demo)).toBe(0)
  expect(demo.output).toMatch(lastLine)
  expect(readdirSync(demo.folder)).toEqual([])
  expect(processesIn(demo.folder)).toEqual([])
})
