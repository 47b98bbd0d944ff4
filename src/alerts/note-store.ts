import { type AlertGroupId, asId, type OrganizationId, type ResolutionNoteId, type UserId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { ResolutionNote } from './note.ts'

export type NoteFilter = { readonly alertGroupId?: AlertGroupId | undefined }

type Key = { readonly organizationId: OrganizationId; readonly id: ResolutionNoteId }

export async function insertNote(tx: Tx, note: ResolutionNote): Promise<void> {
  await tx.sql
    .insertInto('resolution_notes')
    .values({
      organization_id: note.organizationId,
      id: note.id,
      alert_group_id: note.alertGroupId,
      author_id: note.authorId,
      text: note.text,
      created_at: toDate(note.createdAt),
    })
    .execute()
}

export async function updateText(tx: Tx, { organizationId, id }: Key, text: string): Promise<void> {
  await tx.sql
    .updateTable('resolution_notes')
    .set({ text })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

export async function deleteNote(tx: Tx, { organizationId, id }: Key): Promise<void> {
  await tx.sql.deleteFrom('resolution_notes').where('organization_id', '=', organizationId).where('id', '=', id).execute()
}

export async function deleteNotesAbout(tx: Tx, organizationId: OrganizationId, alertGroupId: AlertGroupId): Promise<void> {
  await tx.sql
    .deleteFrom('resolution_notes')
    .where('organization_id', '=', organizationId)
    .where('alert_group_id', '=', alertGroupId)
    .execute()
}

export async function findNote(db: Sql, { organizationId, id }: Key): Promise<ResolutionNote | null> {
  const row = await notes(db, organizationId, {}).selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : noteOf(row)
}

export async function lockNote(tx: Tx, { organizationId, id }: Key): Promise<ResolutionNote | null> {
  const row = await notes(tx.sql, organizationId, {}).selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row === undefined ? null : noteOf(row)
}

export async function countNotes(db: Sql, organizationId: OrganizationId, filter: NoteFilter): Promise<number> {
  const row = await notes(db, organizationId, filter)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return row.count
}

/** Oldest first. */
export async function listNotes(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: Window & { readonly filter: NoteFilter },
): Promise<readonly ResolutionNote[]> {
  const rows = await notes(db, organizationId, filter)
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(noteOf)
}

function notes(db: Sql, organizationId: OrganizationId, { alertGroupId }: NoteFilter) {
  const query = db.selectFrom('resolution_notes').where('organization_id', '=', organizationId)
  return alertGroupId === undefined ? query : query.where('alert_group_id', '=', alertGroupId)
}

type NoteRow = {
  readonly organization_id: string
  readonly id: string
  readonly alert_group_id: string
  readonly author_id: string | null
  readonly text: string
  readonly created_at: Date
}

function noteOf(row: NoteRow): ResolutionNote {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<ResolutionNoteId>(row.id),
    alertGroupId: asId<AlertGroupId>(row.alert_group_id),
    authorId: row.author_id === null ? null : asId<UserId>(row.author_id),
    createdAt: fromDate(row.created_at),
    text: row.text,
  }
}
