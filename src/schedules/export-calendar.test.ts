import { expect, test } from 'vitest'
import { asId, type ScheduleId, type UserId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { calendarTag, personalEvents, scheduleCalendar } from './export-calendar.ts'
import type { ExportedShift } from './export-shifts.ts'

const names = ['ana', 'ben', 'cai', 'dee', 'eve']
const people = new Map(names.map((name) => [name, { username: name.toUpperCase(), email: `${name}@example.com` }]))
const schedule = { id: asId<ScheduleId>('S1'), name: 'Primary' }

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
