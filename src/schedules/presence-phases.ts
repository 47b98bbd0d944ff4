import type { PresenceChange } from '../accounts/presence.ts'
import type { UserId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import type { Schedule } from './engine/schedule.ts'
import type { Phase } from './hand-overs/hand-overs.ts'

/**
 * A schedule as it was while people came and went, from what it is now, when all the changes have happened. Only whom it passes over
 * differs from phase to phase. The changes are those of its people, oldest first.
 */
export function phasesOf(schedule: Schedule, changes: readonly PresenceChange[]): readonly Phase[] {
  const phases: Phase[] = []
  let passedOver: ReadonlySet<UserId> = schedule.passedOver
  for (const { at, userId, isPresent } of changes.toReversed()) {
    phases.push({ fromAt: at, schedule: { ...schedule, passedOver } })
    const others = [...passedOver].filter((id) => id !== userId)
    passedOver = new Set(isPresent ? [...others, userId] : others)
  }
  phases.push({ fromAt: instant(-Infinity), schedule: { ...schedule, passedOver } })
  return phases.toReversed()
}
