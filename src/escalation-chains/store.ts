import { sql } from 'kysely'
import { countRows, oldestFirst, withNameAndTeam } from '../db/listing.ts'
import { unlessTaken } from '../db/violation.ts'
import { asId, type EscalationChainId, type OrganizationId, type TeamId } from '../lib/ids.ts'
import type { NamedFilter, Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { EscalationChain } from './chain.ts'

type Key = Pick<EscalationChain, 'organizationId' | 'id'>

/** False: another chain of the organization has the name, and the transaction is lost. */
export function insertChain(tx: Tx, chain: EscalationChain): Promise<boolean> {
  return unlessTaken('escalation_chains_organization_id_name_key', () =>
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
  return unlessTaken('escalation_chains_organization_id_name_key', () =>
    tx.sql
      .updateTable('escalation_chains')
      .set({ name: chain.name, team_id: chain.teamId })
      .where('organization_id', '=', chain.organizationId)
      .where('id', '=', chain.id)
      .execute(),
  )
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

/** The names of the chains with these ids; unknown ids are missing. */
export async function chainNames(
  db: Sql,
  organizationId: OrganizationId,
  ids: readonly EscalationChainId[],
): Promise<ReadonlyMap<EscalationChainId, string>> {
  const rows = await chains(db, organizationId, {})
    .select(['id', 'name'])
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute()
  return new Map(rows.map((row) => [asId<EscalationChainId>(row.id), row.name]))
}

export function countChains(db: Sql, organizationId: OrganizationId, filter: NamedFilter): Promise<number> {
  return countRows(chains(db, organizationId, filter))
}

/** Oldest first. */
export async function listChains(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: NamedFilter },
): Promise<readonly EscalationChain[]> {
  const rows = await oldestFirst(chains(db, organizationId, filter).selectAll(), 'escalation_chains', window).execute()
  return rows.map(chainOf)
}

function chains(db: Sql, organizationId: OrganizationId, filter: NamedFilter) {
  const query = db.selectFrom('escalation_chains').where('organization_id', '=', organizationId)
  return withNameAndTeam(query, 'escalation_chains', filter)
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
