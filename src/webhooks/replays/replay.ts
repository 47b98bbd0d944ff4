import type { OrganizationId, ReplayId, UserId, WebhookId } from '../../lib/ids.ts'
import { type Instant, isoZ } from '../../lib/time.ts'
import type { Replayed } from '../records/redelivery-commands.ts'

export const replayChoices = ['failed', 'all'] as const
export type ReplayChoice = (typeof replayChoices)[number]

export const replayStates = ['running', 'finished', 'cancelled'] as const

/** What became of a delivery; what has paged somebody stays as it is, since all of it at once would page about what is long over. */
type Outcome = Replayed | { readonly kind: 'page' }

/** What became of the deliveries that a replay has come to; what was taken back is not among what is owed. */
export type ReplayCounts = Readonly<Record<Outcome['kind'] | 'takenBack', number>>

/** The work of sending again what a webhook has sent, or failed to. */
export type BulkReplay = {
  readonly organizationId: OrganizationId
  readonly id: ReplayId
  readonly webhookId: WebhookId
  /** Who asked for it; null for a machine. */
  readonly userId: UserId | null
  /** Of which events: from the one instant to before the other. */
  readonly since: Instant
  readonly until: Instant
  readonly only: ReplayChoice
  readonly state: (typeof replayStates)[number]
  /** Why the program has cancelled it, a sentence for people. */
  readonly reason: string | null
  /** The end of the delivery that was looked at last. */
  readonly cursor: { readonly at: Instant; readonly id: number }
  /** How many deliveries it will come to; null: too many to count. */
  readonly totalCount: number | null
  readonly counts: ReplayCounts
  /** A UUID, by which what it has put in line is taken back. */
  readonly cancelKey: string
  readonly createdAt: Instant
  readonly endedAt: Instant | null
}

export const noCounts: ReplayCounts = { owed: 0, waiting: 0, forgotten: 0, moved: 0, disabled: 0, page: 0, takenBack: 0 }

/** The counts with what became of some more. */
export function withOutcomes(counts: ReplayCounts, outcomes: readonly Outcome[]): ReplayCounts {
  const sums: Record<keyof ReplayCounts, number> = { ...counts }
  for (const { kind } of outcomes) sums[kind] += 1
  return sums
}

/** The counts when so many of what is owed were taken back. */
export const withTakenBack = (counts: ReplayCounts, count: number): ReplayCounts => ({
  ...counts,
  owed: counts.owed - count,
  takenBack: counts.takenBack + count,
})

export const doneCount = (counts: ReplayCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** As the API shows it. */
export function shownReplay(replay: BulkReplay) {
  const { counts } = replay
  return {
    id: replay.id,
    webhook_id: replay.webhookId,
    since: isoZ(replay.since),
    until: isoZ(replay.until),
    only: replay.only,
    state: replay.state,
    reason: replay.reason,
    total: replay.totalCount,
    done: doneCount(counts),
    counts: {
      replayed: counts.owed,
      under_way: counts.waiting,
      past_retention: counts.forgotten,
      url_removed: counts.moved,
      url_disabled: counts.disabled,
      pages: counts.page,
      taken_back: counts.takenBack,
    },
    user_id: replay.userId,
    created_at: isoZ(replay.createdAt),
    ended_at: replay.endedAt === null ? null : isoZ(replay.endedAt),
  }
}
