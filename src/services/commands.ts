import type { Actor } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import { requireTeam } from '../accounts/team-commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { newPublicId, type ServiceId } from '../lib/ids.ts'
import type { Listing, NamedFilter } from '../lib/listing.ts'
import { invalidField, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Service } from './service.ts'
import { parseNewService, parseServiceChange } from './service-input.ts'
import * as store from './store.ts'

/** Whether an id names a service of the organization; if so, the service stays until the commit. */
export const keepService = store.keepService

/** A service of the actor's organization. */
export async function findService(sql: Sql, actor: Actor, id: ServiceId): Promise<Service> {
  return there(await store.findService(sql, actor.organizationId, id))
}

/** The services of the actor's organization, oldest first. */
export function listServices(sql: Sql, { organizationId }: Actor, filter: NamedFilter): Listing<Service> {
  return {
    count: () => store.countServices(sql, organizationId, filter),
    items: (window) => store.listServices(sql, organizationId, { ...window, filter }),
  }
}

/** Adds a service. Rejects a name that another service of the organization has. */
export async function createService(tx: Tx, actor: Actor, body: Body): Promise<Service> {
  const { organizationId } = actor
  const { name, teamId = null } = accepted(parseNewService(body))
  const service: Service = {
    organizationId,
    id: newPublicId('SV', tx.random.bytes),
    name,
    teamId: await requireTeam(tx, organizationId, teamId),
    createdAt: tx.now,
  }
  if (!(await store.insertService(tx, service))) throw nameTaken()
  await audit(tx, actor, { action: 'service created', subjectId: service.id, details: { name, team_id: service.teamId } })
  return service
}

/** Changes what is given. Rejects a name that another service of the organization has. */
export async function updateService(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: ServiceId; readonly body: Body },
): Promise<Service> {
  const { organizationId } = actor
  const before = there(await store.lockService(tx, organizationId, id))
  const { name = before.name, teamId } = accepted(parseServiceChange(body))
  const service: Service = {
    ...before,
    name,
    teamId: teamId === undefined ? before.teamId : await requireTeam(tx, organizationId, teamId),
  }
  if (!(await store.updateService(tx, service))) throw nameTaken()
  await audit(tx, actor, { action: 'service updated', subjectId: id, details: { name, team_id: service.teamId } })
  return service
}

/** Removes a service; the integrations that belonged to it stay, and belong to none. */
export async function deleteService(tx: Tx, actor: Actor, id: ServiceId): Promise<void> {
  const service = there(await store.lockService(tx, actor.organizationId, id))
  await store.deleteService(tx, service)
  await audit(tx, actor, { action: 'service deleted', subjectId: id, details: { name: service.name } })
}

const nameTaken = () => invalidField('name', 'Another service of the organization has this name.')

function there(service: Service | null): Service {
  if (service === null) throw notFound()
  return service
}
