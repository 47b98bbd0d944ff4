import type { UserId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { common } from './cover.ts'
import type { Schedule, TimeWindow } from './schedule.ts'
import { type OnCall, type Stretch, stretchesOf } from './stretches.ts'

/** A stretch of time for which one cover keeps one person on call. */
export type FinalShift = OnCall & TimeWindow

/** Who is on call at an instant; at a hand-over this is the incoming person. */
export function onCallAt(schedule: Schedule, at: Instant): readonly OnCall[] {
  const [now] = stretchesOf(schedule, { startAt: at, endAt: instant(at + 1) })
  return now?.onCall ?? []
}

/**
 * Who is on call when: clipped to the window, ordered by start. Rows of one person never overlap; a cover that another one interrupts
 * gives a row for each piece that is left, and the edges of a swap cut it too. Rows of windows that touch join at the seam.
 */
export function finalShifts(schedule: Schedule, window: TimeWindow): readonly FinalShift[] {
  const rows: Row[] = []
  let open = new Map<UserId, Row>()
  for (const { startAt, endAt, onCall } of stretchesOf(schedule, window)) {
    const current = new Map<UserId, Row>()
    for (const person of onCall) {
      const before = open.get(person.userId)
      const row = before !== undefined && isSameCause(before, person) ? before : rowOf(person, startAt)
      if (row !== before) rows.push(row)
      row.endAt = endAt
      current.set(person.userId, row)
    }
    open = current
  }
  return rows.toSorted(inOrder)
}

type Row = OnCall & { readonly startAt: Instant; endAt: Instant }

/** Written out, because a year has many rows. */
const rowOf = ({ userId, insteadOf, swapId, cover }: OnCall, startAt: Instant): Row => ({
  userId,
  startAt,
  endAt: startAt,
  insteadOf,
  swapId,
  cover,
})

/**
 * The first instant inside a window, after its start, at which other people are on call than at its start; null when there is none.
 * A hand-over from somebody to themself is none. The work grows with the time until the change, not with the window.
 */
export function nextChange(schedule: Schedule, window: TimeWindow): Instant | null {
  const before = new Set(onCallAt(schedule, window.startAt).map(({ userId }) => userId))
  for (const { startAt, onCall } of inWideningSlices(schedule, window)) {
    const isUnchanged = onCall.length === before.size && onCall.every(({ userId }) => before.has(userId))
    if (!isUnchanged) return startAt
  }
  return null
}

/** When nobody is on call in a window, in order; gaps that touch are one. */
export function gaps(schedule: Schedule, window: TimeWindow): readonly TimeWindow[] {
  const found: TimeWindow[] = []
  for (const { startAt, endAt, onCall } of stretchesOf(schedule, window)) {
    const before = found.at(-1)
    if (onCall.length > 0) continue
    if (before?.endAt === startAt) found[found.length - 1] = { startAt: before.startAt, endAt }
    else found.push({ startAt, endAt })
  }
  return found
}

/** Somebody who is on call, and who would be if what puts them there did not exist. */
export type Explanation = OnCall & { readonly otherwise: readonly OnCall[] }

/** Who is on call at an instant, why, and who would be without the layer, the override or the swap that is the reason. */
export function explain(schedule: Schedule, at: Instant): readonly Explanation[] {
  return onCallAt(schedule, at).map((person) => ({ ...person, otherwise: onCallAt(without(schedule, person), at) }))
}

/** The schedule as it would be without the nearest reason why somebody is on call. */
function without(schedule: Schedule, { cover, insteadOf, swapId }: OnCall): Schedule {
  const { kind, id } = cover.source
  if (kind === 'override') return { ...schedule, overrides: schedule.overrides.filter((override) => override.id !== id) }
  if (swapId !== null && insteadOf !== null) return { ...schedule, swaps: schedule.swaps.filter((swap) => swap.id !== swapId) }
  return { ...schedule, layers: schedule.layers.filter((layer) => layer.id !== id) }
}

const dayMs = 86_400_000

/** Looks at a day, then at two, then at four: a change is mostly near, and what lies behind it is not computed. */
function* inWideningSlices(schedule: Schedule, window: TimeWindow): Generator<Stretch> {
  let startAt = window.startAt
  for (let widthMs = dayMs; startAt < window.endAt; widthMs *= 2) {
    const slice = common({ startAt, endAt: instant(startAt + widthMs) }, window)
    if (slice === null) return
    yield* stretchesOf(schedule, slice)
    startAt = slice.endAt
  }
}

/** Whether the same stretch of the same cover puts both there, by the same swap. */
export const isSameCause = (left: OnCall, right: OnCall): boolean =>
  left.cover.startAt === right.cover.startAt &&
  left.cover.endAt === right.cover.endAt &&
  left.cover.source.id === right.cover.source.id &&
  left.cover.source.kind === right.cover.source.kind &&
  left.swapId === right.swapId &&
  left.insteadOf === right.insteadOf

const inOrder = (left: FinalShift, right: FinalShift): number =>
  left.startAt - right.startAt || inText(left.cover.source.id, right.cover.source.id) || inText(left.userId, right.userId)

const inText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
