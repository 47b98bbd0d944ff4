import type { ScheduleId, ShiftId } from '../lib/ids.ts'
import { type Instant, instant } from '../lib/time.ts'
import type { Cover, FinalShift, TimeWindow } from './on-call.ts'
import { coversOf, type OnCallShift } from './shift.ts'

/** A shift on a schedule for as long as neither of the two was changed; null: from the first instant, or until further notice. */
export type Era = {
  readonly from: Instant | null
  readonly to: Instant | null
  readonly timeZone: string | null
  readonly shift: OnCallShift
}

/** While a schedule said this. */
type ScheduleEra = Omit<Era, 'shift'> & {
  readonly scheduleId: ScheduleId
  readonly shiftIds: readonly ShiftId[]
  readonly countsOwn: boolean
}

/** While a shift said this. */
type ShiftEra = Omit<Era, 'timeZone'> & { readonly ownerId: ScheduleId | null }

/** Which shift was on which schedule, and when: both versions held, and the schedule named the shift or counts what it owns. */
export function erasTogether(
  schedules: readonly ScheduleEra[],
  shifts: readonly ShiftEra[],
): readonly (Era & Pick<ScheduleEra, 'scheduleId'>)[] {
  const byId = Map.groupBy(shifts, (era) => era.shift.id)
  const byOwner = Map.groupBy(shifts, (era) => era.ownerId)
  return schedules.flatMap(({ scheduleId, shiftIds, countsOwn, timeZone, from, to }) => {
    const named = shiftIds.flatMap((id) => byId.get(id) ?? [])
    const own = countsOwn ? (byOwner.get(scheduleId) ?? []) : []
    return [...named, ...own].map((era) => ({ scheduleId, timeZone, shift: era.shift, ...overlap({ from, to }, era) }))
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
export function coversThrough(eras: readonly Era[]): readonly Cover[] {
  return eras.flatMap(({ from, to, timeZone, shift }) =>
    coversOf(shift, timeZone).flatMap((cover) => {
      const startAt = instant(Math.max(cover.startAt, from ?? -Infinity))
      const endAt = instant(Math.min(cover.endAt, to ?? Infinity))
      return startAt < endAt ? [{ ...cover, startAt, endAt }] : []
    }),
  )
}

/** Joins what an edit cut in two: rows of one person and one shift that touch. The order by start stays. */
export function withoutSeams(rows: readonly FinalShift[]): readonly FinalShift[] {
  const joined: (FinalShift & TimeWindow)[] = []
  for (const row of rows) {
    const index = joined.findIndex(
      (earlier) => earlier.endAt === row.startAt && earlier.userId === row.userId && earlier.cover.shiftId === row.cover.shiftId,
    )
    const earlier = joined[index]
    if (earlier === undefined) joined.push(row)
    else joined[index] = { ...earlier, endAt: row.endAt }
  }
  return joined
}
