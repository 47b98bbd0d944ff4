import { describe, expect, test } from 'vitest'
import type { UserId } from '../../lib/ids.ts'
import { instant, isoZ } from '../../lib/time.ts'
import { finalShifts } from '../engine/on-call.ts'
import { parseLayer } from './input.ts'
import { rotationOf } from './rotation.ts'

/** What layers come to from one day to another, `person start end` in UTC; shifts of one person that touch are one. */
function shiftsOf(layers: readonly object[], days: readonly [string, string], timeZone = 'UTC'): readonly string[] {
  const rotations = layers.map((body, index) => {
    const read = parseLayer({ turn: { unit: 'weeks' }, ...body })
    if (!read.ok) throw new Error(JSON.stringify(read.reason))
    return rotationOf({ ...read.value.layer, id: `LY${index}` }, { fromAt: null, toAt: null, timeZone })
  })
  const [startAt = instant(0), endAt = instant(0)] = days.map((day) => instant(Date.parse(`${day}T00:00:00Z`)))
  const schedule = { layers: rotations, overrides: [], swaps: [], passedOver: new Set<UserId>() }
  const rows: { userId: string; startAt: number; endAt: number }[] = []
  for (const row of finalShifts(schedule, { startAt, endAt })) {
    const before = rows.find((earlier) => earlier.userId === row.userId && earlier.endAt === row.startAt)
    if (before === undefined) rows.push({ ...row })
    else before.endAt = row.endAt
  }
  return rows.map((row) => `${row.userId} ${shortly(row.startAt)} ${shortly(row.endAt)}`)
}

const shortly = (at: number): string => isoZ(instant(at)).slice(5, 16)

describe('layers say the rotations of', () => {
  test('PagerDuty: the layer further down the list wins where it is restricted to', () => {
    const weekdays = { start: '2026-04-06T09:00:00', groups: [['ANA'], ['BEN']], level: 0 }
    // A weekly restriction that starts on Friday at 18:00 and lasts 62 hours.
    const weekend = { start_day: 'FR', start: '18:00', end_day: 'MO', end: '08:00' }
    const above = { start: '2026-04-06T09:00:00', groups: [['CLEO']], level: 1, restrictions: [weekend] }
    expect(shiftsOf([weekdays, above], ['2026-04-09', '2026-04-15'])).toEqual([
      'ANA 04-09T00:00 04-10T18:00',
      'CLEO 04-10T18:00 04-13T08:00',
      'ANA 04-13T08:00 04-13T09:00',
      'BEN 04-13T09:00 04-15T00:00',
    ])
  })

  test('Opsgenie: every second week, with a participant who is nobody, by the hours of weekdays', () => {
    const fortnights = {
      ...{ start: '2026-04-06T00:00:00', turn: { unit: 'weeks', length: 2 }, groups: [['ANA'], null] },
      restrictions: [{ days: ['TU'], start: '22:00', end: '02:00' }],
    }
    expect(shiftsOf([fortnights], ['2026-04-06', '2026-05-06'])).toEqual([
      'ANA 04-07T22:00 04-08T02:00',
      'ANA 04-14T22:00 04-15T02:00',
      'ANA 05-05T22:00 05-06T00:00',
    ])
  })

  test('Zenduty: seconds from a start, whatever the clocks do, and layers that add up', () => {
    const nights = { start: '2026-03-28T12:00:00', turn: { unit: 'elapsed', length: 43_200 }, groups: [['ANA'], ['BEN']] }
    const always = { start: '2026-03-28T12:00:00', turn: { unit: 'elapsed', length: 604_800 }, groups: [['CLEO']] }
    // Noon in Berlin is eleven in UTC; the clocks go forward in the night to the 29th.
    expect(shiftsOf([nights, always], ['2026-03-28', '2026-03-30'], 'Europe/Berlin')).toEqual([
      'ANA 03-28T11:00 03-28T23:00',
      'CLEO 03-28T11:00 03-30T00:00',
      'BEN 03-28T23:00 03-29T11:00',
      'ANA 03-29T11:00 03-29T23:00',
      'BEN 03-29T23:00 03-30T00:00',
    ])
  })

  test('Squadcast: months that are handed over on the last day, and teams on call together', () => {
    const months = { unit: 'months', monthday: 31, handover: '08:00' }
    const teams = { start: '2026-01-31T08:00:00', turn: months, groups: [['ANA', 'BEN'], ['CLEO']] }
    expect(shiftsOf([teams], ['2026-02-27', '2026-04-01'])).toEqual([
      'ANA 02-27T00:00 02-28T08:00',
      'BEN 02-27T00:00 02-28T08:00',
      'CLEO 02-28T08:00 03-31T08:00',
      'ANA 03-31T08:00 04-01T00:00',
      'BEN 03-31T08:00 04-01T00:00',
    ])
  })

  test('incident.io: hand-overs of several lengths in turn, with two people at once', () => {
    // Four days, then three: turns of a day, in which a pair has as many in a row as its stretch is long.
    const [first, second] = [
      ['ANA', 'BEN'],
      ['BEN', 'CLEO'],
    ]
    const groups = [...Array.from({ length: 4 }, () => first), ...Array.from({ length: 3 }, () => second)]
    expect(shiftsOf([{ start: '2026-04-06T09:00:00', turn: { unit: 'days' }, groups }], ['2026-04-06', '2026-04-14'])).toEqual([
      'ANA 04-06T09:00 04-10T09:00',
      'BEN 04-06T09:00 04-14T00:00',
      'CLEO 04-10T09:00 04-13T09:00',
      'ANA 04-13T09:00 04-14T00:00',
    ])
  })
})
