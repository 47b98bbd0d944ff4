import { instant, isoZ } from '../../src/lib/time.ts'
import type { FinalShift } from '../../src/schedules/engine/on-call.ts'

/** A final shift as vectors write it. */
export type Row = { readonly user: string; readonly start: string; readonly end: string }

/** As the vectors want it: rows of one user that touch are one. */
export function mergedByUser(rows: readonly FinalShift[]): readonly Row[] {
  const merged: { user: string; startAt: number; endAt: number }[] = []
  for (const { userId, startAt, endAt } of rows) {
    const before = merged.find((row) => row.user === userId && row.endAt === startAt)
    if (before === undefined) merged.push({ user: userId, startAt, endAt })
    else before.endAt = endAt
  }
  return merged
    .toSorted((left, right) => left.startAt - right.startAt || inText(left.user, right.user))
    .map((row) => ({ user: row.user, start: isoZ(instant(row.startAt)), end: isoZ(instant(row.endAt)) }))
}

export const rowText = ({ user, start, end }: Row): string => `${start} to ${end} ${user}`

export const inText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
