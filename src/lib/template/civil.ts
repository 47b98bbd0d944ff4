/** A date and a time of day, as a calendar and a clock show them. */
export type Civil = {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly microsecond: number
}

export const secondMicros = 1_000_000n
export const dayMicros = 86_400n * secondMicros

/** Microseconds since the reading 1970-01-01 00:00, every day with 24 hours; null for a date that no calendar has. */
export function microsOf(civil: Civil): bigint | null {
  const { year, month, day, hour, minute, second, microsecond } = civil
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59) return null
  const seconds = dayNumber(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
  return BigInt(seconds) * secondMicros + BigInt(microsecond)
}

/** What calendar and clock show so many microseconds after 1970-01-01 00:00; null outside of the years 1 to 9999. */
export function civilOf(micros: bigint): Civil | null {
  const dayCount = floorDivide(micros, dayMicros)
  const date = dateOf(Number(dayCount))
  if (date.year < 1 || date.year > 9999) return null
  const rest = Number(micros - dayCount * dayMicros)
  const seconds = Math.floor(rest / 1_000_000)
  return {
    ...date,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    microsecond: rest % 1_000_000,
  }
}

export const floorDivide = (dividend: bigint, divisor: bigint): bigint => {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31

/** Days since 1970-01-01. Counted in years that begin in March, so that the leap day is the last one. */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function dateOf(dayCount: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = dayCount + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  }
}

/** 0 for Monday. */
export const weekdayOf = ({ year, month, day }: Civil): number => (((dayNumber(year, month, day) + 3) % 7) + 7) % 7

/** From 1. */
export const dayOfYear = ({ year, month, day }: Civil): number => dayNumber(year, month, day) - dayNumber(year, 1, 1) + 1

/** The week of ISO 8601 and its year; weeks begin on Monday, and the first one has the year's first Thursday. */
export function isoWeekOf(civil: Civil): { readonly year: number; readonly week: number } {
  const weekOf = (year: number): number => {
    const first = dayNumber(year, 1, 4)
    const monday = first - ((((first + 3) % 7) + 7) % 7)
    return Math.floor((dayNumber(civil.year, civil.month, civil.day) - monday) / 7) + 1
  }
  if (weekOf(civil.year + 1) >= 1) return { year: civil.year + 1, week: weekOf(civil.year + 1) }
  const week = weekOf(civil.year)
  return week >= 1 ? { year: civil.year, week } : { year: civil.year - 1, week: weekOf(civil.year - 1) }
}
