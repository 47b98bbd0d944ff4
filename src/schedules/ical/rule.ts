import { no, ok, type Result } from '../../lib/result.ts'
import { type Weekday, weekdays } from '../calendar.ts'
import { membersOf } from './property.ts'

/** How an event repeats (RFC 5545, 3.3.10). A list that is null filters nothing. */
export type EventRule = {
  readonly frequency: Frequency
  readonly interval: number
  readonly count: number | null
  /** As in the file: `2026-04-01`, `2026-04-01T00:00:00`, or that with a `Z`. */
  readonly until: string | null
  readonly weekStart: Weekday
  readonly days: readonly NumberedDay[] | null
  readonly months: readonly number[] | null
  readonly monthdays: readonly number[] | null
  readonly yeardays: readonly number[] | null
  readonly weeks: readonly number[] | null
  readonly hours: readonly number[] | null
  readonly minutes: readonly number[] | null
  readonly seconds: readonly number[] | null
  /** Which of the occurrences of a period count: 1 is the first, -1 the last. */
  readonly places: readonly number[] | null
}

type Frequency = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly'

/** A day of the week; with a number the one that is that many'th of its month or year, from the end when it is negative. */
export type NumberedDay = { readonly weekday: Weekday; readonly number: number | null }

/** What `ical.js` read of an RRULE. The reason is a clause that goes after "it ". */
export function ruleOf(read: Readonly<Record<string, unknown>>): Result<EventRule, string> {
  const frequency = frequencies[String(read['freq'])]
  if (read['freq'] === 'SECONDLY' || read['freq'] === 'MINUTELY') return no('repeats every second or minute')
  if (frequency === undefined) return no('does not say how often it repeats')
  const unknown = Object.keys(read).find((name) => !knownParts.has(name))
  if (unknown !== undefined) return no(`repeats by a rule with ${unknown.toUpperCase()}, which is unknown here`)
  const { interval = 1, count = null, until = null, wkst = mondayOfIcalJs } = read
  if (!isCount(interval) || (count !== null && !isCount(count))) return no('has no count or interval that can be read')
  if (until !== null && typeof until !== 'string') return no('has no end that can be read')
  return ok({
    frequency,
    interval: Math.min(interval, intervalMax),
    count,
    until,
    weekStart: weekdays[(Number(wkst) + 5) % 7] ?? 'MO',
    days: daysOf(read['byday']),
    months: numbersOf(read['bymonth']),
    monthdays: numbersOf(read['bymonthday']),
    yeardays: numbersOf(read['byyearday']),
    weeks: numbersOf(read['byweekno']),
    hours: numbersOf(read['byhour']),
    minutes: numbersOf(read['byminute']),
    seconds: numbersOf(read['bysecond']),
    places: numbersOf(read['bysetpos']),
  })
}

const frequencies: Readonly<Record<string, Frequency>> = {
  HOURLY: 'hourly',
  DAILY: 'daily',
  WEEKLY: 'weekly',
  MONTHLY: 'monthly',
  YEARLY: 'yearly',
}

const knownParts = new Set(
  'freq interval count until wkst byday bymonth bymonthday byyearday byweekno byhour byminute bysecond bysetpos'.split(' '),
)

/** It numbers the days of the week from Sunday, 1. */
const mondayOfIcalJs = 2

/** A hundred years of hours: whatever is longer happens once. */
const intervalMax = 876_600

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value > 0

const numbersOf = (value: unknown): readonly number[] | null =>
  value === undefined ? null : membersOf(value).filter((member) => typeof member === 'number')

function daysOf(value: unknown): readonly NumberedDay[] | null {
  if (value === undefined) return null
  return membersOf(value).flatMap((member) => {
    const [, number = '', name = ''] = /^([+-]?\d*)([A-Z]{2})$/.exec(String(member)) ?? []
    const weekday = weekdays.find((one) => one === name)
    return weekday === undefined ? [] : [{ weekday, number: number === '' ? null : Number(number) }]
  })
}
