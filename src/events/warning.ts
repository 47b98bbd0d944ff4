import type { OrganizationId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'

/** What somebody is to be told by mail of a webhook. */
export type Warning = {
  readonly organizationId: OrganizationId
  /** Where the mail goes. */
  readonly address: string
  readonly at: Instant
  readonly webhookName: string
  readonly url: string | null
  readonly news: WarningNews
}

/** Stored as it is. */
export type WarningNews =
  | {
      readonly kind: 'failing'
      readonly forLong: 'an hour' | 'a day'
      readonly failingSince: Instant
      readonly failuresCount: number
    }
  | { readonly kind: 'disabled'; readonly reason: string; readonly webhookIsOff: boolean }
  | { readonly kind: 'recovered' }

/** Whose warnings go into one mail. */
export type Addressee = Pick<Warning, 'organizationId' | 'address'>
