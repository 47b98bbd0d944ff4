import { days } from '../lib/time.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { answerable } from './engine/limits.ts'
import type { Schedule, TimeWindow } from './engine/schedule.ts'

/** A window that is not too long for one answer about a schedule. */
export function answeredWhole(schedule: Schedule, window: TimeWindow): Result<TimeWindow, Refusal> {
  const { startAt, endAt } = answerable(schedule, window)
  if (endAt === window.endAt) return ok(window)
  const most = (endAt - startAt) / days(1)
  const message = `The schedule has too many shifts for one answer about that time: ask for at most ${most} ${most === 1 ? 'day' : 'days'}.`
  return no({ kind: 'invalid-fields', fields: { non_field_errors: [message] } })
}
