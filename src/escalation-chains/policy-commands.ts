import type { Actor } from '../accounts/actor.ts'
import { audit, peopleByIds } from '../accounts/commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { type EscalationChainId, type EscalationPolicyId, newPublicId, type OrganizationId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { freeEnd, type Placement, rearranged } from '../lib/placement.ts'
import { invalid, invalidField, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { scheduleExists } from '../schedules/on-call-commands.ts'
import { findWebhook } from '../webhooks/commands.ts'
import { type EscalationPolicy, policiesMax, type PolicyDefinition } from './policy.ts'
import { parseNewPolicy, parsePolicyChange } from './policy-input.ts'
import * as store from './policy-store.ts'
import { lockChain } from './store.ts'

/** A step of a chain of the actor's organization. */
export async function findPolicy(sql: Sql, actor: Actor, id: EscalationPolicyId): Promise<EscalationPolicy> {
  const policy = await store.findPolicy(sql, actor.organizationId, id)
  if (policy === null) throw notFound()
  return policy
}

export const chainsOfSchedules = store.chainsOfSchedules

/** The steps of the actor's organization, or of one chain, by chain and in their order. */
export function listPolicies(
  sql: Sql,
  { organizationId }: Actor,
  chainId: EscalationChainId | undefined,
): Listing<EscalationPolicy> {
  return {
    count: () => store.countPolicies(sql, organizationId, chainId),
    items: (window) => store.listPolicies(sql, organizationId, { ...window, chainId }),
  }
}

/** Adds a step at the end of its chain, then moves it to where it shall be. */
export async function createPolicy(tx: Tx, actor: Actor, body: Body): Promise<EscalationPolicy> {
  const { organizationId } = actor
  const input = accepted(parseNewPolicy(body))
  const { chainId } = input
  if ((await lockChain(tx, organizationId, chainId)) === null) throw invalidField('escalation_chain_id', 'Object does not exist')
  const definition = await withKnownIds(tx.sql, organizationId, { definition: input.definition, before: null })
  const end = await makeEnd(tx, organizationId, chainId)
  const id = newPublicId('E', tx.random.bytes)
  await store.insertPolicy(tx, { organizationId, id, chainId, position: end, definition })
  if (input.placement !== null) await place(tx, { organizationId, chainId, id }, input.placement)
  await audit(tx, actor, {
    action: 'escalation policy created',
    subjectId: id,
    details: { escalation_chain_id: chainId, type: definition.type },
  })
  return findPolicy(tx.sql, actor, id)
}

/** Changes what is given; another type begins without what belonged to the one before. */
export async function updatePolicy(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: EscalationPolicyId; readonly body: Body },
): Promise<EscalationPolicy> {
  const { organizationId } = actor
  const before = await lockPolicy(tx, actor, id)
  const input = accepted(parsePolicyChange(body, before.definition))
  const definition = await withKnownIds(tx.sql, organizationId, { definition: input.definition, before: before.definition })
  await store.updatePolicy(tx, { organizationId, id, definition })
  if (input.placement !== null) await place(tx, before, input.placement)
  const details = { escalation_chain_id: before.chainId, type: definition.type }
  await audit(tx, actor, { action: 'escalation policy updated', subjectId: id, details })
  return findPolicy(tx.sql, actor, id)
}

/** Removes a step; the others keep their positions. */
export async function deletePolicy(tx: Tx, actor: Actor, id: EscalationPolicyId): Promise<void> {
  const { chainId } = await lockPolicy(tx, actor, id)
  await store.deletePolicy(tx, { organizationId: actor.organizationId, id })
  await audit(tx, actor, { action: 'escalation policy deleted', subjectId: id, details: { escalation_chain_id: chainId } })
}

/** The chain is what is locked, since moving one step moves others. Read again, because it may have changed until then. */
async function lockPolicy(tx: Tx, actor: Actor, id: EscalationPolicyId): Promise<EscalationPolicy> {
  const { chainId } = await findPolicy(tx.sql, actor, id)
  await lockChain(tx, actor.organizationId, chainId)
  return findPolicy(tx.sql, actor, id)
}

/** The position after all others, who close up where the database could not hold it. Rejects what the chain has no room for. */
async function makeEnd(tx: Tx, organizationId: OrganizationId, chainId: EscalationChainId): Promise<number> {
  const others = await store.placesOf(tx, organizationId, chainId)
  if (others.length >= policiesMax) throw invalid(`An escalation chain has at most ${policiesMax} steps`)
  const { position, moves } = freeEnd(others)
  await store.movePolicies(tx, organizationId, moves)
  return position
}

type Key = Pick<EscalationPolicy, 'organizationId' | 'chainId' | 'id'>

async function place(tx: Tx, { organizationId, chainId, id }: Key, placement: Placement): Promise<void> {
  const places = await store.placesOf(tx, organizationId, chainId)
  await store.movePolicies(tx, organizationId, rearranged(places, id, placement))
}

type Redefinition = { readonly definition: PolicyDefinition; readonly before: PolicyDefinition | null }

/**
 * People who are unknown or have left are dropped; an unknown schedule or webhook is rejected (contract grafana-oncall 4.14), but the webhook that
 * the step names already may be a deleted one.
 */
async function withKnownIds(
  sql: Sql,
  organizationId: OrganizationId,
  { definition, before }: Redefinition,
): Promise<PolicyDefinition> {
  switch (definition.type) {
    case 'notify_persons': {
      const people = await peopleByIds(sql, organizationId, definition.userIds)
      return { ...definition, userIds: definition.userIds.filter((id) => people.get(id)?.active === true) }
    }
    case 'notify_on_call_from_schedule': {
      const { scheduleId } = definition
      const exists = scheduleId === null || (await scheduleExists(sql, organizationId, scheduleId))
      if (!exists) throw invalidField('notify_on_call_from_schedule', 'Object does not exist')
      return definition
    }
    case 'trigger_webhook': {
      const { webhookId } = definition
      const isKept = webhookId === null || (before?.type === 'trigger_webhook' && before.webhookId === webhookId)
      if (!isKept && (await findWebhook(sql, organizationId, webhookId)) === null)
        throw invalidField('action_to_trigger', 'Object does not exist')
      return definition
    }
    case 'wait':
    case 'repeat_escalation':
    case 'resolve':
      return definition
  }
}
