import { readShiftChange } from '../shift-change.ts'
import type { Told } from '../rendering/told.ts'

/** A shift change or a gap as webhooks without a preset tell of it: all that is known, but for what escalates to the schedule. */
export function nativeBody({ trigger, sequence, data }: Pick<Told, 'trigger' | 'sequence' | 'data'>): string {
  const { scheduled_at: time, late, change_number, cause, schedule, previous, current, next, gap, test } = readShiftChange(data)
  const event = { type: trigger, time, late, sequence, change_number, cause, test }
  return JSON.stringify({ event, schedule, previous, current, next, gap })
}
