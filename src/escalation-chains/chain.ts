import type { EscalationChainId, OrganizationId, TeamId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'

/** A name for ordered steps that page people until somebody acknowledges. */
export type EscalationChain = {
  readonly organizationId: OrganizationId
  readonly id: EscalationChainId
  readonly name: string
  readonly teamId: TeamId | null
  readonly createdAt: Instant
}
