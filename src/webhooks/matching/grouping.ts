import type { Filtering } from './filtering.ts'
import { hears, isPage, type Subscription } from './match.ts'
import { transitionCount } from '../presets/zenduty.ts'
import type { WebhookCause } from '../trigger.ts'

/** What one message tells to one webhook: a cause, or several that its receiver wants to hear of together. */
export type Telling = { readonly subscription: Subscription; readonly causes: readonly [WebhookCause, ...WebhookCause[]] }

/** So many people change places in one message at most; a lone change that is larger is not divided. */
const transitionsMax = 500

/**
 * Who is to be told what, in the order of the causes. Zenduty's receivers are told of all changes of an instant together, as
 * far as one transaction has them.
 */
export function tellings(
  subscriptions: readonly Subscription[],
  causes: readonly WebhookCause[],
  filtering: Filtering,
): readonly Telling[] {
  const groups: Group[] = []
  const open = new Map<string, Group>()
  const matches = causes.flatMap((cause) =>
    subscriptions
      .filter((subscription) => hears(subscription, cause) && (isPage(cause) || filtering.passes(subscription.filter, cause)))
      .map((subscription) => ({ subscription, cause })),
  )
  for (const { subscription, cause } of matches) {
    const key = groupKey(subscription, cause)
    const group = key === null ? undefined : open.get(key)
    const size = key === null || cause.about !== 'schedule' ? 0 : transitionCount(cause.change)
    if (group !== undefined && group.size + size <= transitionsMax) {
      group.causes.push(cause)
      group.size += size
    } else {
      const fresh: Group = { subscription, causes: [cause], size }
      groups.push(fresh)
      if (key !== null) open.set(key, fresh)
    }
  }
  return groups
}

type Group = { readonly subscription: Subscription; readonly causes: [WebhookCause, ...WebhookCause[]]; size: number }

/** What has the same key is told together; null: alone. */
function groupKey({ id, preset }: Subscription, cause: WebhookCause): string | null {
  return preset === 'zenduty' && cause.about === 'schedule' ? `${id} ${cause.scheduledAt}` : null
}
