import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openLog } from './log.ts'

const folder = mkdtempSync(join(tmpdir(), 'watchbell-log-'))
afterAll(() => rmSync(folder, { recursive: true }))

function logged(name: string, pretty: boolean): string {
  const path = join(folder, name)
  const descriptor = openSync(path, 'w')
  const { log, flush } = openLog({ level: 'info', pretty, descriptor })
  log.debug('not shown')
  log.info('request finished', { status: 200, userId: undefined, token: 'hidden', path: '/x' })
  log.error('request failed', { error: 'Error: x\n    at y' })
  flush()
  closeSync(descriptor)
  return readFileSync(path, 'utf8')
}

test('each line is one JSON object with time, level and message first known, and no secret', () => {
  const lines = logged('json', false)
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

test('for a person, lines are coloured text', () => {
  const text = logged('pretty', true)
  expect(text).toContain('request finished')
  expect(text).not.toContain('{"level"')
  expect(text).not.toContain('hidden')
})
