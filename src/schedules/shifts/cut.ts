import { known } from '../../lib/check.ts'
import { type Instant, instant, ms } from '../../lib/time.ts'
import type { OnCallShift } from './shift.ts'
import { findZone, firstInstantAt, localAt } from '../zone.ts'
import { localAfter } from '../local-time.ts'

/** The shift as it ends now, to the second; null when it is over or has not begun, or has only just begun. */
export function cutShort(shift: OnCallShift, scheduleTimeZone: string | null, now: Instant): OnCallShift | null {
  const zone = known(findZone(shift.timeZone ?? scheduleTimeZone ?? 'UTC'), 'a stored time zone is known')
  if (firstInstantAt(zone, shift.startLocal) > now) return null
  const nowLocal = localAt(zone, instant(now - (now % 1000)))
  if (nowLocal <= shift.startLocal) return null
  if (shift.type === 'recurrent_event' || shift.type === 'rolling_users') {
    const isOver = shift.untilLocal !== null && firstInstantAt(zone, shift.untilLocal) <= now
    return isOver ? null : { ...shift, untilLocal: nowLocal }
  }
  const isOver = firstInstantAt(zone, localAfter(shift.startLocal, shift.durationMs)) <= now
  return isOver ? null : { ...shift, durationMs: ms(nowLocal - shift.startLocal) }
}
