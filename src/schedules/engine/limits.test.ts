import { expect, test } from 'vitest'
import type { Recurrence, Rotation, Schedule } from './schedule.ts'
import { known } from '../../lib/check.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import { instant, ms } from '../../lib/time.ts'
import { localTime } from '../local-time.ts'
import { findZone } from '../zone.ts'
import { answerable, layerFault, scheduleFault } from './limits.ts'
import { finalShifts, nextChange, onCallAt } from './on-call.ts'

const day = 86_400_000
const noon = ms(day / 2)

const rotation: Rotation = {
  kind: 'rotation',
  id: 'rotation',
  level: 0,
  fromAt: null,
  toAt: null,
  zone: known(findZone('Europe/London'), 'London has a zone'),
  groups: [[asId('ana')], [asId('ben')]],
  startLocal: localTime(0),
  endLocal: null,
  turn: { unit: 'days', length: 1, handover: noon },
  restrictions: [],
  consumption: 'calendar',
}
const recurrence: Recurrence = {
  kind: 'recurrence',
  id: 'recurrence',
  level: 0,
  fromAt: null,
  toAt: null,
  zone: rotation.zone,
  groups: rotation.groups,
  periodsPerTurn: 1,
  rule: { frequency: 'daily', interval: 1, weekStart: 'MO', days: null, months: null, monthdays: null },
  startLocal: localTime(0),
  firstLocal: localTime(0),
  endLocal: null,
  durationMs: ms(day),
}
const scheduleOf = (layers: Schedule['layers']): Schedule => ({ layers, overrides: [], swaps: [], passedOver: new Set() })
const year = { startAt: instant(50 * 365 * day), endAt: instant(51 * 365 * day) }

test.each<[string, Partial<Rotation>, string]>([
  ['no length', { turn: { unit: 'hours', length: 0, handover: noon } }, 'The length of a turn'],
  ['a length below nothing', { turn: { unit: 'days', length: -1, handover: noon } }, 'The length of a turn'],
  ['half a day', { turn: { unit: 'days', length: 0.5, handover: noon } }, 'The length of a turn'],
  ['no number', { turn: { unit: 'days', length: NaN, handover: noon } }, 'The length of a turn'],
  [
    'more than a hundred years',
    { turn: { unit: 'months', length: 1201, handover: noon } as Rotation['turn'] },
    'The length of a turn',
  ],
  ['a hand-over at 24:00', { turn: { unit: 'days', length: 1, handover: ms(day) } }, 'A hand-over'],
  ['a 32nd', { turn: { unit: 'months', length: 1, handover: noon, monthday: 32 } }, 'A month is handed over'],
  ['elapsed turns that wait', { turn: { unit: 'elapsed', length: ms(1000) }, consumption: 'active' }, 'Turns of elapsed time'],
  ['parts of seconds', { turn: { unit: 'elapsed', length: ms(1500) } }, 'A turn lasts whole seconds'],
  ['hours on no day', { restrictions: [{ days: [], start: noon, end: noon }] }, 'A restriction'],
  ['too many groups', { groups: Array.from({ length: 501 }, () => []) }, 'At most 500 groups'],
  ['a broken level', { level: NaN }, 'A level'],
])('a rotation with %s is refused', (_what, change, sentence) => {
  const broken = { ...rotation, ...change }
  expect(layerFault(broken)).toContain(sentence)
  expect(() => onCallAt(scheduleOf([broken]), instant(0))).toThrow(sentence)
})

test.each<[string, Partial<Recurrence>, string]>([
  ['interval 0', { rule: { ...recurrence.rule, interval: 0 } }, 'An interval'],
  ['no periods per turn', { periodsPerTurn: 0 }, 'An interval'],
  ['no length', { durationMs: ms(0) }, 'A shift lasts'],
  ['an empty filter', { rule: { ...recurrence.rule, days: [] } }, 'A filter'],
  ['a 13th month', { rule: { ...recurrence.rule, months: [13] } }, 'Months'],
  ['a day 0', { rule: { ...recurrence.rule, monthdays: [0] } }, 'Days of a month'],
  [
    'turns by months since 1899',
    { rule: { ...recurrence.rule, months: [1] }, startLocal: localTime(-2_208_988_801_000) },
    '1900 or later',
  ],
  ['68 years of days', { durationMs: ms(2_147_483_647_000) }, 'more than 500'],
])('a recurrence with %s is refused', (_what, change, sentence) => {
  const broken = { ...recurrence, ...change }
  expect(layerFault(broken)).toContain(sentence)
  expect(() => onCallAt(scheduleOf([broken]), instant(0))).toThrow(sentence)
})

test('turns of ten years are taken, and quick', () => {
  const schedule = scheduleOf([{ ...rotation, turn: { unit: 'months', length: 120, handover: noon, monthday: 1 } }])
  expect(scheduleFault(schedule)).toBeNull()
  expect(finalShifts(schedule, { startAt: instant(0), endAt: instant(39 * 365 * day) }).map(({ userId }) => userId)).toEqual([
    'ana',
    'ben',
    'ana',
    'ben',
  ])
})

test('a rule that never comes to pass is answered with nobody', () => {
  const never = { ...recurrence, rule: { ...recurrence.rule, months: [2], monthdays: [30] } }
  expect(finalShifts(scheduleOf([never]), year)).toEqual([])
  expect(nextChange(scheduleOf([never]), year)).toBeNull()
})

test('500 layers are taken, 501 are not', () => {
  expect(scheduleFault(scheduleOf(Array.from({ length: 500 }, () => rotation)))).toBeNull()
  expect(scheduleFault(scheduleOf(Array.from({ length: 501 }, () => rotation)))).toContain('at most 500 layers')
})

test('layers that begin too many shifts together are not taken', () => {
  const hourly: Rotation = { ...rotation, turn: { unit: 'hours', length: 1, handover: noon } }
  expect(scheduleFault(scheduleOf(Array.from({ length: 208 }, () => hourly)))).toBeNull()
  expect(scheduleFault(scheduleOf(Array.from({ length: 209 }, () => hourly)))).toContain('at most 5000 times a day')
})

test('a question is as long as its answer can be', () => {
  const hourly: Rotation = { ...rotation, turn: { unit: 'hours', length: 1, handover: noon } }
  expect(answerable(scheduleOf([hourly, hourly, hourly, hourly, hourly]), year)).toEqual(year)
  const often: Rotation = { ...rotation, turn: { unit: 'elapsed', length: ms(20_000) } }
  expect(answerable(scheduleOf([often]), year)).toEqual({ startAt: year.startAt, endAt: instant(year.startAt + 11 * day) })
  const once = instant(year.startAt + day)
  expect(answerable(scheduleOf([{ ...often, toAt: once }]), year)).toEqual(year)
  const crowd = Array.from({ length: 100 }, (_, index) => asId<UserId>(`U${index}`))
  expect(answerable(scheduleOf([{ ...often, groups: [crowd] }]), year).endAt).toBe(once)
})

test('a question about a time of thousands of edits is shorter', () => {
  const versions = (count: number): readonly Rotation[] =>
    Array.from({ length: count }, (_, index) => ({
      ...{ ...rotation, fromAt: instant(year.startAt + index * 1000), toAt: instant(year.startAt + (index + 1) * 1000) },
    }))
  expect(answerable(scheduleOf(versions(4000)), year)).toEqual(year)
  expect(answerable(scheduleOf(versions(10_000)), year).endAt).toBe(instant(year.startAt + 182 * day))
  const before = { startAt: instant(year.startAt - 365 * day), endAt: year.startAt }
  expect(answerable(scheduleOf(versions(10_000)), before)).toEqual(before)
})

test('turns that must be counted weigh more than those of arithmetic', () => {
  const counted: Recurrence = {
    ...recurrence,
    rule: { ...recurrence.rule, frequency: 'hourly', months: [1, 2] },
    durationMs: ms(3_600_000),
  }
  expect(scheduleFault(scheduleOf(Array.from({ length: 20 }, () => counted)))).toBeNull()
  expect(scheduleFault(scheduleOf(Array.from({ length: 21 }, () => counted)))).toContain('at most 5000 times a day')
  const alone = { ...counted, groups: [[]] }
  expect(scheduleFault(scheduleOf(Array.from({ length: 208 }, () => alone)))).toBeNull()
})

test('an override or swap that ends before it begins is not taken', () => {
  const backwards = { id: '1', createdAt: instant(0), startAt: instant(5), endAt: instant(4) }
  const overrides = [{ ...backwards, kind: 'replace-all', users: [] }] as const
  expect(scheduleFault({ ...scheduleOf([]), overrides })).toContain('ends after it begins')
})
