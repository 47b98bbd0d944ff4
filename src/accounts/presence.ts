import type { OrganizationId, UserId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'

/** From an instant on a person may be on call, or may not. */
export type PresenceChange = { readonly userId: UserId; readonly at: Instant; readonly isPresent: boolean }

/** A change of presence, names or reminders that the schedules have not heard of yet. */
export type PendingPresence = { readonly organizationId: OrganizationId; readonly id: string; readonly userId: UserId }
