import { accepted, type Body } from '../lib/fields.ts'
import { asId, newPublicId, type OrganizationId, type TeamId, type UserId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Listing } from '../lib/listing.ts'
import { invalid, invalidField, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Actor } from './actor.ts'
import { audit, listUsers } from './commands.ts'
import type { Team } from './team.ts'
import { parseNewTeam, parseTeamChange } from './team-input.ts'
import * as store from './team-store.ts'
import type { User, UserFilter } from './user.ts'
import { keepActiveUsers } from './user-store.ts'

// For other slices -------------------------------------------------------------------------------------------------------

/** Whether an id names a team of the organization; if so, the team stays until the commit. */
export const keepTeam = store.keepTeam

/** The team, with its members and its chain; null when there is none. */
export const teamOf = store.findTeam

export const teamNames = store.teamNames

/** The team that a body's `team_id` names, null for none; it stays until the commit. Rejects one that the organization does not have. */
export async function requireTeam(tx: Tx, organizationId: OrganizationId, id: string | null): Promise<TeamId | null> {
  if (id === null) return null
  if (!(await keepTeam(tx, organizationId, id))) throw invalidField('team_id', 'Object does not exist')
  return asId<TeamId>(id)
}

const notATeam = 'Select a valid choice. That choice is not one of the available choices.'

/** The team that a list is filtered by: `null` for what has none, undefined for no filter. Rejects an unknown team (contract grafana-oncall 4.6). */
export async function teamFilter(
  sql: Sql,
  organizationId: OrganizationId,
  text: string | undefined,
): Promise<TeamId | null | undefined> {
  if (text === undefined || text === '') return undefined
  if (text === 'null') return null
  const id = asId<TeamId>(storable(text))
  if ((await store.findTeam(sql, organizationId, id)) === null) throw invalidField('team_id', notATeam)
  return id
}

// Members ----------------------------------------------------------------------------------------------------------------

/** A user and the teams that have the user as a member. */
export type TeamedUser = { readonly user: User; readonly teamIds: readonly TeamId[] }

/** A user of an organization with the teams. */
export async function withTeams(sql: Sql, user: User): Promise<TeamedUser> {
  const memberships = await store.membershipsOf(sql, user.organizationId, [user.id])
  return { user, teamIds: memberships.map(({ teamId }) => teamId) }
}

/** Like `listUsers`, with the teams. */
export function listTeamedUsers(sql: Sql, actor: Actor, filter: UserFilter): Listing<TeamedUser> {
  const { count, items } = listUsers(sql, actor, filter)
  return {
    count,
    items: async (window) => {
      const users = await items(window)
      const userIds = users.map(({ id }) => id)
      const memberships = await store.membershipsOf(sql, actor.organizationId, userIds)
      const teamsByUser = Map.groupBy(memberships, ({ userId }) => userId)
      return users.map((user) => ({ user, teamIds: (teamsByUser.get(user.id) ?? []).map(({ teamId }) => teamId) }))
    },
  }
}

// People manage them -----------------------------------------------------------------------------------------------------

/** A team of the actor's organization. */
export async function findTeam(sql: Sql, { organizationId }: Actor, id: TeamId): Promise<Team> {
  return there(await store.findTeam(sql, organizationId, id))
}

/** The teams of the actor's organization, oldest first. */
export function listTeams(sql: Sql, { organizationId }: Actor, filter: store.TeamFilter): Listing<Team> {
  return {
    count: () => store.countTeams(sql, organizationId, filter),
    items: (window) => store.listTeams(sql, organizationId, { ...window, filter }),
  }
}

/** Adds a team. Rejects a name that another team has, and a chain or users that the organization does not have. */
export async function createTeam(tx: Tx, actor: Actor, body: Body): Promise<Team> {
  const { organizationId } = actor
  const { name, email = null, escalationChainId = null, userIds = [] } = accepted(parseNewTeam(body))
  await requireUsers(tx, organizationId, userIds)
  const team: Team = { organizationId, id: newPublicId('T', tx.random.bytes), name, email, escalationChainId, userIds }
  refuse(await store.insertTeam(tx, team))
  await store.insertMembers(tx, team, userIds)
  await audit(tx, actor, { action: 'team created', subjectId: team.id, details: detailsOf(team) })
  return findTeam(tx.sql, actor, team.id)
}

/** Changes what is given; `users` are all members from now on. Rejects what `createTeam` rejects. */
export async function updateTeam(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: TeamId; readonly body: Body },
): Promise<Team> {
  const { organizationId } = actor
  const before = there(await store.lockTeam(tx, organizationId, id))
  const { name, email, escalationChainId, userIds } = accepted(parseTeamChange(body))
  if (userIds !== undefined) await requireUsers(tx, organizationId, userIds)
  const team: Team = {
    ...before,
    name: name ?? before.name,
    email: email === undefined ? before.email : email,
    escalationChainId: escalationChainId === undefined ? before.escalationChainId : escalationChainId,
    userIds: userIds ?? before.userIds,
  }
  refuse(await store.updateTeam(tx, team))
  if (userIds !== undefined) {
    await store.deleteOtherMembers(tx, team, userIds)
    await store.insertMembers(tx, team, userIds)
  }
  await audit(tx, actor, { action: 'team updated', subjectId: id, details: detailsOf(team) })
  return findTeam(tx.sql, actor, id)
}

/** Removes a team: its members stay users, and what belonged to it belongs to no team. */
export async function deleteTeam(tx: Tx, actor: Actor, id: TeamId): Promise<void> {
  const team = there(await store.lockTeam(tx, actor.organizationId, id))
  if (!(await store.deleteTeam(tx, team)))
    throw invalid('An integration of this team has the same name as one without a team. Rename one of them first.')
  await audit(tx, actor, { action: 'team deleted', subjectId: id, details: { name: team.name } })
}

/** The users stay active until the commit. */
async function requireUsers(tx: Tx, organizationId: OrganizationId, userIds: readonly UserId[]): Promise<void> {
  const found = await keepActiveUsers(tx, organizationId, userIds)
  if (found < userIds.length) throw invalidField('users', 'User does not exist')
}

function refuse(fault: store.TeamFault | null): void {
  if (fault === 'name taken') throw invalidField('name', 'Another team of the organization has this name.')
  if (fault === 'no such chain') throw invalidField('escalation_chain_id', 'Object does not exist')
}

const detailsOf = ({ name, escalationChainId, userIds }: Team) => ({
  name,
  escalation_chain_id: escalationChainId,
  users: [...userIds],
})

function there<Thing>(thing: Thing | null): Thing {
  if (thing === null) throw notFound()
  return thing
}
