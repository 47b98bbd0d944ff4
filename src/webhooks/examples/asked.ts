import type { Instant } from '../../lib/time.ts'
import type { Webhook } from '../webhook.ts'

/** What an example is made of. */
export type Asked = {
  /** It comes from the first integration, or schedule, that this webhook hears of. */
  readonly webhook: Pick<Webhook, 'organizationId' | 'id' | 'triggerTypes' | 'integrationFilter' | 'scheduleFilter'>
  readonly now: Instant
  readonly baseUrl: string
  /** It says of itself that it is a test: `event.test`. */
  readonly isMarked: boolean
}
