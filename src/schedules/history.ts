import type { PartId, ScheduleId, UserId } from '../lib/ids.ts'
import { type Instant, instant } from '../lib/time.ts'
import type { FinalShift } from './engine/on-call.ts'
import type { Layer, Override, Swap } from './engine/schedule.ts'
import { layerOf } from './shifts/shift-layers.ts'
import { rotationOf } from './layers/rotation.ts'
import type { Part } from './part.ts'
import type { ShiftSwap } from './swaps/swap.ts'

/** A part of a schedule for as long as neither of the two was changed; null: from the first instant, or until further notice. */
export type Era = {
  readonly from: Instant | null
  readonly to: Instant | null
  readonly createdAt: Instant
  readonly timeZone: string | null
  readonly part: Part
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

/** An era of a part that may be unreadable. */
export type EraReading = Omit<Era, 'part'> & {
  readonly scheduleId: ScheduleId
  readonly partId: PartId
  readonly part: Part | null
}

/** While a schedule said this. */
type ScheduleEra = Omit<Era, 'part' | 'createdAt'> & {
  readonly scheduleId: ScheduleId
  readonly shiftIds: readonly PartId[]
  readonly countsOwn: boolean
}

/** While a part said this. */
type PartEra = Omit<Era, 'timeZone' | 'part'> & {
  readonly id: PartId
  readonly kind: string
  readonly part: Part | null
  readonly ownerId: ScheduleId | null
}

/** Which part was in which schedule, and when: both versions held, and the schedule named it, or owned it and counts what it owns. */
export function erasTogether(schedules: readonly ScheduleEra[], parts: readonly PartEra[]): readonly EraReading[] {
  const byId = Map.groupBy(parts, (era) => era.id)
  const byOwner = Map.groupBy(parts, (era) => era.ownerId)
  return schedules.flatMap(({ scheduleId, shiftIds, countsOwn, timeZone, from, to }) => {
    const named = shiftIds.flatMap((id) => byId.get(id) ?? [])
    const own = (byOwner.get(scheduleId) ?? []).filter((era) => countsOwn || era.kind !== 'shift')
    return [...named, ...own].map((era) => ({
      scheduleId,
      timeZone,
      partId: era.id,
      part: era.part,
      createdAt: era.createdAt,
      ...overlap({ from, to }, era),
    }))
  })
}

/** While a swap said this. */
type SwapEra = Omit<ShiftSwap, 'scheduleId' | 'updatedAt' | 'description'> & Span

type Span = Pick<Era, 'from' | 'to'>

/** The time that two have in common. The end may come before the beginning: then the two never held together. */
export function overlap(left: Span, right: Span): Span {
  const from = Math.max(left.from ?? -Infinity, right.from ?? -Infinity)
  const to = Math.min(left.to ?? Infinity, right.to ?? Infinity)
  return { from: from === -Infinity ? null : instant(from), to: to === Infinity ? null : instant(to) }
}

/** What a schedule covered and will cover: each era counts only while it lasted, so that an edit never rewrites the past. */
export const layersThrough = (eras: readonly Era[]): readonly Layer[] =>
  eras.flatMap(({ from, to, timeZone, part }) => {
    const placement = { fromAt: from, toAt: to, timeZone }
    if (part.kind === 'override') return []
    return [part.kind === 'layer' ? rotationOf(part.layer, placement) : layerOf(part.shift, placement)]
  })

/** The overrides of a schedule, each for as long as its era lasted. */
export const overridesThrough = (eras: readonly Era[]): readonly Override[] =>
  eras.flatMap(({ from, to, createdAt, part }) => {
    if (part.kind !== 'override') return []
    const startAt = instant(Math.max(part.override.startAt, from ?? -Infinity))
    const endAt = instant(Math.min(part.override.endAt, to ?? Infinity))
    return startAt < endAt ? [{ ...part.override, createdAt, startAt, endAt }] : []
  })

/** The swaps of a schedule, each for as long as its era lasted. */
export const swapsThrough = (eras: readonly SwapEra[]): readonly Swap[] =>
  eras.flatMap(({ id, createdAt, beneficiaryId: beneficiary, benefactorId: benefactor, ...era }) => {
    const startAt = instant(Math.max(era.startAt, era.from ?? -Infinity))
    const endAt = instant(Math.min(era.endAt, era.to ?? Infinity))
    return startAt < endAt ? [{ id, createdAt, beneficiary, benefactor, startAt, endAt }] : []
  })

/**
 * Joins what an edit cut in two: rows of one person and one shift that touch at a seam, where an era ends. The order by start stays. Rows of
 * one person never overlap, so that only the one before can go on.
 */
export function withoutSeams(rows: readonly FinalShift[], seams: ReadonlySet<Instant>): readonly FinalShift[] {
  const joined: FinalShift[] = []
  const lastOf = new Map<UserId, number>()
  for (const row of rows) {
    const last = lastOf.get(row.userId) ?? joined.length
    const earlier = joined[last]
    if (earlier !== undefined && seams.has(row.startAt) && goesOn(earlier, row)) {
      joined[last] = { ...earlier, endAt: row.endAt }
    } else {
      lastOf.set(row.userId, joined.length)
      joined.push(row)
    }
  }
  return joined
}

/** Whether a row is what is left of an earlier one of the same person. */
const goesOn = (earlier: FinalShift, later: FinalShift): boolean =>
  earlier.endAt === later.startAt &&
  earlier.swapId === later.swapId &&
  earlier.insteadOf === later.insteadOf &&
  earlier.cover.source.id === later.cover.source.id
