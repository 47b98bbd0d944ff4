import { between, hours, type Instant, instant, minutes, type Ms, ms, seconds } from '../../lib/time.ts'
import { type Lane, lanes } from '../delivery.ts'

/**
 * How long a receiver asks to be left alone: whole seconds or an HTTP date (RFC 9110 10.2.3), never negative.
 * Null without the header, and for anything else in it.
 */
export function retryAfter(header: string | undefined, now: Instant): Ms | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,12}$/.test(text)) return seconds(Number(text))
  const date = httpDate(text)
  return date === null ? null : between(now, instant(Math.max(now, date)))
}

/** How far the wish is followed: what is worth something for an hour cannot wait for a day. */
export function heeded(wish: Ms, lane: Lane): Ms {
  const most = lane === lanes.page || lane === lanes.ordered ? minutes(5) : hours(24)
  return ms(Math.min(Math.max(wish, seconds(1)), most))
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The one form that servers may still write: `Sun, 06 Nov 1994 08:49:37 GMT`. */
function httpDate(text: string): Instant | null {
  const match = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/.exec(text)
  if (match === null) return null
  const [, day, monthName = '', year, hour, minute, second] = match
  const month = monthNames.indexOf(monthName)
  if (month === -1) return null
  const days = dayNumber({ year: Number(year), month, day: Number(day) })
  return instant(((days * 24 + Number(hour)) * 60 + Number(minute)) * 60_000 + Number(second) * 1000)
}

/** Days since 1970-01-01. Years begin in March, so that the leap day is the last of its year. */
function dayNumber({ year, month, day }: { readonly year: number; readonly month: number; readonly day: number }): number {
  const marchYear = month < 2 ? year - 1 : year
  const daysBefore = Math.floor((153 * ((month + 10) % 12) + 2) / 5)
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + daysBefore + day - 719_469
}
