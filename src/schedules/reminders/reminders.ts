import type { UserId } from '../../lib/ids.ts'
import { after, before, days, type Instant, instant, type Ms } from '../../lib/time.ts'
import { type Course, handOversWithin, namedIn } from '../hand-overs/hand-overs.ts'
import { aheadMs } from '../hand-overs/watch-step.ts'

/** Somebody is to be told of a shift of theirs to come. */
export type Reminder = {
  readonly userId: UserId
  readonly startAt: Instant
  /** Null: not within 92 days. */
  readonly endAt: Instant | null
  /** How long before the shift the person wants to be told: those that are due together, the longest first. */
  readonly leads: readonly Ms[]
}

type Reminders = {
  readonly due: readonly Reminder[]
  /** How many came too late: their shifts have begun. */
  readonly skippedCount: number
  readonly nextAt: Instant
}

type Question = {
  /** What was due up to here is done. */
  readonly remindedUntil: Instant
  readonly now: Instant
  readonly leadsOf: (userId: UserId) => readonly Ms[]
}

/** Whom to remind of a shift. Shifts are of those who were not on call right before: a hand-over to oneself needs no reminder. */
export function remindersAfter(course: Course, { remindedUntil, now, leadsOf }: Question): Reminders {
  const due: Reminder[] = []
  let skippedCount = 0
  const leadsOfAll = namedIn(course).flatMap(leadsOf)
  if (leadsOfAll.length === 0) return { due, skippedCount, nextAt: after(now, days(46)) }
  const longest = Math.max(...leadsOfAll)
  // What comes later is looked for tomorrow: a schedule with many hand-overs is not read for weeks on end.
  let nextAt = after(now, days(1))
  for (const { at, previous, current } of handOversWithin(course, { startAt: remindedUntil, endAt: after(now, aheadMs) })) {
    if (at - longest >= nextAt) break
    for (const { userId } of current) {
      if (previous.some((holder) => holder.userId === userId)) continue
      const open = leadsOf(userId).filter((lead) => before(at, lead) > remindedUntil)
      const leads = open.filter((lead) => before(at, lead) <= now)
      nextAt = instant(Math.min(nextAt, ...open.map((lead) => before(at, lead)).filter((remindAt) => remindAt > now)))
      if (leads.length === 0) continue
      if (at <= now) skippedCount += 1
      else due.push({ userId, startAt: at, endAt: endOf(course, userId, at), leads })
    }
  }
  return { due, skippedCount, nextAt }
}

/** When somebody who is on call from an instant on is not any more. */
function endOf(course: Course, userId: UserId, startAt: Instant): Instant | null {
  for (const { at, current } of handOversWithin(course, { startAt, endAt: after(startAt, aheadMs) })) {
    if (!current.some((holder) => holder.userId === userId)) return at
  }
  return null
}
