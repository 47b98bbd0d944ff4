import { peopleByIds } from '../accounts/commands.ts'
import { teamOf } from '../accounts/team-commands.ts'
import { mayBeNotified } from '../accounts/user.ts'
import type { Target } from '../escalations/commands.ts'
import { sourceOf } from '../integrations/commands.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { routeOfGroup } from '../integrations/routing-commands.ts'
import { known } from '../lib/check.ts'
import type { EscalationChainId } from '../lib/ids.ts'
import type { Tx } from '../ports.ts'
import type { AlertGroup } from './alert-group.ts'

/** Where an alert group comes from, even when that was deleted since, and the chain of its route now, or else of its team. */
export type Origin = { readonly source: AlertSource; readonly chainId: EscalationChainId | null }

export async function originOf(tx: Tx, { organizationId, integrationId, routeId }: AlertGroup): Promise<Origin> {
  const source = known(await sourceOf(tx.sql, organizationId, integrationId), 'every alert group has a source')
  const route = await routeOfGroup(tx.sql, source, routeId)
  return { source, chainId: route.escalationChainId ?? source.teamChainId }
}

/**
 * Who is paged about a group: whom it was reassigned to, else the chain where it comes from. That chain is back too when a
 * team or chain was deleted since, or a person may not be paged any more: a page never goes to nobody for that.
 */
export async function targetOf(tx: Tx, group: AlertGroup, chainId: EscalationChainId | null): Promise<Target> {
  const { organizationId, assignee } = group
  switch (assignee?.type) {
    case undefined:
      return { chainId }
    case 'escalation_chain':
      return { chainId: assignee.id }
    case 'user': {
      const user = (await peopleByIds(tx.sql, organizationId, [assignee.id])).get(assignee.id)
      return user !== undefined && mayBeNotified(user) ? { userIds: [assignee.id] } : { chainId }
    }
    case 'team': {
      const team = await teamOf(tx.sql, organizationId, assignee.id)
      if (team === null) return { chainId }
      return team.escalationChainId === null ? { userIds: team.userIds } : { chainId: team.escalationChainId }
    }
  }
}
