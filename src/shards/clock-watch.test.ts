import { expect, test } from 'vitest'
import { silentLog } from '../../test/support/log.ts'
import { instant } from '../lib/time.ts'
import type { LogFields } from '../ports.ts'
import { aheadMs, clockWatch } from './clock-watch.ts'

test.each([
  ['within the time of the question they agree', 1_050, 0],
  ['at its ends, too', 1_000, 0],
  ['at its ends, too', 1_100, 0],
  ['a database that is behind means that this machine is ahead, at least so far', 400, 600],
  ['a database that is ahead means that this machine is behind', 1_900, -800],
])('%s', (_words, databaseNow, expected) => {
  expect(aheadMs(instant(databaseNow), { from: instant(1_000), to: instant(1_100) })).toBe(expected)
})

test('clocks that are more than two seconds apart are told of once, and again when they agree', () => {
  const lines: (readonly [string, LogFields | undefined])[] = []
  const record = (message: string, fields?: LogFields) => void lines.push([message, fields])
  const watch = clockWatch({ ...silentLog, warn: record, info: record })
  for (const ahead of [0, 2_000, -2_001, -2_500, 2_001, -1_999, 30_000])
    watch.note(instant(100_000), { from: instant(100_000 + ahead), to: instant(100_000 + ahead) })
  expect(lines).toEqual([
    ['clocks apart', { ahead_of_database_ms: -2_001 }],
    ['clocks agree', { ahead_of_database_ms: -1_999 }],
    ['clocks apart', { ahead_of_database_ms: 30_000 }],
  ])
  expect(watch.aheadMs()).toBe(30_000)
})
