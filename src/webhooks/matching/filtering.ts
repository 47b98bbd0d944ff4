import type { Effort } from '../filter/expression.ts'
import { recordOfAlert, recordOfNothing, recordOfSchedule } from '../filter/event-record.ts'
import type { Filter } from '../filter/filter.ts'
import { judge } from '../filter/judge.ts'
import type { FilterRecord } from '../filter/record.ts'
import type { WebhookCause } from '../trigger.ts'

/** Judges the filters of webhooks. What they know of a cause is put together once, and only where a webhook has a filter. */
export type Filtering = {
  /** What cannot be judged passes: an event too many is better than one that nobody hears of. */
  passes(filter: Filter | null, cause: WebhookCause): boolean
}

/** What searching takes at most for one cause, some 400 ms for expressions made for it, and for all of one transaction. */
export const causeEffort = 8_000_000
const wholeEffort = 40_000_000

/** What a cause may always take, so that others in its transaction cannot leave it unjudged. */
const fairEffort = 500_000

/** For the causes of one transaction; `onUndecided` is told of each filter that could not be judged. */
export function newFiltering(onUndecided: () => void): Filtering {
  const seen = new Map<WebhookCause, { readonly record: FilterRecord; readonly effort: Effort }>()
  let left = wholeEffort
  const look = (cause: WebhookCause) => {
    const effort = { left: Math.min(causeEffort, Math.max(left, fairEffort)) }
    const known = seen.get(cause) ?? { record: recordOf(cause), effort }
    seen.set(cause, known)
    return known
  }
  return {
    passes: (filter, cause) => {
      if (filter === null) return true
      const { record, effort } = look(cause)
      const before = effort.left
      const verdict = judge(filter, record, effort)
      left -= before - effort.left
      if (verdict === 'undecided') onUndecided()
      return verdict !== 'fails'
    },
  }
}

/** What filters know of a cause. */
export function recordOf(cause: WebhookCause): FilterRecord {
  if (cause.about === 'alert group') return recordOfAlert(cause.report, cause.payload)
  return cause.about === 'schedule' ? recordOfSchedule(cause.change) : recordOfNothing
}
