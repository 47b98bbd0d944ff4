import { createHash, timingSafeEqual } from 'node:crypto'
import type { Actor } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import type { Vault } from '../accounts/secret.ts'
import { requireTeam } from '../accounts/team-commands.ts'
import { keepChain } from '../escalation-chains/commands.ts'
import { Again } from '../lib/again.ts'
import { accepted, type Body } from '../lib/fields.ts'
import {
  asId,
  type EscalationChainId,
  type IntegrationId,
  newPublicId,
  type OrganizationId,
  type ServiceId,
  type TeamId,
} from '../lib/ids.ts'
import type { Listing, NamedFilter } from '../lib/listing.ts'
import { invalid, invalidField, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { keepService } from '../services/commands.ts'
import { autoNames } from './auto-name.ts'
import { type AlertSource, defaultUrgency, type Integration, type IntegrationType } from './integration.ts'
import { newKey } from './link.ts'
import { parseIntegrationChange, parseNewIntegration } from './integration-input.ts'
import type { RouteTarget } from './route-input.ts'
import { insertRoute, type RouteKey, updateTarget } from './route-store.ts'
import type { SealedIntegration } from './row-store.ts'
import { findByTokenDigest, findSourceEvenDeleted, findSources } from './source-store.ts'
import * as store from './store.ts'

// For other slices -------------------------------------------------------------------------------------------------------

/** The source that an inbound URL's token belongs to; null for an unknown token and a deleted integration. */
export function sourceByToken(sql: Sql, token: string): Promise<AlertSource | null> {
  return findByTokenDigest(sql, digestOf(token))
}

/** The sources as they are now, for a transaction that is about to rely on them; deleted ones are missing. */
export function freshSources(
  tx: Tx,
  keys: readonly { readonly organizationId: OrganizationId; readonly id: IntegrationId }[],
): Promise<readonly AlertSource[]> {
  return findSources(tx, keys)
}

/** The source of an alert group, even one that was deleted since; null when there never was one. */
export function sourceOf(sql: Sql, organizationId: OrganizationId, id: IntegrationId): Promise<AlertSource | null> {
  return findSourceEvenDeleted(sql, organizationId, id)
}

/** Whether a request may come in with what its header shows, which is null when it has none. */
export function headerTokenFits(vault: Vault, source: AlertSource, shown: string | null): boolean {
  if (source.headerTokenSealed === null) return true
  const wanted = vault.open(source.headerTokenSealed, headerContextOf(source.id))
  return shown !== null && timingSafeEqual(digestOf(shown), digestOf(wanted))
}

/** The ids among these that name an integration of the organization. */
export function integrationsThatExist(
  sql: Sql,
  organizationId: OrganizationId,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  return store.integrationsThatExist(sql, organizationId, ids)
}

// Integrations -----------------------------------------------------------------------------------------------------------

/** An integration of the actor's organization. The vault opens its token. */
export async function findIntegration(
  sql: Sql,
  actor: Actor,
  { id, vault }: { readonly id: IntegrationId; readonly vault: Vault },
): Promise<Integration> {
  const found = await store.findIntegration(sql, actor.organizationId, id)
  if (found === null) throw notFound()
  return opened(vault, found)
}

/** The integrations of the actor's organization, oldest first. */
export function listIntegrations(
  sql: Sql,
  { organizationId }: Actor,
  { filter, vault }: { readonly filter: NamedFilter; readonly vault: Vault },
): Listing<Integration> {
  return {
    count: () => store.countIntegrations(sql, organizationId, filter),
    items: async (window) => {
      const found = await store.listIntegrations(sql, organizationId, { ...window, filter })
      return found.map((integration) => opened(vault, integration))
    },
  }
}

/** Adds an integration with its default route. Without a name it gets one; a name that the team has already is rejected. */
export async function createIntegration(
  tx: Tx,
  actor: Actor,
  { body, vault }: { readonly body: Body; readonly vault: Vault },
): Promise<Integration> {
  const { organizationId } = actor
  const input = accepted(parseNewIntegration(body))
  const { type, description = null, urgency = defaultUrgency, enabled = true, headerToken = null } = input
  const escalationChainId = await requireChain(tx, organizationId, input.defaultRoute?.escalationChainId ?? null)
  const teamId = await requireTeam(tx, organizationId, input.teamId ?? null)
  const serviceId = await requireService(tx, organizationId, input.serviceId ?? null)
  const id = newPublicId('C', tx.random.bytes)
  const name = input.name ?? (await freeName(tx, organizationId, { type, teamId, id }))
  const token = newKey(type, tx.random.bytes)
  const tokens = {
    tokenDigest: digestOf(token),
    tokenSealed: vault.seal(token, contextOf(id)),
    headerTokenSealed: sealedHeaderToken(vault, { id, type }, headerToken),
  }
  const isNew = await store.insertIntegration(tx, {
    organizationId,
    id,
    type,
    name,
    description,
    teamId,
    serviceId,
    urgency,
    enabled,
    createdAt: tx.now,
    ...tokens,
  })
  if (!isNew) throw input.name === undefined ? new Again() : nameTaken()
  await insertRoute(tx, {
    organizationId,
    id: newPublicId('R', tx.random.bytes),
    integrationId: id,
    position: 0,
    routingType: 'regex',
    routingRegex: null,
    programSize: 0,
    isDefault: true,
    escalationChainId,
    messengers: input.defaultRoute?.messengers ?? {},
    createdAt: tx.now,
  })
  await audit(tx, actor, { action: 'integration created', subjectId: id, details: { type, name } })
  return findIntegration(tx.sql, actor, { id, vault })
}

type Update = { readonly id: IntegrationId; readonly body: Body; readonly vault: Vault }

/** Changes what is given. Rejects a name that another integration of the team has. */
export async function updateIntegration(tx: Tx, actor: Actor, { id, body, vault }: Update): Promise<Integration> {
  const { organizationId } = actor
  if (!(await store.lockIntegration(tx, organizationId, id))) throw notFound()
  const before = await store.findIntegration(tx.sql, organizationId, id)
  if (before === null) throw notFound()
  const { name, description, teamId, serviceId, defaultRoute, ...more } = accepted(parseIntegrationChange(body))
  const isFree = await store.updateIntegration(tx, {
    ...before,
    name: name ?? before.name,
    description: description === undefined ? before.description : description,
    teamId: teamId === undefined ? before.teamId : await requireTeam(tx, organizationId, teamId),
    serviceId: serviceId === undefined ? before.serviceId : await requireService(tx, organizationId, serviceId),
    urgency: more.urgency ?? before.urgency,
    enabled: more.enabled ?? before.enabled,
    headerTokenSealed:
      more.headerToken === undefined ? before.headerTokenSealed : sealedHeaderToken(vault, before, more.headerToken),
  })
  if (!isFree) throw nameTaken()
  if (defaultRoute !== undefined) await changeTarget(tx, { organizationId, id: before.defaultRoute.id }, defaultRoute)
  const after = await findIntegration(tx.sql, actor, { id, vault })
  const { enabled } = after
  const details = { name: after.name, enabled, team_id: after.teamId, escalation_chain_id: after.defaultRoute.escalationChainId }
  await audit(tx, actor, { action: 'integration updated', subjectId: id, details })
  return after
}

/** Takes an integration out of use: its URL opens nothing any more, its alert groups stay. */
export async function deleteIntegration(tx: Tx, actor: Actor, id: IntegrationId): Promise<void> {
  const { organizationId } = actor
  if (!(await store.lockIntegration(tx, organizationId, id))) throw notFound()
  await store.markIntegrationDeleted(tx, organizationId, id)
  await audit(tx, actor, { action: 'integration deleted', subjectId: id })
}

/** Changes what is given of a route's target. Rejects a chain that the organization does not have. */
export async function changeTarget(tx: Tx, route: RouteKey, { escalationChainId: id, messengers }: RouteTarget): Promise<void> {
  const escalationChainId = id === undefined ? undefined : await requireChain(tx, route.organizationId, id)
  await updateTarget(tx, route, { escalationChainId, messengers })
}

/** The chain that a route shall lead to, which then stays until the commit. Rejects one that the organization does not have. */
export async function requireChain(tx: Tx, organizationId: OrganizationId, id: string | null): Promise<EscalationChainId | null> {
  if (id === null) return null
  const chainId = asId<EscalationChainId>(id)
  if (!(await keepChain(tx, organizationId, chainId))) throw invalidField('escalation_chain_id', 'Object does not exist')
  return chainId
}

/** The service that an integration shall belong to, which then stays until the commit. Rejects one that the organization does not have. */
async function requireService(tx: Tx, organizationId: OrganizationId, id: string | null): Promise<ServiceId | null> {
  if (id === null) return null
  const serviceId = asId<ServiceId>(id)
  if (!(await keepService(tx, organizationId, serviceId))) throw invalidField('service', 'Object does not exist')
  return serviceId
}

/** A name of our own making; the id stands in where all of them are taken. */
async function freeName(
  tx: Tx,
  organizationId: OrganizationId,
  { type, teamId, id }: { readonly type: IntegrationType; readonly teamId: TeamId | null; readonly id: IntegrationId },
): Promise<string> {
  const names = [...autoNames(type, tx.random.bytes), id]
  const taken = await store.takenNames(tx, organizationId, { names, teamId })
  return names.find((name) => !taken.has(name)) ?? id
}

const nameTaken = () => invalid('An integration with this name already exists for this team')

type Owner = Pick<Integration, 'id' | 'type'>

/** The empty text is none. Rejects a token for a type whose senders show none. */
function sealedHeaderToken(vault: Vault, { id, type }: Owner, headerToken: string | null): Buffer | null {
  if (headerToken === null || headerToken === '') return null
  if (type !== 'pagertree') throw invalidField('header_token', 'Only integrations of the type pagertree have one.')
  return vault.seal(headerToken, headerContextOf(id))
}

function opened(vault: Vault, { tokenSealed, headerTokenSealed, ...integration }: SealedIntegration): Integration {
  const { id } = integration
  return {
    ...integration,
    token: vault.open(tokenSealed, contextOf(id)),
    headerToken: headerTokenSealed === null ? null : vault.open(headerTokenSealed, headerContextOf(id)),
  }
}

const contextOf = (id: IntegrationId) => `integration ${id} token`
const headerContextOf = (id: IntegrationId) => `integration ${id} header token`

/** Tokens carry enough randomness that a plain digest cannot be turned back. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
