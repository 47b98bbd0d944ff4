import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scheduleAroundChange } from '../../../test/support/schedules/random-schedule.ts'
import { known } from '../../lib/check.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import { days, hours, type Instant, instant, minutes } from '../../lib/time.ts'
import { common } from '../engine/cover.ts'
import { finalShifts } from '../engine/on-call.ts'
import type { Fixed, Override, Recurrence, Rotation, Schedule, TimeWindow } from '../engine/schedule.ts'
import { type ExportedShift, exportedMax, exportWindow, shiftsWithin } from './shifts.ts'
import { localTime } from '../local-time.ts'
import { findZone } from '../zone.ts'

const at = (text: string): Instant => instant(Date.parse(`${text}Z`))
const user = (name: string) => asId<UserId>(name)
const always = { level: 0, fromAt: null, toAt: null }
const utc = known(findZone('UTC'), 'UTC is known')
const april = { startAt: at('2026-04-01'), endAt: at('2026-05-01') }

const fixed = (id: string, from: string, to: string, name: string): Fixed => ({
  ...{ ...always, kind: 'fixed', id, startAt: at(from), endAt: at(to), users: [user(name)] },
})

const override = (id: string, from: string, to: string, name: string): Override => ({
  ...{ kind: 'replace-all', id, startAt: at(from), endAt: at(to), createdAt: at('2026-01-01'), users: [user(name)] },
})

const scheduleOf = (parts: Partial<Schedule>): Schedule => ({
  layers: [],
  overrides: [],
  swaps: [],
  passedOver: new Set(),
  ...parts,
})

const within = (parts: Partial<Schedule>, window: TimeWindow = april, seams: readonly Instant[] = []) =>
  shiftsWithin({ schedule: scheduleOf(parts), seams: new Set(seams) }, window)

const day = (instantAt: Instant): string => new Date(instantAt).toISOString().slice(0, 10)
const rows = (shifts: readonly ExportedShift[]) =>
  shifts.map(({ userId, startAt, endAt, piece }) => `${userId} ${day(startAt)} ${day(endAt)} ${piece}`)

test('the window is half a month back and half a year ahead, in whole days', () => {
  const window = { startAt: at('2026-03-17'), endAt: at('2026-09-29') }
  expect(exportWindow(at('2026-04-01T00:00:00'))).toEqual(window)
  expect(exportWindow(at('2026-04-01T23:59:59'))).toEqual(window)
})

describe('a shift that reaches out of the window', () => {
  test('is shown whole, to both sides', () => {
    expect(
      within({ layers: [fixed('L', '2026-01-10', '2026-04-02', 'ana'), fixed('M', '2026-04-20', '2026-09-01', 'ben')] }),
    ).toEqual([
      expect.objectContaining({ userId: 'ana', startAt: at('2026-01-10'), endAt: at('2026-04-02') }),
      expect.objectContaining({ userId: 'ben', startAt: at('2026-04-20'), endAt: at('2026-09-01') }),
    ])
  })

  test('is shown as far as 400 days', () => {
    expect(rows(within({ layers: [fixed('L', '2020-01-01', '2030-01-01', 'ana')] }))).toEqual(['ana 2025-02-25 2027-06-05 0'])
  })

  test('is not shown when it only touches the window', () => {
    expect(
      within({ layers: [fixed('L', '2026-03-01', '2026-04-01', 'ana'), fixed('M', '2026-05-01', '2026-06-01', 'ben')] }),
    ).toEqual([])
  })
})

test('pieces of a shift are counted from its beginning, however long ago that was', () => {
  const parts = {
    layers: [fixed('L', '2026-01-10', '2026-06-01', 'ana')],
    overrides: [override('O', '2026-02-01', '2026-02-03', 'ben'), override('P', '2026-04-10', '2026-04-11', 'ben')],
  }
  const shown = ['ana 2026-02-03 2026-04-10 1', 'ben 2026-04-10 2026-04-11 0', 'ana 2026-04-11 2026-06-01 2']
  expect(rows(within(parts))).toEqual(shown)
  expect(rows(within(parts, { startAt: at('2026-04-10'), endAt: at('2026-04-20') }))).toEqual(shown.slice(1))
})

test('an edit does not cut a shift in two', () => {
  const layer = fixed('L', '2026-04-01', '2026-04-20', 'ana')
  const layers = [
    { ...layer, toAt: at('2026-04-10') },
    { ...layer, fromAt: at('2026-04-10') },
  ]
  expect(rows(within({ layers }, april, [at('2026-04-10')]))).toEqual(['ana 2026-04-01 2026-04-20 0'])
})

test('turns of one person that follow each other stay apart, where two weeks that are looked through meet too', () => {
  const turns: Rotation = {
    ...{ ...always, kind: 'rotation', id: 'L', zone: utc, groups: [[user('ana')]], restrictions: [], consumption: 'calendar' },
    ...{ startLocal: localTime(at('2026-04-01')), endLocal: localTime(at('2026-04-23')) },
    turn: { unit: 'days', length: 7, handover: hours(0) },
  }
  expect(rows(within({ layers: [turns] }))).toEqual([
    'ana 2026-04-01 2026-04-08 0',
    'ana 2026-04-08 2026-04-15 0',
    'ana 2026-04-15 2026-04-22 0',
    'ana 2026-04-22 2026-04-23 0',
  ])
})

describe('of any schedule', () => {
  const any = scheduleAroundChange(1000).map(({ schedule, window }) => ({
    schedule,
    window: { startAt: instant(window.startAt - days(10)), endAt: instant(window.endAt + days(10)) },
  }))

  test('what is exported is what final shifts say, and more only outside the window', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        const shown = shiftsWithin({ schedule, seams: new Set() }, window)
        const clipped = shown.flatMap((shift) => {
          const inside = common(shift, window)
          return inside === null ? [] : [{ ...shift, ...inside }]
        })
        expect(textsOf(clipped)).toEqual(textsOf(finalShifts(schedule, window)))
      }),
      { numRuns: 200 },
    )
  })

  test('a shift is the same whenever it is looked at', () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 20 }), ({ schedule, window }, count) => {
        const later = { startAt: instant(window.startAt + days(count)), endAt: instant(window.endAt + days(count)) }
        const both = { startAt: later.startAt, endAt: window.endAt }
        const namesIn = (asked: TimeWindow): readonly string[] =>
          shiftsWithin({ schedule, seams: new Set() }, asked)
            .filter((shift) => common(shift, both) !== null)
            .map(nameOf)
            .toSorted()
        expect(namesIn(later)).toEqual(namesIn(window))
      }),
      { numRuns: 200 },
    )
  })

  test('no two pieces are confused', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        const names = shiftsWithin({ schedule, seams: new Set() }, window).map(({ userId, cover, piece }) =>
          JSON.stringify([userId, cover.source, cover.startAt, piece]),
        )
        expect(new Set(names).size).toBe(names.length)
      }),
      { numRuns: 200 },
    )
  })
})

test('shifts without number end after ten thousand, before all of them are found', () => {
  const rule = { frequency: 'hourly', interval: 1, weekStart: 'MO', days: null, months: null, monthdays: null } as const
  const minute = (number: number): Recurrence => ({
    ...{
      ...always,
      kind: 'recurrence',
      id: `L${number}`,
      zone: utc,
      groups: [[user('ana')]],
      periodsPerTurn: 1,
      rule,
      endLocal: null,
    },
    startLocal: localTime(at('2020-01-01') + minutes(number)),
    firstLocal: localTime(at('2020-01-01')),
    durationMs: minutes(1),
  })
  const shown = within({ layers: Array.from({ length: 60 }, (_, number) => minute(number)) }, exportWindow(at('2026-04-01')))
  expect(shown).toHaveLength(exportedMax)
  expect(shown.at(-1)?.startAt).toBe(at('2026-03-17') + minutes(9_999))
})

const textsOf = (shifts: readonly TimeWindow[]): readonly string[] =>
  shifts.map((shift) => JSON.stringify(plain(shift))).toSorted()

const plain = (shift: object) =>
  Object.fromEntries(
    Object.entries(shift)
      .filter(([key]) => key !== 'piece')
      .toSorted(),
  )

const nameOf = ({ userId, startAt, endAt, cover, piece }: ExportedShift): string =>
  JSON.stringify([userId, cover.source, cover.startAt, piece, startAt, endAt])
