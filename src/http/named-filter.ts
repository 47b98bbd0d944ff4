import { type Static, Type } from 'typebox'
import type { Actor } from '../accounts/actor.ts'
import { teamFilter } from '../accounts/team-commands.ts'
import { filterText } from '../lib/fields.ts'
import type { NamedFilter } from '../lib/listing.ts'
import type { Sql } from '../ports.ts'

/** The query parameters of a list whose things have a name and a team. */
export const namedQuery = {
  name: Type.Optional(Type.String({ description: 'The whole name.' })),
  team_id: Type.Optional(Type.String({ description: 'Id of a team, or `null` for what has none.' })),
}

const NamedQuery = Type.Object(namedQuery)

/** What such a list is filtered by. Rejects a team that the organization does not have. */
export async function namedFilter(
  sql: Sql,
  { organizationId }: Actor,
  { name, team_id: team }: Static<typeof NamedQuery>,
): Promise<NamedFilter> {
  return { name: filterText(name), teamId: await teamFilter(sql, organizationId, team) }
}
