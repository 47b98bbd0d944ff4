import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { pageOf, pageQuery, paginate } from '../http/pagination.ts'
import { choice, noContent, nullable } from '../http/schema.ts'
import { filterId } from '../lib/fields.ts'
import { type AlertGroupId, asId, type ResolutionNoteId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Database } from '../ports.ts'
import { noteDocument } from './note.ts'
import { createNote, deleteNote, findNote, listNotes, replaceNote, updateNote } from './note-commands.ts'

const read = { permission: 'alert-groups:read' } as const
const write = { permission: 'alert-groups:write' } as const
const tags = ['resolution notes']

const NoteShape = Type.Object({
  id: Type.String(),
  alert_group_id: Type.String(),
  author: nullable(Type.String({ description: 'Id of the user who wrote it.' })),
  source: choice(['Web']),
  created_at: Type.String({ format: 'date-time' }),
  text: Type.String(),
})

const NoteBody = lenientInput({
  alert_group_id: 'Id of an alert group; required to create, ignored later.',
  text: 'Up to 100,000 characters; required but for PATCH.',
})

const NoteQuery = Type.Object({ ...pageQuery, alert_group_id: Type.Optional(Type.String()) })

const NoteParams = Type.Object({ noteId: Type.String() })

/** The API of resolution notes (contract grafana-oncall 4.12). */
export function noteRoutes(app: App, db: Database): void {
  app.get(
    '/api/v1/resolution_notes/',
    {
      config: read,
      schema: {
        summary: 'List resolution notes, the oldest first',
        tags,
        querystring: NoteQuery,
        response: { 200: pageOf(NoteShape) },
      },
    },
    (request) => {
      const listing = listNotes(db.sql, request.actor, { alertGroupId: filterId<AlertGroupId>(request.query.alert_group_id) })
      return paginate(request, { pageSize: 50, listing, show: noteDocument })
    },
  )

  app.post(
    '/api/v1/resolution_notes/',
    {
      config: write,
      schema: { summary: 'Add a resolution note to an alert group', tags, body: NoteBody, response: { 201: NoteShape } },
    },
    async (request, reply) => {
      const note = await db.tx('create resolution note', (tx) => createNote(tx, request.actor, request.body))
      return reply.code(201).send(noteDocument(note))
    },
  )

  app.get(
    '/api/v1/resolution_notes/:noteId/',
    { config: read, schema: { summary: 'Show a resolution note', tags, params: NoteParams, response: { 200: NoteShape } } },
    async (request) => noteDocument(await findNote(db.sql, request.actor, noteIdOf(request.params.noteId))),
  )

  for (const [method, change] of [['PUT', replaceNote] as const, ['PATCH', updateNote] as const]) {
    app.route({
      method,
      url: '/api/v1/resolution_notes/:noteId/',
      config: write,
      schema: { summary: 'Change a resolution note', tags, params: NoteParams, body: NoteBody, response: { 200: NoteShape } },
      handler: async (request) => {
        const update = { id: noteIdOf(request.params.noteId), body: request.body }
        return noteDocument(await db.tx('update resolution note', (tx) => change(tx, request.actor, update)))
      },
    })
  }

  app.delete(
    '/api/v1/resolution_notes/:noteId/',
    { config: write, schema: { summary: 'Delete a resolution note', tags, params: NoteParams, response: { 204: noContent } } },
    async (request, reply) => {
      await db.tx('delete resolution note', (tx) => deleteNote(tx, request.actor, noteIdOf(request.params.noteId)))
      return reply.code(204).send(null)
    },
  )
}

const noteIdOf = (text: string) => asId<ResolutionNoteId>(storable(text))
