import type { ScheduleId, ShiftId } from '../lib/ids.ts'
import { type Instant, instant } from '../lib/time.ts'
import type { FinalShift } from './engine/on-call.ts'
import type { Layer } from './engine/schedule.ts'
import { layerOf } from './shift-layers.ts'
import type { OnCallShift } from './shift.ts'

/** A shift on a schedule for as long as neither of the two was changed; null: from the first instant, or until further notice. */
export type Era = {
  readonly from: Instant | null
  readonly to: Instant | null
  readonly timeZone: string | null
  readonly shift: OnCallShift
}

/** How what was configured is looked at. */
export type View =
  /** At each instant as it was then. First versions, which have no start, answer for any instant before them. */
  | { readonly kind: 'history' }
  /** Like that, but nothing counts before it was created: so it was known to those who looked at the time. */
  | { readonly kind: 'recorded' }
  /** What was configured at an instant, as if it had always been so and were to stay so. */
  | { readonly kind: 'as-of'; readonly at: Instant }

export const throughHistory: View = { kind: 'history' }

/** An era as a view takes it. Of a view as of an instant, only eras that held then may be asked. */
export function viewed<Held extends Span & { readonly createdAt: Instant }>(era: Held, view: View): Held {
  if (view.kind === 'as-of') return { ...era, from: null, to: null }
  return view.kind === 'recorded' ? { ...era, from: era.from ?? era.createdAt } : era
}

/** An era of a shift that may be unreadable. */
export type EraReading = Omit<Era, 'shift'> & {
  readonly scheduleId: ScheduleId
  readonly shiftId: ShiftId
  readonly shift: OnCallShift | null
}

/** While a schedule said this. */
type ScheduleEra = Omit<Era, 'shift'> & {
  readonly scheduleId: ScheduleId
  readonly shiftIds: readonly ShiftId[]
  readonly countsOwn: boolean
}

/** While a shift said this. */
type ShiftEra = Omit<Era, 'timeZone' | 'shift'> & {
  readonly id: ShiftId
  readonly shift: OnCallShift | null
  readonly ownerId: ScheduleId | null
}

/** Which shift was on which schedule, and when: both versions held, and the schedule named the shift or counts what it owns. */
export function erasTogether(schedules: readonly ScheduleEra[], shifts: readonly ShiftEra[]): readonly EraReading[] {
  const byId = Map.groupBy(shifts, (era) => era.id)
  const byOwner = Map.groupBy(shifts, (era) => era.ownerId)
  return schedules.flatMap(({ scheduleId, shiftIds, countsOwn, timeZone, from, to }) => {
    const named = shiftIds.flatMap((id) => byId.get(id) ?? [])
    const own = countsOwn ? (byOwner.get(scheduleId) ?? []) : []
    return [...named, ...own].map((era) => ({
      scheduleId,
      timeZone,
      shiftId: era.id,
      shift: era.shift,
      ...overlap({ from, to }, era),
    }))
  })
}

type Span = Pick<Era, 'from' | 'to'>

/** The end may come before the beginning: then the two never held together. */
function overlap(left: Span, right: Span): Span {
  const from = Math.max(left.from ?? -Infinity, right.from ?? -Infinity)
  const to = Math.min(left.to ?? Infinity, right.to ?? Infinity)
  return { from: from === -Infinity ? null : instant(from), to: to === Infinity ? null : instant(to) }
}

/** What a schedule covered and will cover: each era counts only while it lasted, so that an edit never rewrites the past. */
export const layersThrough = (eras: readonly Era[]): readonly Layer[] =>
  eras.map(({ from, to, timeZone, shift }) => layerOf(shift, { fromAt: from, toAt: to, timeZone }))

/** Joins what an edit cut in two: rows of one person and one shift that touch at a seam, where an era ends. The order by start stays. */
export function withoutSeams(rows: readonly FinalShift[], seams: ReadonlySet<Instant>): readonly FinalShift[] {
  const joined: FinalShift[] = []
  for (const row of rows) {
    const index = seams.has(row.startAt) ? joined.findIndex((earlier) => goesOn(earlier, row)) : -1
    const earlier = joined[index]
    if (earlier === undefined) joined.push(row)
    else joined[index] = { ...earlier, endAt: row.endAt }
  }
  return joined
}

const goesOn = (earlier: FinalShift, later: FinalShift): boolean =>
  earlier.endAt === later.startAt && earlier.userId === later.userId && earlier.cover.source.id === later.cover.source.id
