import type { UserId } from '../../lib/ids.ts'
import type { Layer, TimeWindow } from './schedule.ts'
import { type Instant, instant } from '../../lib/time.ts'

/** A stretch of time for which a layer or an override names people. It is whole, however little of it was asked for. */
export type Cover = TimeWindow & {
  readonly source: Source
  readonly level: number
  /** Never empty, except for an override that leaves nobody. */
  readonly people: readonly Person[]
}

/** What puts somebody on call. */
export type Source = { readonly kind: 'layer' | 'override'; readonly id: string }

/** Somebody whom a cover names. */
export type Person = {
  readonly userId: UserId
  /** Whom this person stands in for, by a swap or an override. */
  readonly insteadOf: UserId | null
  /** The swap that put the person here or, while nobody has taken it, that would take the person away. */
  readonly swapId: string | null
}

export const named = (userId: UserId): Person => ({ userId, insteadOf: null, swapId: null })

/** Whether two windows have an instant in common. */
export const overlaps = (left: TimeWindow, right: TimeWindow): boolean => left.startAt < right.endAt && right.startAt < left.endAt

/** What two windows have in common; null when that is nothing. */
export function common(left: TimeWindow, right: TimeWindow): TimeWindow | null {
  const startAt = Math.max(left.startAt, right.startAt)
  const endAt = Math.min(left.endAt, right.endAt)
  return startAt < endAt ? { startAt: instant(startAt), endAt: instant(endAt) } : null
}

/** While a version of a layer counts. */
export const lifeOf = ({ fromAt, toAt }: Pick<Layer, 'fromAt' | 'toAt'>): TimeWindow => ({
  startAt: fromAt ?? instant(-Infinity),
  endAt: toAt ?? forever,
})

export const forever: Instant = instant(Infinity)
