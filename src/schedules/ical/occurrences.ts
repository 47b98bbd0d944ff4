import {
  calendarDay,
  dayMs,
  dayNumber,
  daysInMonth,
  firstOfMonth,
  latestWeekday,
  modulo,
  monthNumber,
  type Weekday,
  weekdayOf,
} from '../calendar.ts'
import { dayOf, type LocalTime, localTime } from '../local-time.ts'
import type { EventRule, NumberedDay } from './rule.ts'

/** How much work is left to whoever reads a file, in days looked at; below zero there was not enough, and what was found is not all. */
export type Budget = { steps: number }

type Asked = {
  readonly startLocal: LocalTime
  /** Occurrences before it are only counted, and nothing later than `toLocal` is looked at. */
  readonly fromLocal: LocalTime
  readonly toLocal: LocalTime
  /** The last time that can be an occurrence. */
  readonly untilLocal: LocalTime | null
}

/**
 * When something happens by a rule, in order (RFC 5545, 3.3.10): its start, which always counts, and what the rule makes of it. Without a
 * COUNT the work does not depend on how long ago the start was; with one it is limited by the budget.
 */
export function occurrencesOf(rule: EventRule, asked: Asked, budget: Budget): readonly LocalTime[] {
  const { startLocal, fromLocal } = asked
  const lastLocal = Math.min(asked.toLocal, asked.untilLocal ?? Infinity)
  const found: LocalTime[] = startLocal >= fromLocal && startLocal <= asked.toLocal ? [startLocal] : []
  let count = 1
  const skipped = rule.count === null ? periodsUntil(rule, startLocal, fromLocal) : 0
  const passes = dayFilter(rule, startLocal)
  for (let index = skipped; budget.steps >= 0; index += 1) {
    const period = periodAt(rule, startLocal, index * rule.interval)
    if (period.startLocal > lastLocal) return found
    for (const local of timesIn(rule, period, { startLocal, passes, budget })) {
      if (local <= startLocal) continue
      if (local > lastLocal || (rule.count !== null && count >= rule.count)) return found
      count += 1
      if (local < fromLocal) continue
      found.push(local)
      budget.steps -= stepsPerOccurrence
    }
  }
  return found
}

/** A step is some tenth of a microsecond; what is found is kept, and more is done with it. */
const stepsPerPeriod = 5
const stepsPerOccurrence = 20

/** A stretch of the calendar that the rule looks at as a whole: from an hour to a year. */
type Period = { readonly startLocal: number; readonly firstDay: number; readonly dayCount: number }

/** The period that many of its kind after the one in which the start is. */
function periodAt({ frequency, weekStart }: EventRule, startLocal: LocalTime, ahead: number): Period {
  const day = dayOf(startLocal)
  switch (frequency) {
    case 'hourly': {
      const hour = (Math.floor(startLocal / hourMs) + ahead) * hourMs
      return { startLocal: hour, firstDay: Math.floor(hour / dayMs), dayCount: 1 }
    }
    case 'daily':
      return daysFrom(day + ahead, 1)
    case 'weekly':
      return daysFrom(latestWeekday(day, weekStart) + 7 * ahead, 7)
    case 'monthly': {
      const month = monthNumber(calendarDay(day)) + ahead
      return daysFrom(firstOfMonth(month), firstOfMonth(month + 1) - firstOfMonth(month))
    }
    case 'yearly': {
      const year = calendarDay(day).year + ahead
      return daysFrom(firstOfYear(year), firstOfYear(year + 1) - firstOfYear(year))
    }
  }
}

const daysFrom = (firstDay: number, dayCount: number): Period => ({ startLocal: firstDay * dayMs, firstDay, dayCount })

/** How many periods of the rule end before a time; rather fewer than more. */
function periodsUntil({ frequency, interval }: EventRule, startLocal: LocalTime, fromLocal: LocalTime): number {
  const longest = { hourly: hourMs, daily: dayMs, weekly: 7 * dayMs, monthly: 31 * dayMs, yearly: 366 * dayMs }[frequency]
  return Math.max(0, Math.floor((fromLocal - startLocal) / longest / interval) - 1)
}

type Search = {
  readonly startLocal: LocalTime
  readonly passes: (day: number) => boolean
  readonly budget: Budget
}

/** The times of a period, in order. */
function timesIn(rule: EventRule, period: Period, { startLocal, passes, budget }: Search): readonly LocalTime[] {
  const days = Array.from({ length: period.dayCount }, (_, index) => period.firstDay + index)
  const clock = clockTimes(rule, period, startLocal)
  const passing = clock.length === 0 ? [] : days.filter(passes)
  budget.steps -= stepsPerPeriod + days.length + passing.length * clock.length
  if (budget.steps < 0) return []
  const times = passing.flatMap((day) => clock.map((timeOfDay) => localTime(day * dayMs + timeOfDay)))
  if (rule.places === null) return times
  const places = new Set(rule.places.map((place) => (place < 0 ? times.length + place : place - 1)))
  return times.filter((_, index) => places.has(index))
}

/** The times of day at which something happens on a day that passes, in order. */
function clockTimes(rule: EventRule, period: Period, startLocal: LocalTime): readonly number[] {
  const own = modulo(startLocal, dayMs)
  const hours = rule.frequency === 'hourly' ? hourOf(rule, period) : sorted(rule.hours, Math.floor(own / hourMs))
  const minutes = sorted(rule.minutes, Math.floor(own / 60_000) % 60)
  // A clock that is never set has no second 60.
  const seconds = sorted(rule.seconds, Math.floor(own / 1000) % 60).filter((second) => second < 60)
  return hours.flatMap((hour) =>
    minutes.flatMap((minute) => seconds.map((second) => hour * hourMs + minute * 60_000 + second * 1000)),
  )
}

function hourOf({ hours }: EventRule, { startLocal }: Period): readonly number[] {
  const hour = modulo(startLocal, dayMs) / hourMs
  return hours === null || hours.includes(hour) ? [hour] : []
}

const sorted = (numbers: readonly number[] | null, otherwise: number): readonly number[] =>
  numbers === null ? [otherwise] : [...new Set(numbers)].toSorted((left, right) => left - right)

/** Whether something can happen on a day. Where the rule names no days, it is the start's day of its week, month or year. */
function dayFilter(rule: EventRule, startLocal: LocalTime): (day: number) => boolean {
  const { frequency, days, months, monthdays, yeardays, weeks } = rule
  const start = calendarDay(dayOf(startLocal))
  const isOpen = days === null && monthdays === null && yeardays === null
  const byWeek = isOpen && (frequency === 'weekly' || weeks !== null)
  const byMonth = isOpen && weeks === null && (frequency === 'monthly' || frequency === 'yearly')
  const wantedDays = byWeek ? [{ weekday: weekdayOf(dayOf(startLocal)), number: null }] : days
  const wantedMonthdays = byMonth ? [start.day] : monthdays
  const wantedMonths = byMonth && frequency === 'yearly' ? (months ?? [start.month]) : months
  return (day) =>
    (wantedDays === null || wantedDays.some((wanted) => isNumberedDay(rule, wanted, day))) &&
    ((wantedMonths === null && wantedMonthdays === null) || isOfMonth(day, wantedMonths, wantedMonthdays)) &&
    (yeardays === null || isOfYear(day, yeardays)) &&
    (weeks === null || isOfWeek(day, rule.weekStart, weeks))
}

type Numbers = readonly number[]

function isOfMonth(day: number, months: Numbers | null, monthdays: Numbers | null): boolean {
  const { year, month, day: monthday } = calendarDay(day)
  if (months?.includes(month) === false) return false
  return monthdays === null || isListed(monthdays, monthday, daysInMonth(year, month))
}

function isOfYear(day: number, yeardays: Numbers): boolean {
  const { year } = calendarDay(day)
  return isListed(yeardays, day - firstOfYear(year) + 1, firstOfYear(year + 1) - firstOfYear(year))
}

/** The first week of a year has at least four of its days. */
function isOfWeek(day: number, weekStart: Weekday, weeks: Numbers): boolean {
  const firstDay = latestWeekday(day, weekStart)
  const { year } = calendarDay(firstDay + 3)
  const first = latestWeekday(firstOfYear(year) + 3, weekStart)
  const next = latestWeekday(firstOfYear(year + 1) + 3, weekStart)
  return isListed(weeks, (firstDay - first) / 7 + 1, (next - first) / 7)
}

/** Whether a number is in a list in which negative ones are counted from the end. */
const isListed = (list: Numbers, number: number, count: number): boolean =>
  list.includes(number) || list.includes(number - count - 1)

/** Numbers count in the month or in the year; rules of other kinds have none. */
function isNumberedDay({ frequency, months }: EventRule, { weekday, number }: NumberedDay, day: number): boolean {
  if (weekdayOf(day) !== weekday) return false
  if (number === null || (frequency !== 'monthly' && frequency !== 'yearly')) return true
  const { year, month, day: monthday } = calendarDay(day)
  const inMonth = frequency === 'monthly' || months !== null
  const place = inMonth ? monthday : day - firstOfYear(year) + 1
  const length = inMonth ? daysInMonth(year, month) : firstOfYear(year + 1) - firstOfYear(year)
  return number > 0 ? Math.ceil(place / 7) === number : Math.ceil((length - place + 1) / 7) === -number
}

const firstOfYear = (year: number): number => dayNumber({ year, month: 1, day: 1 })

const hourMs = 3_600_000
