import type { OrganizationId, ServiceId, TeamId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'

/** A named thing that people run; integrations belong to it. */
export type Service = {
  readonly organizationId: OrganizationId
  readonly id: ServiceId
  readonly name: string
  /** The team that owns it. */
  readonly teamId: TeamId | null
  readonly createdAt: Instant
}
