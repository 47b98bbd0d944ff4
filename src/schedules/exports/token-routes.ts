import { Type } from 'typebox'
import { type Actor, personOf } from '../../accounts/actor.ts'
import type { App } from '../../http/app.ts'
import { noContent, nullable, pathParams } from '../../http/schema.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { isoZ } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { createExportToken, type ExportSubject, exportTokenOf, revokeExportToken } from './token-commands.ts'

/** The API of the tokens in calendars' addresses, as Grafana OnCall's own pages use it. */
export function exportTokenRoutes(app: App, db: Ports['db']): void {
  tokenResource(app, db, {
    path: '/api/v1/schedules/:scheduleId/export_token/',
    tags: ['schedules'],
    what: "one's own token for the calendar of a schedule",
    read: { permission: 'schedules:read' },
    write: { permission: 'schedules:write' },
    subjectOf: ({ scheduleId = '' }) => ({ kind: 'schedule', id: asId<ScheduleId>(storable(scheduleId)) }),
  })
  tokenResource(app, db, {
    path: '/api/v1/users/:ownerId/export_token/',
    tags: ['users'],
    what: "the token for the calendar of a user's shifts, one's own or, as an admin, anybody's",
    read: { permission: 'user-settings:read' },
    write: { permission: 'user-settings:write' },
    subjectOf: ({ ownerId = '' }, actor) => ({
      kind: 'user',
      id: ownerId === 'current' ? (personOf(actor) ?? '') : storable(ownerId),
    }),
  })
}

const TokenShape = Type.Object({
  created_at: Type.String({ format: 'date-time' }),
  revoked_at: nullable(Type.String({ format: 'date-time', description: 'Null: what is revoked is not shown.' })),
  active: Type.Boolean(),
})

const NewTokenShape = Type.Object({
  token: Type.String({ description: 'Shown this once and kept nowhere.' }),
  created_at: Type.String({ format: 'date-time' }),
  export_url: Type.String({ description: 'What calendars subscribe to. Whoever has it reads the calendar.' }),
})

const ConflictShape = Type.Object({ detail: Type.String() }, { description: 'There is one already.' })

type TokenResource = {
  readonly path: string
  readonly tags: readonly string[]
  /** After a verb, in the summaries. */
  readonly what: string
  readonly read: { readonly permission: 'schedules:read' | 'user-settings:read' }
  readonly write: { readonly permission: 'schedules:write' | 'user-settings:write' }
  readonly subjectOf: (params: Readonly<Record<string, string>>, actor: Actor) => ExportSubject
}

function tokenResource(app: App, db: Ports['db'], { path, what, read, write, subjectOf, ...about }: TokenResource): void {
  const tags = [...about.tags]
  const params = pathParams(path)

  app.get(
    path,
    { config: read, schema: { summary: `Show ${what}, without the token itself`, tags, params, response: { 200: TokenShape } } },
    async ({ actor, params: named }) => {
      const { createdAt } = await exportTokenOf(db.sql, actor, subjectOf(named, actor))
      return { created_at: isoZ(createdAt), revoked_at: null, active: true }
    },
  )

  app.post(
    path,
    { config: write, schema: { summary: `Make ${what}`, tags, params, response: { 201: NewTokenShape, 409: ConflictShape } } },
    async ({ actor, params: named }, reply) => {
      const subject = subjectOf(named, actor)
      const { token, kept } = await db.tx('create export token', (tx) => createExportToken(tx, actor, subject))
      const url = `${app.baseUrl}${exportPathOf(subject)}?token=${token}`
      return reply.code(201).send({ token, created_at: isoZ(kept.createdAt), export_url: url })
    },
  )

  app.delete(
    path,
    // To give up one's own token nobody needs a right; a viewer whose token leaked must be able to.
    { config: read, schema: { summary: `Revoke ${what}`, tags, params, response: { 204: noContent } } },
    async ({ actor, params: named }, reply) => {
      await db.tx('revoke export token', (tx) => revokeExportToken(tx, actor, subjectOf(named, actor)))
      return reply.code(204).send(null)
    },
  )
}

const exportPathOf = ({ kind, id }: ExportSubject): string =>
  kind === 'schedule' ? `/api/v1/schedules/${id}/export` : `/api/v1/users/${id}/schedule_export`
