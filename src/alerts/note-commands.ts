import { type Actor, personOf } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import type { EventType } from '../events/catalogue.ts'
import { publish } from '../events/commands.ts'
import { known } from '../lib/check.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { newPublicId, type ResolutionNoteId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { invalidField, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { noteDocument, parseNewNote, parseNote, parseNoteChange, type ResolutionNote } from './note.ts'
import * as store from './note-store.ts'
import { lockGroup } from './store.ts'

/** A note of the actor's organization. */
export async function findNote(db: Sql, { organizationId }: Actor, id: ResolutionNoteId): Promise<ResolutionNote> {
  const note = await store.findNote(db, { organizationId, id })
  if (note === null) throw notFound()
  return note
}

/** The notes of the actor's organization, or about one alert group, oldest first. */
export function listNotes(db: Sql, { organizationId }: Actor, filter: store.NoteFilter): Listing<ResolutionNote> {
  return {
    count: () => store.countNotes(db, organizationId, filter),
    items: (window) => store.listNotes(db, organizationId, { ...window, filter }),
  }
}

/** Adds a note by the actor to an alert group; its timeline shows it. */
export async function createNote(tx: Tx, actor: Actor, body: Body): Promise<ResolutionNote> {
  const { organizationId } = actor
  const { alertGroupId, text } = accepted(parseNewNote(body))
  if ((await lockGroup(tx, organizationId, alertGroupId)) === null) throw invalidField('alert_group_id', 'Object does not exist')
  const id = newPublicId('M', tx.random.bytes)
  const note: ResolutionNote = { organizationId, id, alertGroupId, authorId: personOf(actor), createdAt: tx.now, text }
  await store.insertNote(tx, note)
  await record(tx, actor, { note, fact: 'resolution_note.added' })
  return note
}

type Update = { readonly id: ResolutionNoteId; readonly body: Body }

/** Writes the text of a note anew, which must be given. */
export function replaceNote(tx: Tx, actor: Actor, { id, body }: Update): Promise<ResolutionNote> {
  return changeNote(tx, actor, { id, parse: () => accepted(parseNote(body)) })
}

/** Changes what is given. */
export function updateNote(tx: Tx, actor: Actor, { id, body }: Update): Promise<ResolutionNote> {
  return changeNote(tx, actor, { id, parse: () => accepted(parseNoteChange(body)) })
}

type Change = { readonly id: ResolutionNoteId; readonly parse: () => { readonly text: string | undefined } }

async function changeNote(tx: Tx, actor: Actor, { id, parse }: Change): Promise<ResolutionNote> {
  const before = await lockNote(tx, actor, id)
  const { text = before.text } = parse()
  if (text === before.text) return before
  const note = { ...before, text }
  await store.updateText(tx, before, text)
  await record(tx, actor, { note, fact: 'resolution_note.changed' })
  return note
}

/** Removes a note. What the timeline says of it stays. */
export async function deleteNote(tx: Tx, actor: Actor, id: ResolutionNoteId): Promise<void> {
  const note = await lockNote(tx, actor, id)
  await store.deleteNote(tx, note)
  await record(tx, actor, { note, fact: 'resolution_note.removed' })
}

async function lockNote(tx: Tx, { organizationId }: Actor, id: ResolutionNoteId): Promise<ResolutionNote> {
  const note = await store.lockNote(tx, { organizationId, id })
  if (note === null) throw notFound()
  return note
}

type NoteFact = Extract<EventType, `resolution_note.${string}`>

async function record(
  tx: Tx,
  actor: Actor,
  { note, fact }: { readonly note: ResolutionNote; readonly fact: NoteFact },
): Promise<void> {
  const group = known(await lockGroup(tx, note.organizationId, note.alertGroupId), 'a note is about an alert group')
  const alertGroup = { id: group.id, integrationId: group.integrationId }
  publish(tx, { type: fact, actor, alertGroup, data: { resolution_note: noteDocument(note) }, webhookId: null })
  await audit(tx, actor, { action: fact.replace(/[_.]/g, ' '), subjectId: note.id, details: { alert_group_id: group.id } })
}
