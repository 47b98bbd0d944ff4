import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atOnce } from '../../../test/support/at-once.ts'
import { scheduleAroundChange } from '../../../test/support/schedules/random-schedule.ts'
import { asId, type ScheduleId, type UserId } from '../../lib/ids.ts'
import { days, type Instant, instant } from '../../lib/time.ts'
import { calendarText } from './calendar-text.ts'
import { finalShifts } from '../engine/on-call.ts'
import type { Fixed, Schedule, TimeWindow } from '../engine/schedule.ts'
import { calendarTag, personalEvents, scheduleCalendar } from './calendar.ts'
import { type ExportedShift, shiftsWithin } from './shifts.ts'
import { stretchesOfCalendar } from '../ical/stretches.ts'

const names = ['ana', 'ben', 'cai', 'dee', 'eve']
const people = new Map(names.map((name) => [name, { username: name.toUpperCase(), email: `${name}@example.com` }]))
const schedule = { id: asId<ScheduleId>('S1'), name: 'Primary' }

test('a schedule that imports the calendar of another one has the same people on call, at every instant', () => {
  fc.assert(
    fc.property(scheduleAroundChange(1000), ({ schedule: original, window }) => {
      const calendar = scheduleCalendar(schedule, shiftsWithin({ schedule: original, seams: new Set() }, window), people)
      expect(coverOf(importOf(calendarText(calendar, window.startAt), window), window)).toEqual(coverOf(original, window))
    }),
    { numRuns: 300 },
  )
})

/** What the importer makes of a calendar, where names and addresses are looked up as texts. */
function importOf(text: string, window: TimeWindow): Schedule {
  const read = atOnce(
    stretchesOfCalendar(Buffer.from(text), {
      startAt: instant(window.startAt - days(40)),
      endAt: instant(window.endAt + days(40)),
    }),
  )
  if (!read.ok) throw new Error(read.reason)
  expect(read.value.problems).toEqual([])
  const layers = read.value.stretches.map(({ startAt, endAt, level, candidates }, index): Fixed => {
    const users = names.filter((name) => candidates.includes(name.toUpperCase())).map((name) => asId<UserId>(name))
    return { kind: 'fixed', id: `L${index}`, level, fromAt: null, toAt: null, startAt, endAt, users }
  })
  return { layers, overrides: [], swaps: [], passedOver: new Set() }
}

/** When each person is on call; what touches is one. */
function coverOf(asked: Schedule, window: TimeWindow): readonly string[] {
  const spans: { userId: UserId; startAt: Instant; endAt: Instant }[] = []
  for (const { userId, startAt, endAt } of finalShifts(asked, window)) {
    const touching = spans.find((span) => span.userId === userId && span.endAt === startAt)
    if (touching === undefined) spans.push({ userId, startAt, endAt })
    else touching.endAt = endAt
  }
  return spans.map(({ userId, startAt, endAt }) => `${userId} ${startAt} ${endAt}`).toSorted()
}

const shift = (startAt: number, endAt: number, piece = 0): ExportedShift => ({
  ...{ userId: asId<UserId>('ana'), insteadOf: null, swapId: null, startAt: instant(startAt), endAt: instant(endAt), piece },
  cover: {
    ...{ startAt: instant(0), endAt: instant(90_000), level: 0, people: [] },
    source: { kind: 'layer', id: 'L' },
  },
})

test('an edit in the middle of a second moves no entry, and what is shorter than a second is none', () => {
  const [first, second, ...others] = scheduleCalendar(
    schedule,
    [shift(0, 5500), shift(5500, 5900, 1), shift(5900, 90_000, 2)],
    people,
  ).events
  expect(first).toMatchObject({ startAt: 0, endAt: 5000 })
  expect(second).toMatchObject({ startAt: 5000, endAt: 90_000 })
  expect(others).toEqual([])
})

test('an entry is the same in a schedule’s calendar and in its person’s', () => {
  const [entry] = scheduleCalendar(schedule, [shift(0, 5000)], people).events
  const [own] = personalEvents(schedule, [shift(0, 5000)], { username: 'ANA', email: 'ana@example.com' })
  expect(own).toEqual({ ...entry, summary: 'Primary: ANA' })
})

test('the tag tells any difference but that of pieces that nobody sees', () => {
  const tagOf = (...shifts: ExportedShift[]): string => calendarTag(scheduleCalendar(schedule, shifts, people))
  expect(tagOf(shift(0, 5000))).toBe(tagOf(shift(0, 5000)))
  const others = [tagOf(), tagOf(shift(0, 5000)), tagOf(shift(0, 6000)), tagOf(shift(1000, 5000)), tagOf(shift(0, 5000, 1))]
  expect(new Set(others).size).toBe(5)
})
