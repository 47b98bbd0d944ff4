import { sql } from 'kysely'
import { countRows, oldestFirst } from '../db/listing.ts'
import { unlessTaken, violatedIndex, violatedKey } from '../db/violation.ts'
import { asId, type EscalationChainId, type OrganizationId, type TeamId, type UserId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Team } from './team.ts'

type Key = Pick<Team, 'organizationId' | 'id'>

/** What keeps a team from being written; the transaction is lost then. */
export type TeamFault = 'name taken' | 'no such chain'

/** Its members are written on their own. */
export function insertTeam(tx: Tx, team: Team): Promise<TeamFault | null> {
  return noticingFaults(() =>
    tx.sql
      .insertInto('teams')
      .values({ organization_id: team.organizationId, id: team.id, ...columnsOf(team), created_at: toDate(tx.now) })
      .execute(),
  )
}

/** Its members are written on their own. */
export function updateTeam(tx: Tx, team: Team): Promise<TeamFault | null> {
  return noticingFaults(() =>
    tx.sql
      .updateTable('teams')
      .set(columnsOf(team))
      .where('organization_id', '=', team.organizationId)
      .where('id', '=', team.id)
      .execute(),
  )
}

const columnsOf = ({ name, email, escalationChainId }: Team) => ({ name, email, escalation_chain_id: escalationChainId })

async function noticingFaults(write: () => Promise<unknown>): Promise<TeamFault | null> {
  try {
    await write()
    return null
  } catch (fault) {
    if (violatedIndex(fault) === 'teams_organization_id_name_key') return 'name taken'
    if (violatedKey(fault) === 'teams_organization_id_escalation_chain_id_fkey') return 'no such chain'
    throw fault
  }
}

/**
 * The members go with the team, and what belongs to it belongs to none. False, and the transaction is lost, when an integration
 * would then share its name with another one that has no team.
 */
export function deleteTeam(tx: Tx, { organizationId, id }: Key): Promise<boolean> {
  return unlessTaken('integrations_name', () =>
    tx.sql.deleteFrom('teams').where('organization_id', '=', organizationId).where('id', '=', id).execute(),
  )
}

/** Everybody who is not among the users leaves the team. */
export async function deleteOtherMembers(tx: Tx, { organizationId, id }: Key, userIds: readonly UserId[]): Promise<void> {
  await tx.sql
    .deleteFrom('team_members')
    .where('organization_id', '=', organizationId)
    .where('team_id', '=', id)
    .where(sql<boolean>`user_id <> all(${[...userIds]}::text[])`)
    .execute()
}

/** Who is a member already stays one. */
export async function insertMembers(tx: Tx, { organizationId, id }: Key, userIds: readonly UserId[]): Promise<void> {
  await sql`
    insert into team_members (organization_id, team_id, user_id)
    select ${organizationId}, ${id}, unnest(${[...userIds]}::text[])
    on conflict do nothing`.execute(tx.sql)
}

/** The user leaves all teams. */
export async function deleteMembershipsOf(
  tx: Tx,
  { organizationId, id }: { readonly organizationId: OrganizationId; readonly id: UserId },
): Promise<void> {
  await tx.sql.deleteFrom('team_members').where('organization_id', '=', organizationId).where('user_id', '=', id).execute()
}

/** The team, which nobody else changes before the commit; or null. */
export async function lockTeam(tx: Tx, organizationId: OrganizationId, id: TeamId): Promise<Team | null> {
  const row = await tx.sql
    .selectFrom('teams')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? null : findTeam(tx.sql, organizationId, id)
}

/** Whether the team exists, and then it does until the commit. */
export async function keepTeam(tx: Tx, organizationId: OrganizationId, id: string): Promise<boolean> {
  const row = await tx.sql
    .selectFrom('teams')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst()
  return row !== undefined
}

export async function findTeam(db: Sql, organizationId: OrganizationId, id: TeamId): Promise<Team | null> {
  const row = await teams(db, organizationId, {}).select(columns).where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : teamOf(row)
}

/** The names of the teams with these ids; unknown ids are missing. */
export async function teamNames(
  db: Sql,
  organizationId: OrganizationId,
  ids: readonly TeamId[],
): Promise<ReadonlyMap<TeamId, string>> {
  const rows = await db
    .selectFrom('teams')
    .select(['id', 'name'])
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute()
  return new Map(rows.map((row) => [asId<TeamId>(row.id), row.name]))
}

export type TeamFilter = { readonly name?: string | undefined }

export function countTeams(db: Sql, organizationId: OrganizationId, filter: TeamFilter): Promise<number> {
  return countRows(teams(db, organizationId, filter))
}

/** Oldest first. */
export async function listTeams(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: TeamFilter },
): Promise<readonly Team[]> {
  const rows = await oldestFirst(teams(db, organizationId, filter).select(columns), 'teams', window).execute()
  return rows.map(teamOf)
}

/** Which of the users are members of which teams, by team. */
export async function membershipsOf(
  db: Sql,
  organizationId: OrganizationId,
  userIds: readonly UserId[],
): Promise<readonly { readonly userId: UserId; readonly teamId: TeamId }[]> {
  const rows = await db
    .selectFrom('team_members')
    .select(['user_id', 'team_id'])
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`user_id = any(${[...userIds]}::text[])`)
    .orderBy('team_id')
    .execute()
  return rows.map((row) => ({ userId: asId<UserId>(row.user_id), teamId: asId<TeamId>(row.team_id) }))
}

function teams(db: Sql, organizationId: OrganizationId, { name }: TeamFilter) {
  const query = db.selectFrom('teams').where('organization_id', '=', organizationId)
  return name === undefined ? query : query.where('name', '=', name)
}

const columns = [
  'organization_id',
  'id',
  'name',
  'email',
  'escalation_chain_id',
  sql<string[]>`array(
    select member.user_id from team_members member
    where member.organization_id = teams.organization_id and member.team_id = teams.id order by member.user_id)`.as('user_ids'),
] as const

type TeamRow = {
  readonly organization_id: string
  readonly id: string
  readonly name: string
  readonly email: string | null
  readonly escalation_chain_id: string | null
  readonly user_ids: readonly string[]
}

function teamOf(row: TeamRow): Team {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<TeamId>(row.id),
    name: row.name,
    email: row.email,
    escalationChainId: row.escalation_chain_id === null ? null : asId<EscalationChainId>(row.escalation_chain_id),
    userIds: row.user_ids.map((id) => asId<UserId>(id)),
  }
}
