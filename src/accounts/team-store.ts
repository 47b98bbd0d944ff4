import type { OrganizationId } from '../lib/ids.ts'
import type { Sql } from '../ports.ts'

export async function teamExists(db: Sql, organizationId: OrganizationId, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('teams')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}
