import { expect, test } from 'vitest'
import type { Rotation } from './schedule.ts'
import { known } from '../../lib/check.ts'
import { asId } from '../../lib/ids.ts'
import { instant, isoZ, ms } from '../../lib/time.ts'
import { parseLocalTime } from '../local-time.ts'
import { findZone } from '../zone.ts'
import { finalShifts } from './on-call.ts'

const hour = 3_600_000

const daily: Rotation = {
  kind: 'rotation',
  id: 'rotation',
  level: 0,
  fromAt: null,
  toAt: null,
  zone: known(findZone('Etc/UTC'), 'UTC is a zone'),
  groups: [[asId('ana')], [asId('ben')], [asId('cai')]],
  startLocal: known(parseLocalTime('2025-06-02T09:00:00'), 'a local time'),
  endLocal: null,
  turn: { unit: 'days', length: 1, handover: ms(9 * hour) },
  restrictions: [],
  consumption: 'calendar',
}
const startingAt = (text: string) => ({ startLocal: known(parseLocalTime(text), `${text} is a local time`) })

function rows(rotation: Rotation, from: string, to: string): readonly string[] {
  const window = { startAt: instant(Date.parse(from)), endAt: instant(Date.parse(to)) }
  const schedule = { layers: [rotation], overrides: [], swaps: [], passedOver: new Set<never>() }
  return finalShifts(schedule, window).map(({ userId, startAt, endAt }) => `${isoZ(startAt)} ${isoZ(endAt)} ${userId}`)
}

test('a first turn in which nothing is covered takes nobody a turn where turns wait for cover', () => {
  const office = { days: ['MO', 'TU', 'WE', 'TH', 'FR'], start: ms(9 * hour), end: ms(17 * hour) } as const
  const friday = { ...daily, ...startingAt('2025-06-06T18:00:00'), restrictions: [office] }
  const monday = ['2025-06-06T00:00:00Z', '2025-06-10T00:00:00Z'] as const
  expect(rows({ ...friday, consumption: 'active' }, ...monday)).toEqual(['2025-06-09T09:00:00Z 2025-06-09T17:00:00Z ana'])
  // Friday evening, Saturday, Sunday and Monday are four turns by the calendar.
  expect(rows({ ...friday, consumption: 'calendar' }, ...monday)).toEqual(['2025-06-09T09:00:00Z 2025-06-09T17:00:00Z ana'])
  expect(rows({ ...friday, groups: daily.groups.slice(0, 2), consumption: 'calendar' }, ...monday)).toEqual([
    '2025-06-09T09:00:00Z 2025-06-09T17:00:00Z ben',
  ])
})

test('hours are counted from the hand-over of the day, so that the start is in the first turn', () => {
  const shifts = {
    ...daily,
    ...startingAt('2025-06-02T21:00:00'),
    turn: { unit: 'hours', length: 8, handover: ms(2 * hour) },
  } as const
  expect(rows(shifts, '2025-06-02T00:00:00Z', '2025-06-03T10:00:00Z')).toEqual([
    '2025-06-02T21:00:00Z 2025-06-03T02:00:00Z ana',
    '2025-06-03T02:00:00Z 2025-06-03T10:00:00Z ben',
  ])
})

test('an hour of the year 9999 is found as quickly as one of today', () => {
  const hourly = { ...daily, ...startingAt('0001-01-01T00:00:00'), turn: { unit: 'hours', length: 1, handover: ms(0) } } as const
  // 3,652,058 days and 22 hours after the start: 87,649,414 turns, one more than a multiple of three.
  expect(rows(hourly, '9999-12-31T22:00:00Z', '9999-12-31T23:00:00Z')).toEqual(['9999-12-31T22:00:00Z 9999-12-31T23:00:00Z ben'])
})
