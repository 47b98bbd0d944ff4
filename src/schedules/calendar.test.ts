import { expect, test } from 'vitest'
import { calendarDay, dayNumber, daysInMonth, firstOfMonth, latestWeekday, monthNumber, weekdayOf } from './calendar.ts'

test.each([
  [0, { year: 1970, month: 1, day: 1 }, 'TH'],
  [-1, { year: 1969, month: 12, day: 31 }, 'WE'],
  [11_016, { year: 2000, month: 2, day: 29 }, 'TU'],
  [11_322, { year: 2000, month: 12, day: 31 }, 'SU'],
  [20_779, { year: 2026, month: 11, day: 22 }, 'SU'],
  [-719_162, { year: 1, month: 1, day: 1 }, 'MO'],
  [2_932_896, { year: 9999, month: 12, day: 31 }, 'FR'],
])('day %i is %j, a %s', (number, day, weekday) => {
  expect(calendarDay(number)).toEqual(day)
  expect(dayNumber(day)).toBe(number)
  expect(weekdayOf(number)).toBe(weekday)
})

test('every day of eight centuries follows the one before', () => {
  for (
    let number = dayNumber({ year: 1600, month: 1, day: 1 });
    number < dayNumber({ year: 2400, month: 1, day: 1 });
    number += 1
  ) {
    const { year, month, day } = calendarDay(number)
    const date = new Date(number * 86_400_000)
    expect([year, month, day]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()])
  }
})

test('the latest weekday is the day itself or one of the six before it', () => {
  const sunday = dayNumber({ year: 2026, month: 11, day: 22 })
  expect(latestWeekday(sunday, 'SU')).toBe(sunday)
  expect(latestWeekday(sunday, 'MO')).toBe(sunday - 6)
  expect(latestWeekday(sunday, 'SA')).toBe(sunday - 1)
})

test('months are counted and found again', () => {
  expect(firstOfMonth(monthNumber({ year: 2024, month: 2, day: 29 }))).toBe(dayNumber({ year: 2024, month: 2, day: 1 }))
  expect(daysInMonth(1900, 2)).toBe(28)
  expect(daysInMonth(2000, 2)).toBe(29)
})
