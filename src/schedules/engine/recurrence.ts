import { known } from '../../lib/check.ts'
import {
  calendarCycle,
  calendarDay,
  dayMs,
  daysInMonth,
  firstOfMonth,
  latestWeekday,
  monthNumber,
  weekdayOf,
} from '../calendar.ts'
import { dayOf, type LocalTime, localTime } from '../local-time.ts'
import { firstInstantAt, localAt } from '../zone.ts'
import { type Periodic, risingCount, stepsToRepeat } from './count.ts'
import { forever } from './cover.ts'
import type { Stint } from './rotation.ts'
import type { Recurrence, Rule, TimeWindow } from './schedule.ts'

/** The occurrences of a recurrence that touch a window, whole and in order of their start, each with the group whose turn it is. */
export function* recurrenceStints(recurrence: Recurrence, window: TimeWindow): Generator<Stint> {
  const { zone, groups, durationMs, periodsPerTurn, firstLocal, endLocal } = recurrence
  if (groups.length === 0) return
  const periods = periodsOf(recurrence)
  const lastAt = endLocal === null ? forever : firstInstantAt(zone, endLocal)
  const periodsTaken = groups.length === 1 ? () => 0 : risingCount(periods.withOccurrence)
  // The clock may have read more before it was turned back, by a day at the most: no zone has done more.
  const latest = Math.min(localAt(zone, window.endAt) + dayMs, endLocal ?? Infinity)
  const earliest = Math.max(firstLocal, localAt(zone, window.startAt) - durationMs)
  for (let number = Math.max(0, periods.numberAt(earliest)); periods.beginsAt(number) <= latest; number += 1) {
    for (const reading of periods.occurrences(number)) {
      if (reading < earliest) continue
      const startAt = firstInstantAt(zone, reading)
      const endsAt = firstInstantAt(zone, localTime(reading + durationMs))
      const endAt = endsAt < lastAt ? endsAt : lastAt
      if (startAt >= window.endAt) return
      if (endAt <= startAt || endAt <= window.startAt) continue
      const turn = Math.floor(periodsTaken(number) / periodsPerTurn)
      yield { startAt, endAt, group: known(groups[turn % groups.length], 'the remainder is within the list') }
    }
  }
}

/** The periods of a rule that count: every `interval`th from the start on, numbered from 0. */
type Periods = {
  /** No occurrence of the period is earlier. */
  readonly beginsAt: (number: number) => number
  readonly numberAt: (reading: number) => number
  /** In order; without those before the start. */
  readonly occurrences: (number: number) => readonly LocalTime[]
  readonly withOccurrence: Periodic
}

function periodsOf({ rule, startLocal }: Recurrence): Periods {
  const { beginsAt, numberAt, cycle } = spansOf(rule, startLocal)
  const picks = dayFilter(rule, startLocal)
  const timeOfDay = startLocal - dayOf(startLocal) * dayMs
  const occurrences = (number: number): readonly LocalTime[] => {
    const begin = beginsAt(number)
    if (rule.frequency === 'hourly') return hourPicked(number) ? [localTime(begin)] : []
    const firstDay = begin / dayMs
    const found: LocalTime[] = []
    for (let day = firstDay; day < firstDay + daysInPeriod(rule.frequency, firstDay); day += 1) {
      const reading = day * dayMs + timeOfDay
      if (reading >= startLocal && picks(day)) found.push(localTime(reading))
    }
    return found
  }
  const hourPicked = (number: number): boolean => picks(Math.floor(beginsAt(number) / dayMs))
  const holds = rule.frequency === 'hourly' ? hourPicked : (number: number) => occurrences(number).length > 0
  return { beginsAt, numberAt, occurrences, withOccurrence: { cycle, holds } }
}

type Spans = Pick<Periods, 'beginsAt' | 'numberAt'> & { readonly cycle: number }

/** Where periods begin, and after how many of them the filters pick the same days again. */
function spansOf(rule: Rule, startLocal: LocalTime): Spans {
  const { interval, frequency } = rule
  const startDay = dayOf(startLocal)
  // Days of the week alone come back after a week; months and their days only with the whole calendar.
  const followsCalendar = rule.months !== null || rule.monthdays !== null
  const patternDays = followsCalendar ? calendarCycle.days : 7
  if (frequency === 'monthly') {
    const anchor = monthNumber(calendarDay(startDay))
    return {
      beginsAt: (number) => firstOfMonth(anchor + number * interval) * dayMs,
      numberAt: (reading) => Math.floor((monthNumber(calendarDay(Math.floor(reading / dayMs))) - anchor) / interval),
      cycle: stepsToRepeat(calendarCycle.months, interval),
    }
  }
  const unitMs = { hourly: dayMs / 24, daily: dayMs, weekly: 7 * dayMs }[frequency]
  const weekOrDay = frequency === 'weekly' ? latestWeekday(startDay, rule.weekStart) : startDay
  const anchor = frequency === 'hourly' ? startLocal : weekOrDay * dayMs
  return {
    beginsAt: (number) => anchor + number * interval * unitMs,
    numberAt: (reading) => Math.floor((reading - anchor) / (interval * unitMs)),
    cycle: stepsToRepeat((patternDays * dayMs) / unitMs, interval),
  }
}

function daysInPeriod(frequency: 'daily' | 'weekly' | 'monthly', firstDay: number): number {
  if (frequency === 'daily') return 1
  if (frequency === 'weekly') return 7
  const { year, month } = calendarDay(firstDay)
  return daysInMonth(year, month)
}

/** Whether a rule picks a day. The last answer is kept, because hours ask about one day again and again. */
function dayFilter(rule: Rule, startLocal: LocalTime): (day: number) => boolean {
  const picks = anyDayFilter(rule, startLocal)
  let last = { day: NaN, isPicked: false }
  return (day) => {
    if (day !== last.day) last = { day, isPicked: picks(day) }
    return last.isPicked
  }
}

function anyDayFilter({ frequency, days, months, monthdays }: Rule, startLocal: LocalTime): (day: number) => boolean {
  const start = dayOf(startLocal)
  const picksDays = days !== null || monthdays !== null
  const weekdays = days ?? (frequency === 'weekly' && !picksDays ? [weekdayOf(start)] : null)
  const inMonth = monthdays ?? (frequency === 'monthly' && !picksDays ? [calendarDay(start).day] : null)
  return (day) => {
    if (weekdays !== null && !weekdays.includes(weekdayOf(day))) return false
    if (months === null && inMonth === null) return true
    const { year, month, day: monthday } = calendarDay(day)
    if (months !== null && !months.includes(month)) return false
    const fromEnd = monthday - daysInMonth(year, month) - 1
    return inMonth === null || inMonth.includes(monthday) || inMonth.includes(fromEnd)
  }
}

/** How many occurrences can be under way at once. */
export function occurrencesAtOnce({ rule, durationMs }: Recurrence): number {
  const unitDays = { hourly: 1 / 24, daily: 1, weekly: 7, monthly: 28 }[rule.frequency]
  const daysPicked = rule.frequency === 'weekly' || rule.frequency === 'monthly' ? unitDays : 1
  return Math.ceil(durationMs / (unitDays * dayMs * rule.interval)) * daysPicked
}
