import type { UserId } from '../../lib/ids.ts'
import { days } from '../../lib/time.ts'
import type { TimeWindow } from '../engine/schedule.ts'

/** One person on call for one stretch of time. */
export type PersonalShift = TimeWindow & { readonly userId: UserId }

/** Split: one has become several; joined: several have become one. What fits none of the others is moved. */
export const moveKinds = ['added', 'removed', 'moved', 'shortened', 'extended', 'split', 'joined'] as const

/** What an edit does to shifts of one person: they had those before, and have those after it. Both in order; one may be empty. */
export type Move = {
  readonly userId: UserId
  readonly kind: (typeof moveKinds)[number]
  readonly before: readonly TimeWindow[]
  readonly after: readonly TimeWindow[]
}

/**
 * Whose shifts are others after an edit, by two lists of final shifts of one window; ordered by the first instant of each move, then by
 * person. What counts is when somebody is on call, not by which layer. Shifts that overlap are the same ones, moved; so are a shift that
 * goes and one that comes, begin within about a week, and have no other move between them. Each shift is in one move at most, and taking
 * away what moves had before and putting in what they have after makes the one list the other.
 */
export function movesBetween(before: readonly PersonalShift[], after: readonly PersonalShift[]): readonly Move[] {
  const had = Map.groupBy(before, (shift) => shift.userId)
  const has = Map.groupBy(after, (shift) => shift.userId)
  const people = [...new Set([...had.keys(), ...has.keys()])]
  return people
    .flatMap((userId) => movesOf(had.get(userId) ?? [], has.get(userId) ?? []).map((change) => moveOf(userId, change)))
    .toSorted((left, right) => beginningOf(left) - beginningOf(right) || (left.userId < right.userId ? -1 : 1))
}

/** What became of some shifts. */
type Change = Pick<Move, 'before' | 'after'>

function movesOf(had: readonly TimeWindow[], has: readonly TimeWindow[]): readonly Change[] {
  const [before, after] = [joined(had), joined(has)]
  const changes = overlapping(withSeams(before, had, after), withSeams(after, has, before))
  return withNeighbours(changes.filter((change) => !isNone(change)))
}

/** Stretches without the seams at which somebody hands over to themself. */
export function joined(rows: readonly TimeWindow[]): readonly TimeWindow[] {
  const stretches: TimeWindow[] = []
  for (const { startAt, endAt } of rows.toSorted(inOrder)) {
    const last = stretches.at(-1)
    if (last?.endAt === startAt) stretches[stretches.length - 1] = { startAt: last.startAt, endAt }
    else stretches.push({ startAt, endAt })
  }
  return stretches
}

/** Cuts stretches at those of their own seams where the other list begins or ends something: there a seam is a border between shifts. */
function withSeams(
  stretches: readonly TimeWindow[],
  rows: readonly TimeWindow[],
  other: readonly TimeWindow[],
): readonly TimeWindow[] {
  const edges = new Set(other.flatMap(({ startAt, endAt }) => [startAt, endAt]))
  const seams = rows.map((row) => row.startAt).filter((at) => edges.has(at))
  const ordered = seams.toSorted((left, right) => left - right)
  let next = 0
  return stretches.flatMap(({ startAt, endAt }) => {
    const pieces: TimeWindow[] = []
    let from = startAt
    for (let seam = ordered[next]; seam !== undefined && seam < endAt; seam = ordered[(next += 1)]) {
      if (seam > from) {
        pieces.push({ startAt: from, endAt: seam })
        from = seam
      }
    }
    return [...pieces, { startAt: from, endAt }]
  })
}

type Side = 'before' | 'after'

/** Puts together what overlaps, directly or through others, in order of the beginnings. */
function overlapping(before: readonly TimeWindow[], after: readonly TimeWindow[]): readonly Change[] {
  const sided = (side: Side) => (shift: TimeWindow) => ({ side, shift })
  const all = [...before.map(sided('before')), ...after.map(sided('after'))]
  const changes: { before: TimeWindow[]; after: TimeWindow[] }[] = []
  let endAt = -Infinity
  for (const { side, shift } of all.toSorted((left, right) => inOrder(left.shift, right.shift))) {
    const current = changes.at(-1)
    if (current !== undefined && shift.startAt < endAt) current[side].push(shift)
    else changes.push({ before: [], after: [], [side]: [shift] })
    endAt = Math.max(endAt, shift.endAt)
  }
  return changes
}

/** How near each other the old and the new beginning of a shift are: a week that is handed over at another hour, when the clock is changed. */
export const nearMs = days(8)

/** Makes one change of a shift that goes and the next one that comes, or the other way round, when they begin near each other. */
function withNeighbours(changes: readonly Change[]): readonly Change[] {
  const found: Change[] = []
  for (const change of changes) {
    const last = found.at(-1)
    const pair = last === undefined ? null : movedBetween(last, change)
    if (pair === null) found.push(change)
    else found[found.length - 1] = pair
  }
  return found
}

function movedBetween(earlier: Change, later: Change): Change | null {
  const [before, after] = [
    [...earlier.before, ...later.before],
    [...earlier.after, ...later.after],
  ]
  const [gone, come] = [before[0], after[0]]
  if (before.length !== 1 || after.length !== 1 || gone === undefined || come === undefined) return null
  return Math.abs(come.startAt - gone.startAt) <= nearMs ? { before, after } : null
}

const moveOf = (userId: UserId, { before, after }: Change): Move => ({ userId, kind: kindOf({ before, after }), before, after })

function kindOf({ before, after }: Change): Move['kind'] {
  const [gone, come] = [before[0], after[0]]
  if (gone === undefined) return 'added'
  if (come === undefined) return 'removed'
  if (before.length === 1 && after.length > 1) return 'split'
  if (before.length > 1 && after.length === 1) return 'joined'
  if (before.length > 1) return 'moved'
  if (come.startAt >= gone.startAt && come.endAt <= gone.endAt) return 'shortened'
  return come.startAt <= gone.startAt && come.endAt >= gone.endAt ? 'extended' : 'moved'
}

function isNone({ before, after }: Change): boolean {
  const [gone, come] = [before[0], after[0]]
  return before.length === 1 && after.length === 1 && gone?.startAt === come?.startAt && gone?.endAt === come?.endAt
}

const beginningOf = ({ before, after }: Change): number => Math.min(before[0]?.startAt ?? Infinity, after[0]?.startAt ?? Infinity)

const inOrder = (left: TimeWindow, right: TimeWindow): number => left.startAt - right.startAt
