import { expect, test } from 'vitest'
import type { Clock, Log, LogFields } from '../ports.ts'
import { watchedStart } from './start-steps.ts'
import { instant, ms } from './time.ts'

/** A clock that goes on by a wait; a step ends when so many waits are over. */
function watched() {
  let nowMs = 1_000
  const lines: unknown[] = []
  const turns: (() => void)[] = []
  const clock: Clock = {
    now: () => instant(0),
    monotonic: () => ms(nowMs),
    wait: (durationMs, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve())
        turns.push(() => {
          nowMs += durationMs
          resolve()
        })
      }),
  }
  const keep = (message: string, fields?: LogFields) => void lines.push([message, fields])
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep }
  const turn = async () => {
    turns.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { start: watchedStart({ clock, log }), lines, turn }
}

test('a step that takes long is told of every five seconds, until it is over', async () => {
  const { start, lines, turn } = watched()
  let end: (value: string) => void = () => {}
  const step = start.step('database', () => new Promise<string>((resolve) => (end = resolve)))
  await turn()
  await turn()
  end('done')
  expect(await step).toBe('done')
  expect(start.elapsedMs()).toBe(10_000)
  await turn()
  expect(lines).toEqual([
    ['still starting', { step: 'database', durationMs: 5_000 }],
    ['still starting', { step: 'database', durationMs: 10_000 }],
  ])
})

test('a step that fails is told of no more', async () => {
  const { start, lines, turn } = watched()
  await expect(start.step('schema', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await turn()
  expect(lines).toEqual([])
})
