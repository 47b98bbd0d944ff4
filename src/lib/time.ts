import type { Brand } from './brand.ts'

/** An instant: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = Brand<number, 'Instant'>

/** A duration in milliseconds. */
export type Ms = Brand<number, 'Ms'>

export const instant = (epochMs: number): Instant => epochMs as Instant
export const ms = (milliseconds: number): Ms => milliseconds as Ms
export const seconds = (count: number): Ms => ms(count * 1000)
export const minutes = (count: number): Ms => ms(count * 60_000)
export const hours = (count: number): Ms => ms(count * 3_600_000)
export const days = (count: number): Ms => ms(count * 86_400_000)

export const after = (from: Instant, duration: Ms): Instant => instant(from + duration)
export const before = (from: Instant, duration: Ms): Instant => instant(from - duration)
export const between = (from: Instant, to: Instant): Ms => ms(to - from)

/** The first of some instants; null when there is none. */
export function earliest(instants: readonly (Instant | null)[]): Instant | null {
  const known = instants.filter((at) => at !== null)
  return known.length === 0 ? null : instant(Math.min(...known))
}

/** The form the database driver speaks. */
export const toDate = (at: Instant): Date => new Date(at)
export const fromDate = (date: Date): Instant => instant(date.getTime())

/** Reads an instant that PostgreSQL wrote into JSON. */
export const fromJsonDate = (text: string): Instant => instant(Date.parse(text))

/** `2024-01-05T10:00:00Z`; a fraction is written as microseconds and only when there is one (contract grafana-oncall 1.8). */
export function isoZ(at: Instant): string {
  return withFraction(at, 'Z')
}

/** As Python's `isoformat()` writes an aware UTC time: like `isoZ`, but ending in `+00:00`. */
export function isoOffset(at: Instant): string {
  return withFraction(at, '+00:00')
}

/** Like `isoZ`, always with microseconds (contract grafana-oncall 1.8). */
export const isoMicroseconds = (at: Instant): string => `${new Date(at).toISOString().slice(0, -1)}000Z`

/** The whole second that an instant lies in. */
export const wholeSecond = (at: Instant): Instant => instant(Math.floor(at / 1000) * 1000)

/** The UTC day of an instant, `2024-01-05`. */
export function utcDay(at: Instant): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** The first instant of a UTC day, `2024-01-05`. */
export function startOfUtcDay(day: string): Instant {
  return instant(Date.parse(`${day}T00:00:00Z`))
}

/** The first instant of the UTC month that an instant lies in. */
export function startOfUtcMonth(at: Instant): Instant {
  return startOfUtcDay(`${utcDay(at).slice(0, 7)}-01`)
}

/** Reads `2024-01-05T10:00:00` as UTC; null when there is no such second. */
export function parseUtc(text: string): Instant | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(text)) return null
  const at = new Date(`${text}Z`)
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 19) !== text ? null : instant(at.getTime())
}

/**
 * Reads an instant of RFC 3339, which says its offset from UTC; what is shorter than a millisecond is cut off. Null for any other form,
 * and for what lies, in UTC, outside the years 1 to 9999.
 */
export function parseInstant(text: string): Instant | null {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/.exec(text)
  const [, second = '', fraction = '', sign = '+', hour = '0', minute = '0'] = match ?? []
  const reading = parseUtc(second)
  if (reading === null) return null
  const offset = (Number(hour) * 60 + Number(minute)) * 60_000 * (sign === '-' ? -1 : 1)
  const at = instant(reading + Number(fraction.padEnd(3, '0').slice(0, 3)) - offset)
  return /^(?!0000)\d{4}-/.test(new Date(at).toISOString()) ? at : null
}

function withFraction(at: Instant, suffix: string): string {
  const text = new Date(at).toISOString()
  const milliseconds = text.slice(20, 23)
  return text.slice(0, 19) + (milliseconds === '000' ? '' : `.${milliseconds}000`) + suffix
}
