import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UserId } from '../lib/ids.ts'
import type { Cover, FinalShift, TimeWindow } from './on-call.ts'
import { asId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { finalShifts, nextChange, onCallAt } from './on-call.ts'

describe('the final schedule', () => {
  test('a shift is on call from its start up to, but without, its end', () => {
    const covers = [shift(10, 15, 'ana')]
    expect([9, 10, 14, 15].map((hour) => namesAt(covers, hour))).toEqual(['', 'ana', 'ana', ''])
  })

  test('at a hand-over the incoming person is on call', () => {
    expect(namesAt([shift(0, 9, 'ana'), shift(9, 18, 'ben')], 9)).toBe('ben')
  })

  test('an override beats every level', () => {
    expect(rows([onLevel(9, shift(10, 15, 'ana')), override(10, 15, 'ben')])).toEqual(['10-15 ben'])
  })

  test('what an override does not cover stays', () => {
    expect(rows([shift(8, 20, 'ana'), override(10, 12, 'ben')])).toEqual(['8-10 ana', '10-12 ben', '12-20 ana'])
  })

  test('a higher level beats a lower one where it has cover, and one level adds up', () => {
    expect(rows([onLevel(1, shift(10, 20, 'ana')), onLevel(1, shift(12, 16, 'ben')), onLevel(2, shift(15, 18, 'cai'))])).toEqual([
      '10-15 ana',
      '12-15 ben',
      '15-18 cai',
      '18-20 ana',
    ])
  })

  test('a cover with nobody is transparent', () => {
    expect(rows([shift(8, 12, 'ana'), { ...override(9, 10, 'ben'), users: [] }])).toEqual(['8-12 ana'])
    expect(namesAt([shift(8, 12, 'ana'), { ...override(9, 10, 'ben'), users: [] }], 9)).toBe('ana')
  })

  test('a cover that ends before it begins, or as it begins, covers nothing', () => {
    expect(rows([shift(8, 12, 'ana'), override(10, 9, 'ben'), override(11, 11, 'cai')])).toEqual(['8-12 ana'])
    expect(changeAfter([shift(8, 12, 'ana'), override(10, 9, 'ben'), override(11, 11, 'cai')], 8)).toBe(12)
  })

  test('several users of one shift are on call together', () => {
    expect(rows([{ ...shift(8, 12, 'ana'), users: [user('ana'), user('ben')] }])).toEqual(['8-12 ana', '8-12 ben'])
  })

  test('somebody on two shifts of one level is on call once, for the shift that began first', () => {
    const [early, late] = [shift(8, 12, 'ana'), shift(10, 14, 'ana')]
    expect(finalShifts([late, early], hours(0, 24))).toEqual([
      { userId: 'ana', cover: early, startAt: at(8), endAt: at(12) },
      { userId: 'ana', cover: late, startAt: at(12), endAt: at(14) },
    ])
  })

  test('consecutive shifts of one person stay apart', () => {
    expect(rows([shift(0, 8, 'ana'), shift(8, 16, 'ana')])).toEqual(['0-8 ana', '8-16 ana'])
  })

  test('rows are clipped to the window', () => {
    expect(rows([shift(0, 24, 'ana')], hours(3, 5))).toEqual(['3-5 ana'])
    expect(rows([shift(0, 3, 'ana'), shift(5, 9, 'ben')], hours(3, 5))).toEqual([])
    expect(rows([shift(0, 24, 'ana')], hours(5, 5))).toEqual([])
  })
})

describe('the next change', () => {
  test('is when other people come on call', () => {
    const covers = [shift(0, 9, 'ana'), shift(9, 18, 'ben')]
    expect([-5, 0, 8, 9, 18].map((hour) => changeAfter(covers, hour))).toEqual([0, 9, 9, 18, null])
  })

  test('is no hand-over from somebody to themself', () => {
    expect(changeAfter([shift(0, 8, 'ana'), shift(8, 16, 'ana')], 0)).toBe(16)
  })

  test('is not seen under an override', () => {
    expect(changeAfter([shift(0, 8, 'ana'), shift(8, 16, 'ben'), override(4, 12, 'cai')], 4)).toBe(12)
  })
})

describe('for any shifts', () => {
  test('rows of slices join to the rows of the whole', () => {
    fc.assert(
      fc.property(someCovers, someHours, ({ covers }, [first, middle, last]) => {
        const slices = [...finalShifts(covers, hours(first, middle)), ...finalShifts(covers, hours(middle, last))]
        expect(joinedAt(at(middle), slices)).toEqual(inOrder(finalShifts(covers, hours(first, last))))
      }),
    )
  })

  test('nobody has two rows at one time', () => {
    fc.assert(
      fc.property(someCovers, ({ covers }) => {
        const found = finalShifts(covers, hours(0, 72))
        for (const row of found) {
          const others = found.filter((other) => other !== row && other.userId === row.userId)
          expect(others.filter((other) => other.startAt < row.endAt && row.startAt < other.endAt)).toEqual([])
        }
      }),
    )
  })

  test('who is on call at an instant is who has a row then, and as the rules say', () => {
    fc.assert(
      fc.property(someCovers, hourOfTwoDays, ({ covers }, hour) => {
        const inRows = finalShifts(covers, hours(0, 72)).filter((row) => row.startAt <= at(hour) && at(hour) < row.endAt)
        const names = onCallAt(covers, at(hour)).map((person) => person.userId)
        expect(inRows.map((row) => row.userId).toSorted()).toEqual(names.toSorted())
        expect(new Set(names)).toEqual(byTheRules(covers, hour))
      }),
    )
  })

  test('the next change is the first hour with other people', () => {
    fc.assert(
      fc.property(someCovers, hourOfTwoDays, ({ covers }, hour) => {
        const before = [...byTheRules(covers, hour)].toSorted().join()
        const later = Array.from({ length: 60 }, (_none, index) => hour + 1 + index)
        expect(changeAfter(covers, hour)).toBe(
          later.find((each) => [...byTheRules(covers, each)].toSorted().join() !== before) ?? null,
        )
      }),
    )
  })

  test('the order in which they are given does not matter', () => {
    fc.assert(
      fc.property(someCovers, ({ covers, shuffled }) => {
        expect(finalShifts(shuffled, hours(0, 72))).toEqual(finalShifts(covers, hours(0, 72)))
      }),
    )
  })
})

/** Who is on call, hour by hour, straight from the rules. */
function byTheRules(covers: readonly Cover[], hour: number): ReadonlySet<UserId> {
  const active = covers.filter((cover) => cover.users.length > 0 && cover.startAt <= at(hour) && at(hour) < cover.endAt)
  const overrides = active.filter((cover) => cover.kind === 'override')
  const counting = overrides.length > 0 ? overrides : active
  const level = Math.max(...counting.map((cover) => cover.level))
  return new Set(counting.filter((cover) => cover.level === level).flatMap((cover) => cover.users))
}

/** One row for two of the same cover and person that meet at the seam. */
function joinedAt(seam: number, slices: readonly FinalShift[]): readonly FinalShift[] {
  const isNext = (row: FinalShift, other: FinalShift) =>
    other.endAt === seam && row.startAt === seam && other.userId === row.userId && other.cover === row.cover
  const joined = slices
    .filter((row) => !slices.some((other) => isNext(row, other)))
    .map((row) => ({ ...row, endAt: slices.find((other) => isNext(other, row))?.endAt ?? row.endAt }))
  return inOrder(joined)
}

const inOrder = (found: readonly FinalShift[]): readonly FinalShift[] =>
  found.toSorted(
    (left, right) =>
      left.startAt - right.startAt || (left.cover.shiftId + left.userId < right.cover.shiftId + right.userId ? -1 : 1),
  )

const at = (hour: number) => instant(hour * 3_600_000)
const hours = (first: number, last: number): TimeWindow => ({ startAt: at(first), endAt: at(last) })
const user = (name: string) => asId<UserId>(name)

const shift = (first: number, last: number, name: string): Cover => ({
  ...hours(first, last),
  users: [user(name)],
  kind: 'shift',
  level: 0,
  shiftId: asId(`${first}-${last} ${name}`),
})
const onLevel = (level: number, cover: Cover): Cover => ({ ...cover, level })
const override = (first: number, last: number, name: string): Cover => ({ ...shift(first, last, name), kind: 'override' })

const namesAt = (covers: readonly Cover[], hour: number) =>
  onCallAt(covers, at(hour))
    .map((person) => person.userId)
    .join()

function rows(covers: readonly Cover[], window = hours(0, 24)): readonly string[] {
  return finalShifts(covers, window).map((row) => `${row.startAt / 3_600_000}-${row.endAt / 3_600_000} ${row.userId}`)
}

function changeAfter(covers: readonly Cover[], hour: number): number | null {
  const change = nextChange(covers, at(hour))
  return change === null ? null : change / 3_600_000
}

const hourOfTwoDays = fc.integer({ min: 0, max: 48 })
const someHours = fc.array(hourOfTwoDays, { minLength: 3, maxLength: 3 }).map((found): readonly [number, number, number] => {
  const [first = 0, middle = 0, last = 0] = found.toSorted((left, right) => left - right)
  return [first, middle, last]
})
const someCovers = fc
  .array(
    fc.record({
      start: hourOfTwoDays,
      length: fc.integer({ min: 1, max: 20 }),
      users: fc.uniqueArray(fc.constantFrom('ana', 'ben', 'cai', 'dee').map(user), { maxLength: 3 }),
      kind: fc.constantFrom('shift' as const, 'override' as const),
      level: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 12 },
  )
  .map((drafts) =>
    drafts.map(
      ({ start, length, ...rest }, index): Cover => ({
        ...hours(start, start + length),
        ...rest,
        shiftId: asId(`shift ${index + 10}`),
      }),
    ),
  )
  .chain((covers) => fc.shuffledSubarray(covers, { minLength: covers.length }).map((shuffled) => ({ covers, shuffled })))
