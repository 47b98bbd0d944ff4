import { sql } from 'kysely'
import type { OrganizationId } from '../lib/ids.ts'
import { toDate } from '../lib/time.ts'
import type { Tx } from '../ports.ts'

/** The tables of versions, with the column that says whose they are: the current one has no end, and may have no beginning. */
const owners = { schedule_versions: 'schedule_id', shift_versions: 'shift_id', shift_swap_versions: 'swap_id' } as const
type VersionTable = keyof typeof owners

type Key = { readonly organizationId: OrganizationId; readonly id: string }

const current = (table: VersionTable, { organizationId, id }: Key) =>
  sql`organization_id = ${organizationId} and ${sql.ref(owners[table])} = ${id} and valid_to is null`

/** Ends the current version now. False: it began in this very instant, or, by another node's clock, later. */
export async function closeVersion(tx: Tx, table: VersionTable, key: Key): Promise<boolean> {
  const now = toDate(tx.now)
  const answer = await sql`
    update ${sql.table(table)} set valid_to = ${now}::timestamptz
    where ${current(table, key)} and (valid_from is null or valid_from < ${now}::timestamptz)`.execute(tx.sql)
  return (answer.numAffectedRows ?? 0n) > 0n
}

/** Ends the current version for good; what it covered until now stays on record. */
export async function endVersion(tx: Tx, table: VersionTable, key: Key): Promise<void> {
  await sql`
    update ${sql.table(table)}
    set valid_to = greatest(${toDate(tx.now)}::timestamptz, valid_from + interval '1 millisecond')
    where ${current(table, key)}`.execute(tx.sql)
}
