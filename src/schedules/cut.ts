import { known } from '../lib/check.ts'
import { type Instant, instant, ms } from '../lib/time.ts'
import { type OnCallShift, coversOf } from './shift.ts'
import { findZone, localAt } from './zone.ts'

/** The shift as it ends now, to the second; null when it does not cover this instant, or has only just begun. */
export function cutShort(shift: OnCallShift, scheduleTimeZone: string | null, now: Instant): OnCallShift | null {
  const covers = coversOf(shift, scheduleTimeZone).some(({ startAt, endAt }) => startAt <= now && now < endAt)
  if (!covers) return null
  const zone = known(findZone(shift.timeZone ?? scheduleTimeZone ?? 'UTC'), 'a stored time zone is known')
  const durationMs = ms(localAt(zone, instant(now - (now % 1000))) - shift.startLocal)
  return durationMs > 0 ? { ...shift, durationMs } : null
}
