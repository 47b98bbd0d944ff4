import type { ShiftId, UserId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import { check } from '../lib/check.ts'
import { instant } from '../lib/time.ts'

/** From `startAt` up to, but without, `endAt`. */
export type TimeWindow = { readonly startAt: Instant; readonly endAt: Instant }

/** A stretch of time for which a shift names people. Everything that can be on a schedule is turned into these. */
export type Cover = TimeWindow & {
  /** Nobody makes the cover transparent: what lies below shows through. */
  readonly users: readonly UserId[]
  /** An override beats every shift. */
  readonly kind: 'shift' | 'override'
  /** Among covers of one kind the higher level beats the lower, and the same level adds up. */
  readonly level: number
  readonly shiftId: ShiftId
}

/** Somebody who is on call, and the cover that puts them there. */
export type OnCall = { readonly userId: UserId; readonly cover: Cover }

/** A stretch of time in which one cover keeps one person on call. */
export type FinalShift = OnCall & TimeWindow

/**
 * Who is on call at an instant; at a hand-over this is the incoming person. Each person once, credited to the cover that began first
 * when several of the same rank name them; ordered by that beginning.
 */
export function onCallAt(covers: readonly Cover[], at: Instant): readonly OnCall[] {
  return onCallAmong(inOrder(covers.filter((cover) => cover.startAt <= at && at < cover.endAt)))
}

/**
 * Who is on call when: clipped to the window and ordered by start. Rows of one person never overlap; a cover that a higher one
 * interrupts gives a row for each piece that is left. Rows of windows that touch join at the seam.
 */
export function finalShifts(covers: readonly Cover[], window: TimeWindow): readonly FinalShift[] {
  const finished: FinalShift[] = []
  let open: readonly FinalShift[] = []
  for (const { startAt, endAt, onCall } of stretchesOf(covers, window)) {
    const current = onCall.map((person) => open.find((row) => isSame(row, person)) ?? { ...person, startAt, endAt })
    finished.push(...open.filter((row) => !current.includes(row)))
    open = current.map((row) => ({ ...row, endAt }))
  }
  return [...finished, ...open].toSorted(
    (left, right) =>
      left.startAt - right.startAt || inText(left.cover.shiftId, right.cover.shiftId) || inText(left.userId, right.userId),
  )
}

/** The first instant after `after` at which other people are on call than at `after`; null when that never happens again. */
export function nextChange(covers: readonly Cover[], after: Instant): Instant | null {
  const before = new Set(onCallAt(covers, after).map((person) => person.userId))
  for (const { startAt, onCall } of stretchesOf(covers, { startAt: after, endAt: instant(Infinity) })) {
    const isUnchanged = onCall.length === before.size && onCall.every((person) => before.has(person.userId))
    if (!isUnchanged) return startAt
  }
  return null
}

type Stretch = TimeWindow & { readonly onCall: readonly OnCall[] }

/** Cuts the window wherever a cover begins or ends. The stretches fill the window without holes, those without anybody included. */
function* stretchesOf(covers: readonly Cover[], window: TimeWindow): Generator<Stretch> {
  const coming = inOrder(
    covers.filter((cover) => cover.startAt < cover.endAt && cover.startAt < window.endAt && cover.endAt > window.startAt),
  )
  let active: Cover[] = []
  let comingIndex = 0
  let startAt = window.startAt
  while (startAt < window.endAt) {
    active = active.filter((cover) => cover.endAt > startAt)
    let next = coming[comingIndex]
    while (next !== undefined && next.startAt <= startAt) {
      active.push(next)
      next = coming[(comingIndex += 1)]
    }
    const firstEnd = active.reduce<number>((first, cover) => Math.min(first, cover.endAt), window.endAt)
    const endAt = instant(Math.min(firstEnd, next?.startAt ?? Infinity))
    check(endAt > startAt, 'time goes on')
    yield { startAt, endAt, onCall: onCallAmong(active) }
    startAt = endAt
  }
}

/** The people of the highest rank among covers of one instant, which come in order. */
function onCallAmong(active: readonly Cover[]): readonly OnCall[] {
  const staffed = active.filter((cover) => cover.users.length > 0)
  const highest = staffed.reduce<Cover | null>((best, cover) => (best === null || rank(cover, best) > 0 ? cover : best), null)
  if (highest === null) return []
  const people = new Map<UserId, OnCall>()
  for (const cover of staffed.filter((candidate) => rank(candidate, highest) === 0)) {
    for (const userId of cover.users) if (!people.has(userId)) people.set(userId, { userId, cover })
  }
  return [...people.values()]
}

/** Positive when the left cover beats the right one, 0 when they add up. */
function rank(left: Cover, right: Cover): number {
  if (left.kind === right.kind) return left.level - right.level
  return left.kind === 'override' ? 1 : -1
}

const isSame = (left: OnCall, right: OnCall): boolean => left.userId === right.userId && left.cover === right.cover

/** An order that does not depend on the order in which shifts were given. */
const inOrder = (covers: readonly Cover[]): readonly Cover[] =>
  covers.toSorted(
    (left, right) => left.startAt - right.startAt || inText(left.shiftId, right.shiftId) || left.endAt - right.endAt,
  )

const inText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
