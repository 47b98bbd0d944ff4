import type { Brand } from '../lib/brand.ts'
import type { OrganizationId, UserId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { Progress } from './plan.ts'
import type { Subject } from './subject.ts'

export type NotificationRunId = Brand<string, 'NotificationRunId'>

export type NotificationRunKey = { readonly organizationId: OrganizationId; readonly id: NotificationRunId }

/** The paging of one person about one subject. It keeps the steps as they were when it began. */
export type NotificationRun = NotificationRunKey &
  Progress & {
    readonly userId: UserId
    readonly subject: Subject
    readonly important: boolean
    readonly startedAt: Instant
  }
