import type { Case } from './case.ts'
import { committedAt } from './case.ts'
import type { EventRow } from './facts.ts'

/** An edit of what a schedule says, and for how long the servers may not have known of it. */
export type Disturbance = {
  /** From when on it holds, by the clock of the server that made it; the second in which that is. */
  readonly editedAt: number
  /** When it was committed, by the clock that is furthest ahead. */
  readonly knownAt: number
  /** What is announced is right again from here on; not after `editedAt` when no server can have looked in between. */
  readonly settledAt: number
}

type Announced = { readonly at: number; readonly event: EventRow }

/** How long an edit that nobody has heard of may stay without a look. */
const patienceMs = 4 * 3_600_000

/** All edits that concern a schedule. */
export function disturbancesOf(
  { facts, records, faults }: Case,
  scheduleId: string,
  announced: readonly Announced[],
): readonly Disturbance[] {
  const aheadMs = faults.isAlone ? faults.skewsMs[0] : Math.max(...faults.skewsMs)
  const { schedules, shifts, layers, overrides, swaps, presence } = facts.schedule
  const own = schedules.filter(({ id }) => id === scheduleId)
  const named = new Set(own.flatMap((version) => version.shift_ids))
  const parts = [
    ...shifts.filter(({ id }) => named.has(id)),
    ...[...shifts, ...layers, ...overrides, ...swaps].filter((part) => part.schedule_id === scheduleId),
  ]
  const instants = [...own, ...parts].flatMap(({ from, to }) => (to === null ? [from] : [from, to]))
  const all = [...instants, ...presence.map(({ at }) => at)].map((at) => at.getTime())
  return [...new Set(all)].map((at) => {
    const editedAt = Math.floor(at / 1000) * 1000
    const committed = records.lastCommits.get(at) ?? at
    const knownAt = committed + aheadMs
    // The servers write what they find in order, so the first that they write of it afterwards takes it into account.
    const answer = announced.find((change) => change.at >= editedAt && committedAt(records, change.event) >= committed)
    const settledAt = Math.min(answer?.at ?? Infinity, committed + patienceMs)
    return { editedAt, knownAt, settledAt: knownAt > at + commitMs ? settledAt : editedAt }
  })
}

/** A transaction takes no longer when nothing comes in between. */
const commitMs = 2
