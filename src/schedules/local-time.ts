import type { Brand } from '../lib/brand.ts'
import type { Ms } from '../lib/time.ts'
import { check } from '../lib/check.ts'
import { instant, isoZ } from '../lib/time.ts'
import { dayMs, dayNumber, daysInMonth } from './calendar.ts'

/**
 * What a clock on the wall reads: a date and a time of day without a zone, in whole seconds. Counted in milliseconds
 * since the reading 1970-01-01T00:00:00, every day with 24 hours. Only a zone makes an instant of it.
 */
export type LocalTime = Brand<number, 'LocalTime'>

/** The reading that many milliseconds after the reading 1970-01-01T00:00:00. */
export function localTime(readingMs: number): LocalTime {
  assertLocalTime(readingMs)
  return readingMs
}

/** Calendar arithmetic: what the clock would read if nobody ever changed it. */
export const localAfter = (from: LocalTime, duration: Ms): LocalTime => localTime(from + duration)

/** Reads `yyyy-mm-ddThh:mm:ss`, years 0001 to 9999; null for any other form and for dates that no calendar has. */
export function parseLocalTime(text: string): LocalTime | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  if (year === 0 || day === 0 || day > daysInMonth(year, month)) return null
  return localTime(dayNumber({ year, month, day }) * dayMs + ((hour * 60 + minute) * 60 + second) * 1000)
}

/** The day that a reading is on, in days since 1970-01-01. */
export const dayOf = (local: LocalTime): number => Math.floor(local / dayMs)

/** The form that `parseLocalTime` reads. */
export const formatLocalTime = (local: LocalTime): string => isoZ(instant(local)).slice(0, 19)

function assertLocalTime(value: number): asserts value is LocalTime {
  check(Number.isSafeInteger(value), 'a local time is a whole number of milliseconds')
}
