import type { User } from '../../accounts/user.ts'
import type { Instant } from '../../lib/time.ts'
import { finalShifts, gaps, onCallAt } from '../engine/on-call.ts'
import type { Schedule, TimeWindow } from '../engine/schedule.ts'
import { type Move, movesBetween } from '../hand-overs/moves.ts'

/** A schedule without an edit and with it, as it is configured at an instant, and the people whom both name. */
export type Rehearsed = {
  readonly at: Instant
  readonly window: TimeWindow
  readonly before: Schedule
  readonly after: Schedule
  readonly people: ReadonlyMap<string, User>
}

/** What an edit of a schedule would come to. */
export type Preview = {
  readonly window: TimeWindow
  readonly moves: readonly (Move & { readonly user: User })[]
  readonly before: Outlook
  readonly after: Outlook
}

/** Who is on call, and when nobody will be. */
type Outlook = { readonly onCall: readonly User[]; readonly gaps: readonly TimeWindow[] }

/** Compares who is on call without an edit and with it. */
export function previewOf({ at, window, before, after, people }: Rehearsed): Preview {
  const outlook = (schedule: Schedule): Outlook => ({
    onCall: onCallAt(schedule, at).flatMap(({ userId }) => people.get(userId) ?? []),
    gaps: gaps(schedule, window),
  })
  const moves = movesBetween(finalShifts(before, window), finalShifts(after, window)).flatMap((move) => {
    const user = people.get(move.userId)
    return user === undefined ? [] : [{ ...move, user }]
  })
  return { window, moves, before: outlook(before), after: outlook(after) }
}
