import { sql } from 'kysely'
import type { OrganizationId } from '../lib/ids.ts'
import type { Placed } from '../lib/order.ts'
import type { Tx } from '../ports.ts'

/** The tables whose rows have a `position` in an order. */
type OrderedTable = 'escalation_policies' | 'notification_rules' | 'routes'

/** Puts rows in their new places. */
export async function moveRows(
  tx: Tx,
  table: OrderedTable,
  { organizationId, moves }: { readonly organizationId: OrganizationId; readonly moves: readonly Placed<string>[] },
): Promise<void> {
  if (moves.length === 0) return
  await sql`
    update ${sql.table(table)} as placed set position = moved.position
    from unnest(${moves.map(({ id }) => id)}::text[], ${moves.map(({ position }) => position)}::integer[]) as moved (id, position)
    where placed.organization_id = ${organizationId} and placed.id = moved.id`.execute(tx.sql)
}
