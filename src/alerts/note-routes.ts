import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { pageOf, pageQuery, paginate } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { choice, nullable } from '../http/schema.ts'
import { filterId } from '../lib/fields.ts'
import type { AlertGroupId } from '../lib/ids.ts'
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

  resourceRoutes(app, db, {
    path: '/api/v1/resolution_notes/',
    idName: 'noteId',
    noun: 'resolution note',
    tags,
    access: { read, write },
    forms: { body: NoteBody, shape: NoteShape, show: noteDocument },
    summaries: {
      create: 'Add a resolution note to an alert group',
      show: 'Show a resolution note',
      change: 'Change a resolution note',
      remove: 'Delete a resolution note',
    },
    commands: { find: findNote, create: createNote, update: updateNote, replace: replaceNote, remove: deleteNote },
  })
}
