import { describe, expect, test } from 'vitest'
import type { UserId } from '../../lib/ids.ts'
import type { Fixed, Override, Schedule, Swap } from './schedule.ts'
import { asId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import { explain, finalShifts, gaps, nextChange, onCallAt } from './on-call.ts'
import { aboveEveryLevel } from './schedule.ts'

describe('layers', () => {
  test('at a hand-over the incoming person is on call, and at the end nobody', () => {
    const schedule = scheduleOf([shift(0, 9, 'ana'), shift(9, 18, 'ben')])
    expect([8, 9, 17, 18].map((hour) => namesAt(schedule, hour))).toEqual(['ana', 'ben', 'ben', ''])
  })

  test('a higher level beats a lower one where it has cover, and one level adds up', () => {
    const layers = [onLevel(1, shift(10, 20, 'ana')), onLevel(1, shift(12, 16, 'ben')), onLevel(2, shift(15, 18, 'cai'))]
    expect(rows(scheduleOf(layers))).toEqual(['10-15 ana', '12-15 ben', '15-18 cai', '18-20 ana'])
  })

  test('a layer with nobody is transparent, and so is one that ends before it begins', () => {
    const layers = [shift(8, 12, 'ana'), onLevel(5, { ...shift(9, 10, 'ben'), users: [] }), onLevel(6, shift(11, 9, 'cai'))]
    expect(rows(scheduleOf(layers))).toEqual(['8-12 ana'])
  })

  test('somebody on two shifts of one level is on call once, for the one that began first', () => {
    const found = finalShifts(scheduleOf([shift(10, 14, 'ana'), shift(8, 12, 'ana')]), hours(0, 24))
    expect(found.map((row) => [row.startAt / hour, row.endAt / hour, row.cover.startAt / hour])).toEqual([
      [8, 12, 8],
      [12, 14, 10],
    ])
  })

  test('consecutive shifts of one person stay apart, and rows are clipped to the window', () => {
    const schedule = scheduleOf([shift(0, 8, 'ana'), shift(8, 16, 'ana')])
    expect(rows(schedule)).toEqual(['0-8 ana', '8-16 ana'])
    expect(rows(schedule, hours(7, 9))).toEqual(['7-8 ana', '8-9 ana'])
    expect(rows(schedule, hours(7, 7))).toEqual([])
  })

  test('a version of a layer counts only while it lasts', () => {
    const layers = [
      { ...shift(0, 20, 'ana'), toAt: at(10) },
      { ...shift(0, 20, 'ben'), fromAt: at(10), toAt: at(12) },
    ]
    expect(rows(scheduleOf(layers))).toEqual(['0-10 ana', '10-12 ben'])
  })

  test('somebody who is passed over hides nobody, and others of the shift stay', () => {
    const layers = [shift(8, 12, 'ana', 'gone'), onLevel(3, shift(9, 10, 'gone'))]
    expect(rows(scheduleOf(layers, { passedOver: new Set([user('gone')]) }))).toEqual(['8-12 ana'])
  })
})

describe('overrides', () => {
  const base = [shift(8, 20, 'ana'), shift(8, 20, 'ben')]

  test.each<[string, Override[], string[]]>([
    [
      'replaces all',
      [override(10, 12, { kind: 'replace-all', users: [user('cai')] })],
      ['8-10 ana', '8-10 ben', '10-12 cai', '12-20 ana', '12-20 ben'],
    ],
    ['leaves nobody', [override(10, 12, { kind: 'replace-all', users: [] })], ['8-10 ana', '8-10 ben', '12-20 ana', '12-20 ben']],
    [
      'replaces one',
      [override(10, 12, { kind: 'replace-user', replaced: user('ana'), userId: user('cai') })],
      ['8-10 ana', '8-20 ben', '10-12 cai', '12-20 ana'],
    ],
    [
      'replaces nobody where its user is not on call',
      [override(20, 22, { kind: 'replace-user', replaced: user('ana'), userId: user('cai') })],
      ['8-20 ana', '8-20 ben'],
    ],
    [
      'replaces one by somebody who is there',
      [override(10, 12, { kind: 'replace-user', replaced: user('ana'), userId: user('ben') })],
      ['8-10 ana', '8-20 ben', '12-20 ana'],
    ],
    ['adds', [override(19, 22, { kind: 'add', userId: user('cai') })], ['8-20 ana', '8-20 ben', '19-22 cai']],
    ['adds nobody who is there', [override(10, 12, { kind: 'add', userId: user('ana') })], ['8-20 ana', '8-20 ben']],
    ['removes', [override(8, 20, { kind: 'remove', userId: user('ana') })], ['8-20 ben']],
  ])('one that %s', (_what, overrides, expected) => {
    expect(rows(scheduleOf(base, { overrides }))).toEqual(expected)
  })

  test('the one created later has the last word, then the one with the greater id', () => {
    const all = (name: string, createdAt: number, id: string) => ({
      ...override(10, 12, { kind: 'replace-all', users: [user(name)] }),
      createdAt: instant(createdAt),
      id,
    })
    expect(namesAt(scheduleOf(base, { overrides: [all('late', 2, 'a'), all('early', 1, 'b')] }), 11)).toBe('late')
    expect(namesAt(scheduleOf(base, { overrides: [all('greater', 1, 'b'), all('smaller', 1, 'a')] }), 11)).toBe('greater')
  })

  test('one that names only people who are passed over does not exist', () => {
    const overrides = [override(10, 12, { kind: 'replace-all', users: [user('gone')] })]
    expect(rows(scheduleOf(base, { overrides, passedOver: new Set([user('gone')]) }))).toEqual(['8-20 ana', '8-20 ben'])
  })

  test('those of the API beat every level, and add up', () => {
    const layers = [
      onLevel(2_147_483_647, shift(0, 24, 'ana')),
      ...['ben', 'cai'].map((name) => onLevel(aboveEveryLevel, shift(10, 12, name))),
    ]
    expect(rows(scheduleOf(layers))).toEqual(['0-10 ana', '10-12 ben', '10-12 cai', '12-24 ana'])
  })
})

describe('swaps', () => {
  const base = [shift(8, 20, 'ana', 'ben')]

  test('one that was taken puts the benefactor in the place of the beneficiary alone', () => {
    const schedule = scheduleOf(base, { swaps: [swap(10, 12, 'ana', 'cai')] })
    expect(rows(schedule)).toEqual(['8-10 ana', '8-10 ben', '10-12 ben', '10-12 cai', '12-20 ana', '12-20 ben'])
    expect(onCallAt(schedule, at(11)).map(({ userId, insteadOf, swapId }) => [userId, insteadOf, swapId])).toEqual([
      ['cai', 'ana', 'swap'],
      ['ben', null, null],
    ])
  })

  test('one that nobody has taken changes nobody, but marks its rows', () => {
    const schedule = scheduleOf([shift(8, 20, 'ana')], { swaps: [swap(10, 12, 'ana', null)] })
    const found = finalShifts(schedule, hours(0, 24))
    expect(found.map(({ userId, startAt, endAt, swapId }) => [userId, startAt / hour, endAt / hour, swapId])).toEqual([
      ['ana', 8, 10, null],
      ['ana', 10, 12, 'swap'],
      ['ana', 12, 20, null],
    ])
    expect(nextChange(schedule, hours(8, 24))).toBe(at(20))
  })

  test('leave the benefactor on call when the beneficiary is passed over, and nobody outside of them', () => {
    const schedule = scheduleOf([shift(8, 20, 'gone')], {
      swaps: [swap(10, 12, 'gone', 'cai')],
      passedOver: new Set([user('gone')]),
    })
    expect(rows(schedule)).toEqual(['10-12 cai'])
    const open = { ...schedule, swaps: [swap(10, 12, 'gone', null)] }
    expect(rows(open)).toEqual([])
  })

  test('one that a person who is passed over has taken changes nobody', () => {
    const schedule = scheduleOf(base, { swaps: [swap(8, 20, 'ana', 'gone')], passedOver: new Set([user('gone')]) })
    expect(namesAt(schedule, 10)).toBe('ana ben')
  })

  test('one that is over has cut the row that goes on, whatever window is asked for', () => {
    const schedule = scheduleOf([shift(8, 20, 'ana')], { swaps: [swap(10, 12, 'ana', 'cai')] })
    const [row] = finalShifts(schedule, hours(14, 16))
    expect([row?.cover.startAt, row?.cover.endAt]).toEqual([at(12), at(20)])
  })

  test('a benefactor may pass the shift on', () => {
    const swaps = [
      { ...swap(8, 20, 'ana', 'cai'), id: 'first', createdAt: at(1) },
      { ...swap(12, 14, 'cai', 'dee'), id: 'second', createdAt: at(2) },
    ]
    expect(rows(scheduleOf([shift(8, 20, 'ana')], { swaps }))).toEqual(['8-12 cai', '12-14 dee', '14-20 cai'])
  })
})

describe('questions', () => {
  const schedule = scheduleOf([shift(0, 9, 'ana'), shift(9, 12, 'ana'), shift(15, 18, 'ben')])

  test('the next change is when other people come on call, inside the window', () => {
    expect(nextChange(schedule, hours(0, 1000))).toBe(at(12))
    expect(nextChange(schedule, hours(12, 1000))).toBe(at(15))
    expect(nextChange(schedule, hours(12, 15))).toBeNull()
    expect(nextChange(schedule, hours(18, 100_000))).toBeNull()
  })

  test('a change that is years ahead is found', () => {
    expect(nextChange(scheduleOf([shift(50_000, 50_001, 'ana')]), hours(0, 100_000))).toBe(at(50_000))
  })

  test('gaps are where nobody is on call', () => {
    expect(gaps(schedule, hours(-2, 24)).map(({ startAt, endAt }) => [startAt / hour, endAt / hour])).toEqual([
      [-2, 0],
      [12, 15],
      [18, 24],
    ])
    expect(gaps(scheduleOf([shift(0, 3, 'ana')]), hours(0, 3))).toEqual([])
  })

  test('a gap that is cut by the end of an empty override is one gap', () => {
    const overrides = [override(0, 5, { kind: 'replace-all', users: [] })]
    expect(gaps(scheduleOf([], { overrides }), hours(0, 10))).toEqual([hours(0, 10)])
  })

  test('the explanation names the reason, and who would be on call without it', () => {
    const layers = [shift(0, 24, 'ana'), onLevel(1, shift(0, 24, 'ben'))]
    const overrides = [override(10, 12, { kind: 'replace-all', users: [user('cai')] })]
    const swaps = [swap(14, 16, 'ben', 'dee')]
    const told = (hour: number) =>
      explain(scheduleOf(layers, { overrides, swaps }), at(hour)).map(({ userId, cover, swapId, otherwise }) => [
        userId,
        cover.source,
        swapId,
        otherwise.map((person) => person.userId),
      ])
    expect(told(8)).toEqual([['ben', { kind: 'layer', id: 'ben' }, null, ['ana']]])
    expect(told(11)).toEqual([['cai', { kind: 'override', id: 'override' }, null, ['ben']]])
    expect(told(15)).toEqual([['dee', { kind: 'layer', id: 'ben' }, 'swap', ['ben']]])
  })
})

const hour = 3_600_000
const at = (hours: number) => instant(hours * hour)
const hours = (from: number, to: number) => ({ startAt: at(from), endAt: at(to) })
const user = (name: string) => asId<UserId>(name)

const shift = (from: number, to: number, ...names: string[]): Fixed => ({
  kind: 'fixed',
  id: names.join(' '),
  level: 0,
  fromAt: null,
  toAt: null,
  ...hours(from, to),
  users: names.map(user),
})
const onLevel = (level: number, layer: Fixed): Fixed => ({ ...layer, level })

type Act = Override extends infer Each
  ? Each extends Override
    ? Omit<Each, 'id' | 'createdAt' | 'startAt' | 'endAt'>
    : never
  : never
const override = (from: number, to: number, act: Act): Override => ({
  id: 'override',
  createdAt: at(0),
  ...hours(from, to),
  ...act,
})

const swap = (from: number, to: number, beneficiary: string, benefactor: string | null): Swap => ({
  id: 'swap',
  createdAt: at(0),
  ...hours(from, to),
  beneficiary: user(beneficiary),
  benefactor: benefactor === null ? null : user(benefactor),
})

function scheduleOf(layers: readonly Fixed[], more: Partial<Schedule> = {}): Schedule {
  return { layers, overrides: [], swaps: [], passedOver: new Set(), ...more }
}

const namesAt = (schedule: Schedule, clock: number) =>
  onCallAt(schedule, at(clock))
    .map(({ userId }) => userId)
    .join(' ')

const rows = (schedule: Schedule, window = hours(0, 24)) =>
  finalShifts(schedule, window)
    .map(({ userId, startAt, endAt }) => ({ startAt, text: `${startAt / hour}-${endAt / hour} ${userId}` }))
    .toSorted((left, right) => left.startAt - right.startAt)
    .map(({ text }) => text)
