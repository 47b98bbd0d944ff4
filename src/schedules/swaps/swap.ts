import type { ScheduleId, SwapId, UserId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import type { TimeWindow } from '../engine/schedule.ts'

/** A request that somebody else take the shifts of a person for a while (contract grafana-oncall 4.9). */
export type ShiftSwap = SwapFields & {
  readonly id: SwapId
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly beneficiaryId: UserId
  /** Who has taken it; null: nobody so far. */
  readonly benefactorId: UserId | null
}

/** What a caller can say about a swap. It begins and ends at whole seconds. */
export type SwapFields = TimeWindow & { readonly scheduleId: ScheduleId; readonly description: string | null }

/** What has become of a swap: nobody can take it any more once it has begun. */
export function statusOf({ benefactorId, startAt }: Pick<ShiftSwap, 'benefactorId' | 'startAt'>, now: Instant) {
  if (benefactorId !== null) return 'taken'
  return startAt <= now ? 'past_due' : 'open'
}
