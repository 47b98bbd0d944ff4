import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FinalShift } from './on-call.ts'
import type { Schedule, TimeWindow } from './schedule.ts'
import { onCallByMinute } from '../../../test/support/schedules/minute-oracle.ts'
import { scheduleAroundChange } from '../../../test/support/schedules/random-schedule.ts'
import { instant } from '../../lib/time.ts'
import { finalShifts, gaps, nextChange, onCallAt } from './on-call.ts'

const minute = 60_000

test('whoever watches the clocks minute by minute comes to the same', () => {
  fc.assert(
    fc.property(scheduleAroundChange(5 * minute), ({ schedule, window }) => {
      const rows = finalShifts(schedule, window)
      const minutes = Array.from({ length: (window.endAt - window.startAt) / minute }, () => new Set<string>())
      for (const row of rows) {
        for (let at = row.startAt; at < row.endAt; at = instant(at + minute))
          minutes[(at - window.startAt) / minute]?.add(row.userId)
      }
      expect(changesOf(minutes.map((names) => [...names].toSorted().join(' ')))).toEqual(
        changesOf(onCallByMinute(schedule, window)),
      )
    }),
    { numRuns: 200 },
  )
})

describe('of any schedule', () => {
  const any = scheduleAroundChange(1000)

  test('slices of time join to the whole', () => {
    fc.assert(
      fc.property(any, fc.double({ min: 0, max: 1, noNaN: true }), ({ schedule, window }, share) => {
        const middle = instant(window.startAt + Math.floor((share * (window.endAt - window.startAt)) / 1000) * 1000)
        const left = finalShifts(schedule, { startAt: window.startAt, endAt: middle })
        const right = finalShifts(schedule, { startAt: middle, endAt: window.endAt })
        expect(joined(left, right, middle)).toEqual(textsOf(finalShifts(schedule, window)))
      }),
      { numRuns: 500 },
    )
  })

  test('nobody is on call twice at once', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        const people = Map.groupBy(finalShifts(schedule, window), (row) => row.userId)
        for (const rows of people.values()) {
          expect(rows.every((row, index) => index === 0 || row.startAt >= (rows[index - 1]?.endAt ?? Infinity))).toBe(true)
          expect(rows.every((row) => row.startAt < row.endAt)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('an instant says what the final shifts say', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        const rows = finalShifts(schedule, window)
        for (const at of edgesOf(rows, window)) {
          const expected = rows.filter((row) => row.startAt <= at && at < row.endAt).map((row) => row.userId)
          expect(namesAt(schedule, at)).toBe(expected.toSorted().join(' '))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('the next change is the first difference', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        const now = namesAt(schedule, window.startAt)
        const first = edgesOf(finalShifts(schedule, window), window).find((at) => namesAt(schedule, at) !== now)
        expect(nextChange(schedule, window)).toBe(first ?? null)
      }),
      { numRuns: 300 },
    )
  })

  test('gaps are where no final shift is', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        const found = gaps(schedule, window)
        for (const at of [...edgesOf(finalShifts(schedule, window), window), ...found.map((gap) => gap.startAt)]) {
          expect(found.some((gap) => gap.startAt <= at && at < gap.endAt)).toBe(namesAt(schedule, at) === '')
        }
        expect(found.every((gap, index) => index === 0 || gap.startAt > (found[index - 1]?.endAt ?? Infinity))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('the order in which it is written down does not matter', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        const turned = {
          ...schedule,
          layers: schedule.layers.toReversed(),
          overrides: schedule.overrides.toReversed(),
          swaps: schedule.swaps.toReversed(),
        }
        expect(finalShifts(turned, window)).toEqual(finalShifts(schedule, window))
      }),
      { numRuns: 300 },
    )
  })

  test('nobody who is passed over is on call', () => {
    fc.assert(
      fc.property(any, ({ schedule, window }) => {
        expect(finalShifts(schedule, window).filter((row) => schedule.passedOver.has(row.userId))).toEqual([])
      }),
    )
  })
})

const namesAt = (schedule: Schedule, at: FinalShift['startAt']) =>
  onCallAt(schedule, at)
    .map(({ userId }) => userId)
    .toSorted()
    .join(' ')

const edgesOf = (rows: readonly FinalShift[], { startAt, endAt }: TimeWindow) =>
  [...new Set(rows.flatMap((row) => [row.startAt, row.endAt]))]
    .filter((at) => at > startAt && at < endAt)
    .toSorted((a, b) => a - b)

/** Where a list of answers becomes another one, so that a difference can be read. */
const changesOf = (answers: readonly string[]) =>
  answers.flatMap((answer, index) => (index > 0 && answers[index - 1] === answer ? [] : [`minute ${index}: ${answer}`]))

const textsOf = (rows: readonly FinalShift[]) =>
  rows.map(({ startAt, endAt, ...rest }) => `${startAt} ${endAt} ${JSON.stringify(rest)}`).toSorted()

function joined(left: readonly FinalShift[], right: readonly FinalShift[], seam: number): readonly string[] {
  const says = ({ startAt: _from, endAt: _to, ...rest }: FinalShift) => JSON.stringify(rest)
  const goesOn = (row: FinalShift) =>
    right.find((later) => row.endAt === seam && later.startAt === seam && says(later) === says(row))
  const whole = left.map((row) => ({ ...row, endAt: goesOn(row)?.endAt ?? row.endAt }))
  return textsOf([...whole, ...right.filter((row) => !left.some((earlier) => goesOn(earlier) === row))])
}
