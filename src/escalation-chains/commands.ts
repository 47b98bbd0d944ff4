import type { Actor } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import { requireTeam } from '../accounts/team-commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { type EscalationChainId, newPublicId, type OrganizationId } from '../lib/ids.ts'
import type { Listing, NamedFilter } from '../lib/listing.ts'
import { invalidField, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import type { EscalationChain } from './chain.ts'
import { type ChainChange, parseChain, parseChainChange } from './chain-input.ts'
import { stepOf } from './policy.ts'
import { policiesOfChains } from './policy-store.ts'
import type { Step } from './step.ts'
import * as store from './store.ts'

/** The steps of chains in their order, as a run keeps them; a chain without steps, or that does not exist, has an empty list. */
export async function stepsOf(
  sql: Sql,
  organizationId: OrganizationId,
  chainIds: readonly EscalationChainId[],
): Promise<ReadonlyMap<EscalationChainId, readonly Step[]>> {
  const steps = new Map<EscalationChainId, Step[]>(chainIds.map((id) => [id, []]))
  for (const policy of await policiesOfChains(sql, organizationId, chainIds)) steps.get(policy.chainId)?.push(stepOf(policy))
  return steps
}

/** The names of chains; unknown ids are missing. */
export const chainNames = store.chainNames

/** Whether an id names a chain of the organization; if so, the chain stays until the commit. */
export const keepChain = store.keepChain

/** A chain of the actor's organization. */
export async function findChain(sql: Sql, actor: Actor, id: EscalationChainId): Promise<EscalationChain> {
  return there(await store.findChain(sql, actor.organizationId, id))
}

/** The chains of the actor's organization, oldest first. */
export function listChains(sql: Sql, { organizationId }: Actor, filter: NamedFilter): Listing<EscalationChain> {
  return {
    count: () => store.countChains(sql, organizationId, filter),
    items: (window) => store.listChains(sql, organizationId, { ...window, filter }),
  }
}

/** Adds a chain without steps. Rejects a name that another chain of the organization has. */
export async function createChain(tx: Tx, actor: Actor, body: Body): Promise<EscalationChain> {
  const { organizationId } = actor
  const { name, teamId = null } = accepted(parseChain(body))
  const chain: EscalationChain = {
    organizationId,
    id: newPublicId('F', tx.random.bytes),
    name,
    teamId: await requireTeam(tx, organizationId, teamId),
    createdAt: tx.now,
  }
  if (!(await store.insertChain(tx, chain))) throw nameTaken()
  await audit(tx, actor, { action: 'escalation chain created', subjectId: chain.id, details: { name } })
  return chain
}

/** The whole of a chain anew: the name must be given. */
export function replaceChain(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: EscalationChainId; readonly body: Body },
): Promise<EscalationChain> {
  return changeChain(tx, actor, { id, parse: () => accepted(parseChain(body)) })
}

/** Changes what is given. */
export function updateChain(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: EscalationChainId; readonly body: Body },
): Promise<EscalationChain> {
  return changeChain(tx, actor, { id, parse: () => accepted(parseChainChange(body)) })
}

type Change = { readonly id: EscalationChainId; readonly parse: () => ChainChange }

async function changeChain(tx: Tx, actor: Actor, { id, parse }: Change): Promise<EscalationChain> {
  const { organizationId } = actor
  const before = there(await store.lockChain(tx, organizationId, id))
  const { name, teamId } = parse()
  const chain: EscalationChain = {
    ...before,
    name: name ?? before.name,
    teamId: teamId === undefined ? before.teamId : await requireTeam(tx, organizationId, teamId),
  }
  if (!(await store.updateChain(tx, chain))) throw nameTaken()
  await audit(tx, actor, {
    action: 'escalation chain updated',
    subjectId: id,
    details: { name: chain.name, team_id: chain.teamId },
  })
  return chain
}

/** Removes a chain and its steps. Routes that named it have none then; runs that began go on with the steps they keep. */
export async function deleteChain(tx: Tx, actor: Actor, id: EscalationChainId): Promise<void> {
  const chain = there(await store.lockChain(tx, actor.organizationId, id))
  await store.deleteChain(tx, chain)
  await audit(tx, actor, { action: 'escalation chain deleted', subjectId: id, details: { name: chain.name } })
}

const nameTaken = () => invalidField('non_field_errors', 'The fields name, organization must make a unique set.')

function there<Thing>(thing: Thing | null): Thing {
  if (thing === null) throw notFound()
  return thing
}
