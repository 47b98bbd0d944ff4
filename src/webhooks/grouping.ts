import { hears, type Subscription } from './match.ts'
import { transitionCount } from './presets/zenduty.ts'
import type { WebhookCause } from './trigger.ts'

/** What one message tells to one webhook: a cause, or several that its receiver wants to hear of together. */
export type Telling = { readonly subscription: Subscription; readonly causes: readonly [WebhookCause, ...WebhookCause[]] }

/** So many people change places in one message at most; a lone change that is larger is not divided. */
const transitionsMax = 500

/**
 * Who is to be told what, in the order of the causes. Zenduty's receivers are told of all changes of an instant together, as
 * far as one transaction has them.
 */
export function tellings(subscriptions: readonly Subscription[], causes: readonly WebhookCause[]): readonly Telling[] {
  const told: { readonly subscription: Subscription; readonly causes: [WebhookCause, ...WebhookCause[]] }[] = []
  const open = new Map<string, { readonly causes: WebhookCause[]; count: number }>()
  for (const cause of causes) {
    for (const subscription of subscriptions) {
      if (!hears(subscription, cause)) continue
      const key = groupKey(subscription, cause)
      const group = key === null ? undefined : open.get(key)
      const count = cause.about === 'schedule' && key !== null ? transitionCount(cause.change) : 0
      if (group !== undefined && group.count + count <= transitionsMax) {
        group.causes.push(cause)
        group.count += count
        continue
      }
      const telling: (typeof told)[number] = { subscription, causes: [cause] }
      told.push(telling)
      if (key !== null) open.set(key, { causes: telling.causes, count })
    }
  }
  return told
}

/** What has the same key is told together; null: alone. */
function groupKey({ id, preset }: Subscription, cause: WebhookCause): string | null {
  return preset === 'zenduty' && cause.about === 'schedule' ? `${id} ${cause.scheduledAt}` : null
}
