import { sql } from 'kysely'
import { violatedIndex } from '../db/violation.ts'
import { asId, type EscalationChainId, type OrganizationId, type TeamId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { EscalationChain } from './chain.ts'

type Key = Pick<EscalationChain, 'organizationId' | 'id'>

/** False: another chain of the organization has the name, and the transaction is lost. */
export function insertChain(tx: Tx, chain: EscalationChain): Promise<boolean> {
  return unlessNameIsTaken(() =>
    tx.sql
      .insertInto('escalation_chains')
      .values({
        organization_id: chain.organizationId,
        id: chain.id,
        name: chain.name,
        team_id: chain.teamId,
        created_at: toDate(chain.createdAt),
      })
      .execute(),
  )
}

/** False: another chain of the organization has the name, and the transaction is lost. */
export function updateChain(tx: Tx, chain: EscalationChain): Promise<boolean> {
  return unlessNameIsTaken(() =>
    tx.sql
      .updateTable('escalation_chains')
      .set({ name: chain.name, team_id: chain.teamId })
      .where('organization_id', '=', chain.organizationId)
      .where('id', '=', chain.id)
      .execute(),
  )
}

async function unlessNameIsTaken(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (fault) {
    if (violatedIndex(fault) === 'escalation_chains_organization_id_name_key') return false
    throw fault
  }
}

/** Its policies go with it; routes that name it have no chain then. */
export async function deleteChain(tx: Tx, { organizationId, id }: Key): Promise<void> {
  await tx.sql.deleteFrom('escalation_chains').where('organization_id', '=', organizationId).where('id', '=', id).execute()
}

/** The chain, which nobody else changes, and whose policies nobody else moves, before the commit; or null. */
export async function lockChain(tx: Tx, organizationId: OrganizationId, id: EscalationChainId): Promise<EscalationChain | null> {
  const row = await chains(tx.sql, organizationId, {}).selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row === undefined ? null : chainOf(row)
}

/** Whether the chain exists, and then it does until the commit. */
export async function keepChain(tx: Tx, organizationId: OrganizationId, id: EscalationChainId): Promise<boolean> {
  const row = await chains(tx.sql, organizationId, {}).select('id').where('id', '=', id).forKeyShare().executeTakeFirst()
  return row !== undefined
}

export async function findChain(db: Sql, organizationId: OrganizationId, id: EscalationChainId): Promise<EscalationChain | null> {
  const row = await chains(db, organizationId, {}).selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : chainOf(row)
}

export type ChainFilter = { readonly name?: string | undefined; readonly teamId?: TeamId | null | undefined }

export async function countChains(db: Sql, organizationId: OrganizationId, filter: ChainFilter): Promise<number> {
  const row = await chains(db, organizationId, filter)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return row.count
}

/** Oldest first. */
export async function listChains(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: Window & { readonly filter: ChainFilter },
): Promise<readonly EscalationChain[]> {
  const rows = await chains(db, organizationId, filter)
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(chainOf)
}

function chains(db: Sql, organizationId: OrganizationId, filter: ChainFilter) {
  let query = db.selectFrom('escalation_chains').where('organization_id', '=', organizationId)
  if (filter.name !== undefined) query = query.where('name', '=', filter.name)
  if (filter.teamId !== undefined) query = query.where(sql<boolean>`team_id is not distinct from ${filter.teamId}`)
  return query
}

type ChainRow = {
  readonly organization_id: string
  readonly id: string
  readonly name: string
  readonly team_id: string | null
  readonly created_at: Date
}

function chainOf(row: ChainRow): EscalationChain {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<EscalationChainId>(row.id),
    name: row.name,
    teamId: row.team_id === null ? null : asId<TeamId>(row.team_id),
    createdAt: fromDate(row.created_at),
  }
}
