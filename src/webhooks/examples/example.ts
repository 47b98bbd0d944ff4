import type { PastEvent } from '../rendering/past-event.ts'
import { isAboutSchedule, isOperational, type Trigger } from '../trigger.ts'
import { alertExample } from './alert.ts'
import type { Asked } from './asked.ts'
import { operationalExample } from './operational.ts'
import { scheduleExample } from './schedule.ts'

/** An event that never happened, with everything that a real one of its kind says. It has no place in the log: its sequence is 0. */
export function exampleOf(trigger: Trigger, asked: Asked): PastEvent {
  if (isAboutSchedule(trigger)) return scheduleExample(trigger, asked)
  return isOperational(trigger) ? operationalExample(trigger, asked) : alertExample(trigger, asked)
}
