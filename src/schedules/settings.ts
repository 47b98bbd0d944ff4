import type { EscalationChainId, OrganizationId, ScheduleId } from '../lib/ids.ts'
import type { Ms } from '../lib/time.ts'
import type { NotificationSettings } from '../notifications/settings.ts'
import type { Sql } from '../ports.ts'

/** What the schedules are given, because they may not ask the stages before them. */
export type ScheduleSettings = {
  /** Is told how long after its instant each shift change was announced. */
  readonly observeDelay: (delay: Ms) => void
  /** How people are written to. */
  readonly notifications: NotificationSettings
  /** The escalation chains with a step that pages who is on call, by schedule. */
  readonly chainsOfSchedules: (
    db: Sql,
    organizationId: OrganizationId,
    scheduleIds: readonly ScheduleId[],
  ) => Promise<ReadonlyMap<ScheduleId, readonly { readonly id: EscalationChainId; readonly name: string }[]>>
}
