import { describe, expect, test } from 'vitest'
import { cpuMsOf } from '../../test/support/cpu-time.ts'
import { asId, type RouteId } from '../lib/ids.ts'
import { chooserOf, programSizeOf } from './routing.ts'

const rules = (...regexes: readonly string[]) => regexes.map((regex, index) => ({ id: asId<RouteId>(`R${index + 1}`), regex }))

const plenty = 32_000_000

/** Chooses among these rules, with steps enough. */
function choosing(...regexes: readonly string[]): (text: string) => string | null {
  const chooser = chooserOf(rules(...regexes))
  return (text) => chooser.choose(text, plenty).routeId
}

describe('an expression is taken', () => {
  test.each([
    'us-(east|west)',
    '"severity": "critical"',
    '(?i)database',
    '\\bdb\\d+\\b',
    '(a+)+$',
    'é|😀',
    '\\p{Greek}',
    'x{0,500}',
  ])('%s', (regex) => {
    expect(programSizeOf(regex)).toBeGreaterThan(0)
  })
})

describe('an expression is refused', () => {
  test.each([
    ['that looks ahead', 'db(?=-1)'],
    ['that looks back', '(?<=db)-1'],
    ['that refers back', '(a)\\1'],
    ['that is not closed', '(a'],
    ['that repeats nothing', '*a'],
    ['with a class that ends before it begins', '[z-a]'],
    ['that repeats too often', 'a{1001}'],
    ['that becomes too large', '(abc){500}'],
  ])('%s', (_what, regex) => {
    expect(programSizeOf(regex)).toBe(null)
  })
})

describe('the route of a text', () => {
  test('is the first one whose expression is found anywhere in it', () => {
    const choose = choosing('us-(east|west)', '"severity": "critical"', 'us-east-1')
    expect(choose('{"region": "us-east-1"}')).toBe('R1')
    expect(choose('{"severity": "critical", "region": "us-west"}')).toBe('R1')
    expect(choose('{"severity": "critical"}')).toBe('R2')
    expect(choose('{"severity": "warning"}')).toBe(null)
    expect(choose('')).toBe(null)
  })

  test('is none where there are no rules', () => {
    expect(choosing()('{"a": 1}')).toBe(null)
  })

  test('can be told by the beginning and the end', () => {
    const choose = choosing('^\\[', '\\}$')
    expect(['[1]', '{"a": []}', '"{}"'].map(choose)).toEqual(['R1', 'R2', null])
  })

  test('is never that of an expression that the engine does not take', () => {
    const choose = choosing('(?=a)', 'a')
    expect([choose('a'), choose('')]).toEqual(['R2', null])
  })
})

describe('an evil expression', () => {
  const letters = Array.from({ length: 1_000_000 }, (_, index) => ((index * index * 7919) % 1009 < 500 ? 'a' : 'b')).join('')

  test.each(['(a+)+$', '(x+x+)+y', '([ab]*)*[0-9]', '(.*a){20}c', '[ab]*a[ab]{900}c'])(
    '%s is done with a megabyte soon',
    (regex) => {
      const choose = choosing(regex, 'never')
      expect(cpuMsOf(() => choose(letters))).toBeLessThan(3000)
    },
  )

  test('matches nothing where its search would take too long, and does not keep the others from matching', () => {
    const choose = choosing('[ab]*a[ab]{900}c', '"team": "db"')
    expect(choose(`${letters}, "team": "db"`)).toBe('R2')
    expect(choose('{"team": "db"}')).toBe('R2')
  })

  test('that is not searched to its end makes the choice one that is not whole', () => {
    const chooser = chooserOf(rules('[ab]*a[ab]{900}c', '"team": "db"'))
    expect(chooser.choose(letters, plenty)).toMatchObject({ routeId: null, isWhole: false })
    expect(chooser.choose('{"team": "db"}', plenty)).toMatchObject({ routeId: 'R2', isWhole: true })
  })

  test('in company of many ends in the default route', () => {
    const many = Array.from({ length: 50 }, (_, index) => `[ab]*a[ab]{900}c${index}`)
    expect(cpuMsOf(() => expect(choosing(...many)(letters)).toBe(null))).toBeLessThan(10_000)
  })
})

test('a thousand expressions take little longer than one', () => {
  const choose = choosing(...Array.from({ length: 1000 }, (_, index) => `"service": "svc-${index}"`))
  const text = `{"status": "firing", "service": "svc-777", "text": "${'lorem ipsum '.repeat(120)}"}`
  expect(choose(text)).toBe('R778')
  const spent = cpuMsOf(() => {
    for (let round = 0; round < 1000; round += 1) choose(text)
  })
  // One walk over the text takes some 30 µs; a thousand walks one after the other take milliseconds.
  expect(spent).toBeLessThan(1000)
})

describe('400 expressions that are cheap alone and dear together', () => {
  const cheap = Array.from({ length: 400 }, (_, index) => `a[ab]{${(index % 9) + 1}}c${index}`)
  const text = Array.from({ length: 1_000_000 }, (_, index) => ((index * index * 7919) % 1009 < 500 ? 'a' : 'b')).join('')

  test.each([2_000_000, plenty])('take no more than %i steps, and then no route', (stepsMax) => {
    const choice = chooserOf(rules(...cheap)).choose(text, stepsMax)
    expect(choice).toMatchObject({ routeId: null, isWhole: false })
    expect(choice.steps).toBeLessThanOrEqual(stepsMax)
  })

  test('hold some megabytes at most', () => {
    const chooser = chooserOf(rules(...cheap))
    for (let round = 0; round < 3; round += 1) chooser.choose(text, plenty)
    expect(chooser.heldBytes()).toBeLessThan(6_000_000)
  })
})
