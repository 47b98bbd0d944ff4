import { after, instant } from '../../lib/time.ts'
import { common } from '../engine/cover.ts'
import { answerable } from '../engine/limits.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { exportedMax, type Said, shiftsWithin } from '../exports/shifts.ts'
import { joined, type Move, movesBetween, nearMs } from './moves.ts'

/**
 * Whose shifts of a window are others by a later version of a schedule than by an earlier one, or of as much of it as one answer takes.
 * The shifts are told whole, also where they begin before the window, and where they end, or are moved to, after it.
 */
export function movesAhead(earlier: Said, later: Said, window: TimeWindow): readonly Move[] {
  const reached = { startAt: window.startAt, endAt: after(window.endAt, nearMs) }
  const read = answerable(later.schedule, answerable(earlier.schedule, reached))
  const [had, has] = [shiftsWithin(earlier, read), shiftsWithin(later, read)]
  const knownUntil = [had, has].map((shifts) =>
    shifts.length < exportedMax ? read.endAt : (shifts.at(-1)?.startAt ?? read.endAt),
  )
  const told = { startAt: window.startAt, endAt: instant(Math.min(window.endAt, ...knownUntil)) }
  return movesBetween(had, has).filter((move) => makesDifference(move, told))
}

/** Whether somebody is on call at other times of a window. */
function makesDifference(move: Move, window: TimeWindow): boolean {
  const within = (shifts: readonly TimeWindow[]) => joined(shifts.flatMap((shift) => common(shift, window) ?? []))
  const [had, has] = [within(move.before), within(move.after)]
  return had.length !== has.length || had.some((shift, index) => !isSame(shift, has[index]))
}

const isSame = (shift: TimeWindow, other: TimeWindow | undefined): boolean =>
  shift.startAt === other?.startAt && shift.endAt === other.endAt
