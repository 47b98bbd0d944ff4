import type { UserId } from '../../lib/ids.ts'
import { days, type Instant, instant, startOfUtcDay, utcDay } from '../../lib/time.ts'
import { overlaps } from '../engine/cover.ts'
import { type FinalShift, finalShifts, isSameCause } from '../engine/on-call.ts'
import type { Schedule, TimeWindow } from '../engine/schedule.ts'
import { usersOf } from '../engine/stretches.ts'
import { withoutSeams } from '../history.ts'

/** From half a month before to half a year after now, in whole days of UTC (contract grafana-oncall 4.7). */
export function exportWindow(now: Instant): TimeWindow {
  const today = startOfUtcDay(utcDay(now))
  return { startAt: instant(today - days(15)), endAt: instant(today + days(181)) }
}

const reachMs = days(400)

/** All of the time that an export of a window may look at. */
export const reachOf = ({ startAt, endAt }: TimeWindow): TimeWindow => ({
  startAt: instant(startAt - reachMs),
  endAt: instant(endAt + reachMs),
})

/** Enough for a hand-over every hour with two people on call, and little enough for those who read it. */
export const exportedMax = 10_000

/** A final shift, and how many pieces of its cover its person had before, where others were put in between. */
export type ExportedShift = FinalShift & { readonly piece: number }

/** What a schedule says, and where versions ended without being a border between shifts. */
export type Said = { readonly schedule: Schedule; readonly seams: ReadonlySet<Instant> }

/**
 * The final shifts that have a part in a window, ordered by start, and whole although they reach out of it (up to 400 days): what a shift
 * is in a calendar must not depend on the day on which it is read. After ten thousand the export ends. They are looked
 * for week by week, so that a schedule with more of them costs no more than what is shown.
 */
export function shiftsWithin({ schedule, seams }: Said, window: TimeWindow): readonly ExportedShift[] {
  const shown = shiftsAhead(schedule, window)
  const before = shiftsBehind(schedule, window, shown)
  const whole = withoutSeams(joined(before, shown, window.startAt), seams)
  return numbered(whole).filter((shift) => overlaps(shift, window))
}

function shiftsAhead(schedule: Schedule, window: TimeWindow): readonly FinalShift[] {
  const { endAt: lastAt } = reachOf(window)
  let found: readonly FinalShift[] = []
  for (let startAt = window.startAt; startAt < lastAt && found.length <= exportedMax; ) {
    const isDone = startAt >= window.endAt && !found.some((shift) => shift.endAt === startAt && shift.cover.endAt > startAt)
    if (isDone) break
    const endAt = instant(Math.min(startAt + weekMs, startAt < window.endAt ? window.endAt : lastAt))
    found = joined(found, finalShifts(schedule, { startAt, endAt }), startAt)
    startAt = endAt
  }
  return found.filter((shift) => shift.startAt < window.endAt).slice(0, exportedMax)
}

/** As far back as the covers of what is shown reach. */
function shiftsBehind(schedule: Schedule, window: TimeWindow, shown: readonly FinalShift[]): readonly FinalShift[] {
  const firstAt = shown.reduce<number>((first, { cover }) => Math.min(first, cover.startAt), window.startAt)
  const from = instant(Math.max(firstAt, reachOf(window).startAt))
  let found: readonly FinalShift[] = []
  for (let endAt = window.startAt; from < endAt && found.length <= exportedMax; ) {
    const startAt = instant(Math.max(endAt - weekMs, from))
    found = joined(finalShifts(schedule, { startAt, endAt }), found, endAt)
    endAt = startAt
  }
  return found
}

const weekMs = days(7)

/** Two lists that touch, as one: what goes on is one shift again. */
function joined(earlier: readonly FinalShift[], later: readonly FinalShift[], seamAt: Instant): readonly FinalShift[] {
  const beginnings = earlier.filter(({ endAt }) => endAt === seamAt)
  const ends = new Map<FinalShift, Instant>()
  const rest = later.filter((shift) => {
    const beginning = shift.startAt === seamAt ? beginnings.find((one) => goesOn(one, shift)) : undefined
    if (beginning !== undefined) ends.set(beginning, shift.endAt)
    return beginning === undefined
  })
  const whole = earlier.map((shift) => {
    const endAt = ends.get(shift)
    return endAt === undefined ? shift : { ...shift, endAt }
  })
  return [...whole, ...rest]
}

const goesOn = (earlier: FinalShift, later: FinalShift): boolean => earlier.userId === later.userId && isSameCause(earlier, later)

function numbered(shifts: readonly FinalShift[]): readonly ExportedShift[] {
  const counts = new Map<string, number>()
  return shifts.map((shift) => {
    const { kind, id } = shift.cover.source
    const key = JSON.stringify([kind, id, shift.userId, shift.cover.startAt])
    const piece = counts.get(key) ?? 0
    counts.set(key, piece + 1)
    return { ...shift, piece }
  })
}

/** Whether a schedule could ever put somebody on call. */
export const couldCall = ({ layers, overrides, swaps }: Schedule, userId: UserId): boolean =>
  layers.some((layer) =>
    layer.kind === 'fixed' ? layer.users.includes(userId) : layer.groups.some((group) => group.includes(userId)),
  ) ||
  overrides.some((override) => usersOf(override).includes(userId)) ||
  swaps.some(({ benefactor }) => benefactor === userId)
