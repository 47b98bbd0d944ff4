import { known } from '../../lib/check.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { weekMs } from '../calendar.ts'
import { common } from './cover.ts'
import { always, type Periodic, risingCount, stepsToRepeat } from './count.ts'
import { hoursWithin, isCovered, type WeeklyHours, weeklyHours } from './restrictions.ts'
import type { Group, Rotation, TimeWindow } from './schedule.ts'
import { turnsWithin, wallHandovers } from './turns.ts'

/** What one group covers without a break. */
export type Stint = TimeWindow & { readonly group: Group }

/** The stints of a rotation that touch a window, whole and in order: its turns, cut to the hours that are covered. */
export function* rotationStints(rotation: Rotation, window: TimeWindow): Generator<Stint> {
  const { groups, restrictions, zone } = rotation
  if (groups.length === 0) return
  const hours = weeklyHours(restrictions)
  const turnsTaken = risingCount(turnsThatCount(rotation, hours))
  for (const turn of turnsWithin(rotation, window)) {
    const group = known(groups[turnsTaken(turn.number) % groups.length], 'the remainder is within the list')
    if (hours === null) {
      yield { startAt: turn.startAt, endAt: turn.endAt, group }
      continue
    }
    const asked = known(common(turn, window), 'the turn touches the window')
    for (const open of hoursWithin(hours, zone, asked)) {
      const covered = common(open, turn)
      if (covered !== null) yield { startAt: covered.startAt, endAt: covered.endAt, group }
    }
  }
}

/** How many turns were somebody's before the one that an instant is in; null: the rotation has not begun then, or is over. */
export function turnsTakenAt(rotation: Rotation, at: Instant): number | null {
  const [turn] = turnsWithin(rotation, { startAt: at, endAt: instant(at + 1) })
  return turn === undefined ? null : risingCount(turnsThatCount(rotation, weeklyHours(rotation.restrictions)))(turn.number)
}

const turnsThatCount = (rotation: Rotation, hours: WeeklyHours | null): Periodic =>
  rotation.consumption === 'active' && hours !== null ? turnsWithCover(rotation, hours) : always

/** The turns in which something is covered, as the calendar has it: a change of the clock takes nobody's turn away. */
function turnsWithCover({ turn, startLocal }: Rotation, hours: WeeklyHours): Periodic {
  if (turn.unit === 'elapsed') return always
  const { at } = wallHandovers(turn, startLocal)
  return {
    cycle: turn.unit === 'months' ? 1 : stepsToRepeat(weekMs, at(1) - at(0)),
    holds: (number) => isCovered(hours, number === 0 ? startLocal : at(number), at(number + 1)),
  }
}
