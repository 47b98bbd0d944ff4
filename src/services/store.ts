import { countRows, oldestFirst, withNameAndTeam } from '../db/listing.ts'
import { unlessTaken } from '../db/violation.ts'
import { asId, type OrganizationId, type ServiceId, type TeamId } from '../lib/ids.ts'
import type { NamedFilter, Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Service } from './service.ts'

const nameIndex = 'services_organization_id_name_key'

/** False: another service of the organization has the name, and the transaction is lost. */
export function insertService(tx: Tx, service: Service): Promise<boolean> {
  return unlessTaken(nameIndex, () =>
    tx.sql
      .insertInto('services')
      .values({
        organization_id: service.organizationId,
        id: service.id,
        name: service.name,
        team_id: service.teamId,
        created_at: toDate(service.createdAt),
      })
      .execute(),
  )
}

/** False: another service of the organization has the name, and the transaction is lost. */
export function updateService(tx: Tx, { organizationId, id, name, teamId }: Service): Promise<boolean> {
  return unlessTaken(nameIndex, () =>
    tx.sql
      .updateTable('services')
      .set({ name, team_id: teamId })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute(),
  )
}

/** What names it names none then. */
export async function deleteService(tx: Tx, { organizationId, id }: Pick<Service, 'organizationId' | 'id'>): Promise<void> {
  await tx.sql.deleteFrom('services').where('organization_id', '=', organizationId).where('id', '=', id).execute()
}

/** The service, which nobody else changes before the commit; or null. */
export async function lockService(tx: Tx, organizationId: OrganizationId, id: ServiceId): Promise<Service | null> {
  const row = await services(tx.sql, organizationId, {}).selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row === undefined ? null : serviceOf(row)
}

/** Whether the service exists, and then it does until the commit. */
export async function keepService(tx: Tx, organizationId: OrganizationId, id: ServiceId): Promise<boolean> {
  const row = await services(tx.sql, organizationId, {}).select('id').where('id', '=', id).forKeyShare().executeTakeFirst()
  return row !== undefined
}

export async function findService(db: Sql, organizationId: OrganizationId, id: ServiceId): Promise<Service | null> {
  const row = await services(db, organizationId, {}).selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : serviceOf(row)
}

export function countServices(db: Sql, organizationId: OrganizationId, filter: NamedFilter): Promise<number> {
  return countRows(services(db, organizationId, filter))
}

/** Oldest first. */
export async function listServices(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: NamedFilter },
): Promise<readonly Service[]> {
  const rows = await oldestFirst(services(db, organizationId, filter).selectAll(), 'services', window).execute()
  return rows.map(serviceOf)
}

const services = (db: Sql, organizationId: OrganizationId, filter: NamedFilter) =>
  withNameAndTeam(db.selectFrom('services').where('organization_id', '=', organizationId), 'services', filter)

type ServiceRow = {
  readonly organization_id: string
  readonly id: string
  readonly name: string
  readonly team_id: string | null
  readonly created_at: Date
}

function serviceOf(row: ServiceRow): Service {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<ServiceId>(row.id),
    name: row.name,
    teamId: row.team_id === null ? null : asId<TeamId>(row.team_id),
    createdAt: fromDate(row.created_at),
  }
}
