import { expect, test } from 'vitest'
import { progressOn, shownBytes, shownCount } from './progress.ts'

const shownOn = (isTTY: boolean): string => {
  let text = ''
  const show = progressOn({ isTTY, write: (more: string) => (text += more) })
  show({ part: 'events', count: null, bytes: 12_345_678 })
  show({ part: 'events', count: 1_000_000, bytes: 20_000_000 })
  show({ part: 'teams', count: 0, bytes: 0 })
  show({ part: 'users', count: 1, bytes: 5 })
  return text
}

test('each part that has something gets a line when it is done', () => {
  expect(shownOn(false)).toBe('events: 1,000,000 rows\nusers: 1 row\n')
})

test('on a terminal the line of the part under way is written over', () => {
  const erase = '\r\u001B[K'
  expect(shownOn(true)).toBe(`${erase}events: 12.3 MB${erase}events: 1,000,000 rows\n${erase}${erase}users: 1 row\n`)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [2_500_000, '2.5 MB'],
  [7_000_000_000_000_000, '7000.0 TB'],
])('%i bytes are shown as %s', (bytes, shown) => expect(shownBytes(bytes)).toBe(shown))

test('nouns with a plural of their own get it', () => {
  expect(shownCount(1, 'delivery', 'deliveries')).toBe('1 delivery')
  expect(shownCount(0, 'delivery', 'deliveries')).toBe('0 deliveries')
})
