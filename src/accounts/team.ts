import type { EscalationChainId, OrganizationId, TeamId, UserId } from '../lib/ids.ts'

/** A group of users that owns things. */
export type Team = TeamFields & { readonly organizationId: OrganizationId; readonly id: TeamId }

/** What can be said about a team. */
export type TeamFields = {
  /** No other team of the organization has it. */
  readonly name: string
  readonly email: string | null
  readonly escalationChainId: EscalationChainId | null
  /** The members, by their ids; all of them are active. */
  readonly userIds: readonly UserId[]
}
