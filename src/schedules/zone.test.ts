import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { known } from '../lib/check.ts'
import { instant, isoZ } from '../lib/time.ts'
import { packedZones, tzdataVersion } from '../lib/zone-data.ts'
import { formatLocalTime, localTime, parseLocalTime } from './local-time.ts'
import { findZone, firstInstantAt, localAt } from './zone.ts'

describe('names of zones', () => {
  test.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['US/Pacific', 'America/Los_Angeles'],
    ['europe/BERLIN', 'Europe/Berlin'],
    ['UTC', 'Etc/UTC'],
    ['Etc/GMT+5', 'Etc/GMT+5'],
  ])('%s is %s', (name, canonical) => {
    expect(findZone(name)?.name).toBe(canonical)
  })

  test.each(['', 'Mars/Olympus', 'GMT+25', '+02:00', '__proto__', 'constructor', ' Europe/Berlin'])('%j is no zone', (name) => {
    expect(findZone(name)).toBeNull()
  })

  test('the release of the rules can be told', () => {
    expect(tzdataVersion).toMatch(/^20\d\d[a-z]$/)
  })
})

describe('the first instant at which a clock reaches a local time', () => {
  test.each([
    ['an ordinary reading', 'Europe/London 2025-06-01T09:00:00', '2025-06-01T08:00:00Z'],
    ['a skipped reading is the instant of the change', 'Europe/London 2025-03-30T01:30:00', '2025-03-30T01:00:00Z'],
    ['the first reading after a gap is the same instant', 'Europe/London 2025-03-30T02:00:00', '2025-03-30T01:00:00Z'],
    ['a repeated reading is its first pass', 'Europe/London 2025-10-26T01:30:00', '2025-10-26T00:30:00Z'],
    [
      'the reading at which the clock is turned back is reached afterwards',
      'Europe/London 2025-10-26T02:00:00',
      '2025-10-26T02:00:00Z',
    ],
    ['half an hour of summer time', 'Australia/Lord_Howe 2024-10-06T02:15:00', '2024-10-05T15:30:00Z'],
    ['two hours of summer time', 'Antarctica/Troll 2025-10-26T02:30:00', '2025-10-26T00:30:00Z'],
    ['a skipped midnight', 'America/Sao_Paulo 2018-11-04T00:00:00', '2018-11-04T03:00:00Z'],
    ['a repeated hour before midnight', 'America/Sao_Paulo 2019-02-16T23:30:00', '2019-02-17T01:30:00Z'],
    ['a whole skipped day', 'Pacific/Apia 2011-12-30T12:00:00', '2011-12-30T10:00:00Z'],
    ['three quarters of an hour', 'Asia/Kathmandu 2025-01-01T00:00:00', '2024-12-31T18:15:00Z'],
    ['local mean time', 'Europe/Amsterdam 1850-01-01T00:00:00', '1849-12-31T23:42:30Z'],
    [
      'a summer of 1980 that the rules of the year before do not have',
      'Europe/Berlin 1980-07-01T12:00:00',
      '1980-07-01T10:00:00Z',
    ],
    ['British Columbia without winter time', 'America/Vancouver 2026-12-01T09:00:00', '2026-12-01T16:00:00Z'],
    ['Morocco on Greenwich time', 'Africa/Casablanca 2026-10-01T09:00:00', '2026-10-01T09:00:00Z'],
    ['a summer after 2037', 'America/New_York 2040-07-01T09:00:00', '2040-07-01T13:00:00Z'],
    ['a winter after 2500', 'America/New_York 2525-01-10T09:00:00', '2525-01-10T14:00:00Z'],
    ['a gap four hundred years on', 'Europe/London 2425-03-30T01:30:00', '2425-03-30T01:00:00Z'],
    ['a gap eight hundred years on', 'Europe/London 2825-03-30T01:30:00', '2825-03-30T01:00:00Z'],
    ['a summer in the year 9999', 'Europe/London 9999-07-01T09:00:00', '9999-07-01T08:00:00Z'],
  ])('%s (%s)', (_case, reading, at) => {
    const [name = '', local = ''] = reading.split(' ')
    expect(isoZ(firstInstantAt(zoneNamed(name), localNamed(local)))).toBe(at)
  })

  test('a later local time never comes earlier', () => {
    fc.assert(
      fc.property(anyZone, anyReading, fc.integer({ min: 0, max: 3 * 86_400_000 }), (zone, reading, step) => {
        expect(firstInstantAt(zone, localTime(reading))).toBeLessThanOrEqual(firstInstantAt(zone, localTime(reading + step)))
      }),
      { numRuns: 2000 },
    )
  })

  test('the clock shows that local time or, after a gap, a later one, and has never shown it before', () => {
    fc.assert(
      fc.property(anyZone, anyReading, fc.integer({ min: 1, max: 40 * 3_600_000 }), (zone, reading, step) => {
        const at = firstInstantAt(zone, localTime(reading))
        expect(localAt(zone, at)).toBeGreaterThanOrEqual(reading)
        expect(localAt(zone, instant(at - 1))).toBeLessThan(reading)
        expect(localAt(zone, instant(at - step))).toBeLessThan(reading)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the reading of a clock', () => {
  test.each([
    ['Europe/London', '2025-10-26T00:59:59Z', '2025-10-26T01:59:59'],
    ['Europe/London', '2025-10-26T01:00:00Z', '2025-10-26T01:00:00'],
    ['Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29T23:59:59'],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31T00:00:00'],
    ['America/Edmonton', '2026-11-21T12:00:00Z', '2026-11-21T06:00:00'],
    ['Europe/Berlin', '3000-07-01T00:00:00Z', '3000-07-01T02:00:00'],
    ['UTC', '2025-01-01T00:00:00Z', '2025-01-01T00:00:00'],
  ])('%s at %s is %s', (name, at, local) => {
    expect(formatLocalTime(localAt(zoneNamed(name), instant(Date.parse(at))))).toBe(local)
  })

  test('no zone breaks where the written rules begin to repeat', () => {
    const cycleMs = 146_097 * 86_400_000
    for (const name of packedZones().keys()) {
      for (const day of ['2499-12-31T12:00:00Z', '2500-01-01T12:00:00Z', '2400-02-29T12:00:00Z', '2499-07-01T12:00:00Z']) {
        const at = Date.parse(day)
        expect(localAt(zoneNamed(name), instant(at + cycleMs)), `${name} ${day}`).toBe(
          localAt(zoneNamed(name), instant(at)) + cycleMs,
        )
      }
    }
  })
})

const zoneNamed = (name: string) => known(findZone(name), `${name} is a zone`)
const localNamed = (text: string) => known(parseLocalTime(text), `${text} is a local time`)

const anyZone = fc.constantFrom(...packedZones().keys()).map(zoneNamed)
/** From 1880 to 2700, past the end of the written rules; half of them near a change of London's clock. */
const anyReading = fc.oneof(
  fc.integer({ min: -2_840_140_800, max: 23_036_745_600 }).map((second) => second * 1000),
  fc.integer({ min: 1_743_210_000, max: 1_743_382_800 }).map((second) => second * 1000),
)
