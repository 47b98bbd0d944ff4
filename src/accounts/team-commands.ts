import { asId, type OrganizationId, type TeamId } from '../lib/ids.ts'
import { invalidField } from '../lib/rejection.ts'
import { storable } from '../lib/json.ts'
import type { Sql } from '../ports.ts'
import { teamExists } from './commands.ts'

/** The team that a body's `team_id` names, null for none. Rejects one that the organization does not have. */
export async function requireTeam(sql: Sql, organizationId: OrganizationId, id: string | null): Promise<TeamId | null> {
  if (id === null) return null
  if (!(await teamExists(sql, organizationId, id))) throw invalidField('team_id', 'Object does not exist')
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
  const id = storable(text)
  if (!(await teamExists(sql, organizationId, id))) throw invalidField('team_id', notATeam)
  return asId<TeamId>(id)
}
