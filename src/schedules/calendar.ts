import { known } from '../lib/check.ts'

/** A day of the Gregorian calendar, which is taken to have held for ever; months count from 1. */
export type CalendarDay = { readonly year: number; readonly month: number; readonly day: number }

/** As clients write the days of the week, in the order of ISO 8601. */
export const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const
export type Weekday = (typeof weekdays)[number]

export const dayMs = 86_400_000
export const weekMs = 7 * dayMs

/** After so many days dates fall on the same days of the week again, and leap years in the same places. */
export const calendarCycle = { days: 146_097, weeks: 20_871, months: 4800 } as const

/** Days since 1970-01-01. */
export function dayNumber({ year, month, day }: CalendarDay): number {
  const past = year - 1
  let days = past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - yearOneToUnix
  for (let earlier = 1; earlier < month; earlier += 1) days += daysInMonth(year, earlier)
  return days + day - 1
}

/** The way back from `dayNumber`. */
export function calendarDay(number: number): CalendarDay {
  const sinceYearOne = number + yearOneToUnix
  const cycle = Math.floor(sinceYearOne / calendarCycle.days)
  let day = sinceYearOne - cycle * calendarCycle.days
  // The last day of a leap year's span would count as a span of its own.
  const century = Math.min(3, Math.floor(day / 36_524))
  day -= century * 36_524
  const quad = Math.floor(day / 1461)
  day -= quad * 1461
  const past = Math.min(3, Math.floor(day / 365))
  day -= past * 365
  const year = cycle * 400 + century * 100 + quad * 4 + past + 1
  let month = 1
  while (day >= daysInMonth(year, month)) day -= daysInMonth(year, month++)
  return { year, month, day: day + 1 }
}

/** The day of the week of a day number. */
export const weekdayOf = (day: number): Weekday => known(weekdays[modulo(day + 3, 7)], 'a week has seven days')

/** Monday is 0. */
export const weekdayIndex = (weekday: Weekday): number => weekdays.indexOf(weekday)

/** The latest day up to and including this one that falls on a day of the week. */
export const latestWeekday = (day: number, weekday: Weekday): number => day - modulo(day + 3 - weekdayIndex(weekday), 7)

/** Months since January of the year 0. */
export const monthNumber = ({ year, month }: CalendarDay): number => year * 12 + month - 1

/** The day number of a month's first day. */
export const firstOfMonth = (month: number): number =>
  dayNumber({ year: Math.floor(month / 12), month: modulo(month, 12) + 1, day: 1 })

/** 0 for a month that no year has. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

/** The remainder that is never negative. */
export const modulo = (value: number, by: number): number => ((value % by) + by) % by

const yearOneToUnix = 719_162
