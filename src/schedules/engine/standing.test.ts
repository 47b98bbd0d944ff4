import { expect, test } from 'vitest'
import { asId, type UserId } from '../../lib/ids.ts'
import { known } from '../../lib/check.ts'
import { type Instant, instant, ms } from '../../lib/time.ts'
import { localTime } from '../local-time.ts'
import { findZone } from '../zone.ts'
import type { Fixed, Layer, Rotation, Schedule } from './schedule.ts'
import { standingsAt } from './standing.ts'

const hour = 3_600_000

test('a layer covers what it covers, whoever beats it, and as swaps leave it', () => {
  const layers = [shift(8, 20, 'ana', 'ben'), { ...shift(8, 20, 'cai'), level: 5 }]
  const swaps = [{ id: 'S', createdAt: at(0), startAt: at(9), endAt: at(12), beneficiary: user('ana'), benefactor: user('dee') }]
  expect(told({ layers, swaps }, 10)).toEqual(['cai: covers cai', 'ana ben: covers dee ben'])
})

test('a layer whose people are all passed over says who they are', () => {
  const passedOver = new Set([user('ana')])
  expect(told({ layers: [shift(8, 20, 'ana')], passedOver }, 10)).toEqual(['ana: absent ana'])
  expect(told({ layers: [shift(8, 20, 'ana', 'ben')], passedOver }, 10)).toEqual(['ana ben: covers ben'])
})

test('a rotation has not begun, pauses outside its hours, and ends', () => {
  const rotation = daily(24, 24 * 5)
  expect(told({ layers: [rotation] }, 3)).toEqual(['R: not-begun 33'])
  expect(told({ layers: [rotation] }, 24)).toEqual(['R: pauses 33'])
  expect(told({ layers: [rotation] }, 33)).toEqual(['R: covers ana'])
  expect(told({ layers: [rotation] }, 41)).toEqual(['R: pauses 57'])
  expect(told({ layers: [rotation] }, 24 * 5 - 1)).toEqual(['R: pauses null'])
  expect(told({ layers: [rotation] }, 24 * 5)).toEqual(['R: ended 120'])
})

test('a layer without anybody is empty at any time', () => {
  expect(told({ layers: [{ ...daily(0, 48), groups: [[], []] }, shift(1, 2)] }, 30)).toEqual([': empty', 'R: empty'])
})

test('of single shifts only the nearest are told, and of versions the one that counts', () => {
  const layers = [
    shift(0, 1, 'ana'),
    shift(2, 3, 'ben'),
    shift(4, 9, 'cai'),
    shift(4, 9, 'dee'),
    shift(10, 11, 'eve'),
    shift(12, 13, 'fay'),
  ]
  expect(told({ layers }, 5)).toEqual(['ben: ended 3', 'cai: covers cai', 'dee: covers dee', 'eve: not-begun 10'])
  const versions = [
    { ...shift(0, 9, 'ana'), toAt: at(5) },
    { ...shift(0, 9, 'ben'), fromAt: at(5) },
  ]
  expect(told({ layers: versions }, 5)).toEqual(['ben: covers ben'])
})

const at = (clock: number): Instant => instant(clock * hour)
const user = (name: string) => asId<UserId>(name)

const shift = (from: number, to: number, ...names: string[]): Fixed => ({
  kind: 'fixed',
  id: names.join(' '),
  level: 0,
  fromAt: null,
  toAt: null,
  startAt: at(from),
  endAt: at(to),
  users: names.map(user),
})

/** From 9 to 17 each day. */
const daily = (from: number, to: number): Rotation => ({
  kind: 'rotation',
  id: 'R',
  level: 0,
  fromAt: null,
  toAt: null,
  zone: known(findZone('UTC'), 'UTC is a zone'),
  groups: [[user('ana')]],
  startLocal: localTime(from * hour),
  endLocal: localTime(to * hour),
  turn: { unit: 'days', length: 1, handover: ms(0) },
  restrictions: [{ days: ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'], start: ms(9 * hour), end: ms(17 * hour) }],
  consumption: 'calendar',
})

const told = (more: Partial<Schedule> & { layers: readonly Layer[] }, clock: number) =>
  standingsAt({ overrides: [], swaps: [], passedOver: new Set(), ...more }, at(clock)).map(({ layer, standing }) => {
    const hours = (instantOrNull: Instant | null) => (instantOrNull === null ? 'null' : String(instantOrNull / hour))
    const rest =
      'users' in standing
        ? ` ${standing.users.join(' ')}`
        : 'nextAt' in standing
          ? ` ${hours(standing.nextAt)}`
          : 'endedAt' in standing
            ? ` ${hours(standing.endedAt)}`
            : ''
    return `${layer.id}: ${standing.kind}${rest}`
  })
