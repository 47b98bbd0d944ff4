import { sql } from 'kysely'
import type { OrganizationId } from '../lib/ids.ts'
import { jsonbText } from '../lib/json.ts'
import type { Tx } from '../ports.ts'
import type { RunTable } from './due-runs.ts'

/** What runs are about. */
type SubjectKey = { readonly organizationId: OrganizationId; readonly id: string }

/** Stops the running runs of all organizations. */
export async function stopAllRuns(tx: Tx, table: RunTable): Promise<void> {
  await sql`update ${sql.table(table)} set state = 'stopped' where state = 'running'`.execute(tx.sql)
}

/** Overwrites what the runs about a subject say of it; the members that the blanks do not name stay. */
export async function blankRunsAbout(tx: Tx, table: RunTable, { subject, blanks }: Blanking): Promise<void> {
  await sql`
    update ${sql.table(table)} set subject = subject || ${jsonbText(blanks)}::jsonb
    where organization_id = ${subject.organizationId} and subject_id = ${subject.id}`.execute(tx.sql)
}

type Blanking = { readonly subject: SubjectKey; readonly blanks: object }

/** Deletes the runs about subjects. */
export async function deleteRunsAbout(tx: Tx, table: RunTable, subjects: readonly SubjectKey[]): Promise<void> {
  await sql`
    delete from ${sql.table(table)} r
    using unnest(${subjects.map((subject) => subject.organizationId)}::text[], ${subjects.map((subject) => subject.id)}::text[])
      as gone (organization_id, subject_id)
    where r.organization_id = gone.organization_id and r.subject_id = gone.subject_id`.execute(tx.sql)
}
