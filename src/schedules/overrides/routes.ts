import { type Static, Type } from 'typebox'
import type { App } from '../../http/app.ts'
import { lenientInput } from '../../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../../http/pagination.ts'
import { nestedResourceRoutes } from '../../http/resource.ts'
import { choice, nullable } from '../../http/schema.ts'
import { asId, type OverrideId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import type { Ports } from '../../ports.ts'
import { createOverride, deleteOverride, findOverride, listOverrides, updateOverride } from './commands.ts'
import { overrideRecord } from './record.ts'
import type { NativeOverride } from './override.ts'

const read = { permission: 'schedules:read' } as const
const write = { permission: 'schedules:write' } as const
const tags = ['overrides']
const path = '/api/v1/schedules/:scheduleId/overrides/'

const OverrideShape = Type.Object({
  id: Type.String(),
  schedule: Type.String(),
  name: nullable(Type.String()),
  kind: choice(['replace_all', 'replace_user', 'add', 'remove']),
  start: Type.String({ format: 'date-time' }),
  end: Type.String({ format: 'date-time' }),
  users: Type.Optional(nullable(Type.Array(Type.String(), { description: '`replace_all`; null: nobody.' }))),
  user: Type.Optional(Type.String()),
  replaced: Type.Optional(Type.String()),
})

const OverrideBody = lenientInput({
  name: 'At most 200 characters, or null.',
  kind: '`replace_all`, `replace_user`, `add` or `remove`; required to create.',
  start:
    'An instant with its offset, such as 2026-03-29T01:00:00Z, cut to seconds; required to create. Before it was made an override does not count.',
  end: 'Like `start`, and in the future; required to create.',
  users: { list: '`replace_all`: ids of those who are on call, and nobody else; null: nobody. Required.' },
  user: '`add`, `remove`, `replace_user`: id of who is on call too, is not on call, or is it instead. Required.',
  replaced: '`replace_user`: id of whom `user` stands in for, where a layer or shift names them. Required.',
})

/** The API of the overrides of a schedule. Those of the Grafana OnCall API are shifts. */
export function overrideRoutes(app: App, db: Ports['db']): void {
  app.get(
    path,
    {
      config: read,
      schema: {
        summary: 'List the overrides of a schedule',
        tags,
        params: Type.Object({ scheduleId: Type.String() }),
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(OverrideShape) },
      },
    },
    async (request) => {
      const scheduleId = asId<ScheduleId>(storable(request.params.scheduleId))
      const listing = await listOverrides(db.sql, request.actor, scheduleId)
      return paginate(request, { pageSize: 50, listing, show: (override) => overrideShape({ scheduleId, override }) })
    },
  )

  nestedResourceRoutes(app, db, {
    path,
    parentName: 'scheduleId',
    idName: 'overrideId',
    noun: 'override',
    tags,
    access: { read, write },
    forms: { body: OverrideBody, shape: OverrideShape, show: overrideShape },
    summaries: {
      create: 'Add an override to a schedule',
      show: 'Show an override',
      change: 'Change an override from now on',
      remove: 'Remove an override; one that is under way ends now',
    },
    commandsOf: (scheduleId: ScheduleId) => ({
      find: async (sql, actor, id: OverrideId) => ({ scheduleId, override: await findOverride(sql, actor, { scheduleId, id }) }),
      create: async (tx, actor, body) => ({ scheduleId, override: await createOverride(tx, actor, { scheduleId, body }) }),
      update: async (tx, actor, change) => ({ scheduleId, override: await updateOverride(tx, actor, { scheduleId, ...change }) }),
      remove: (tx, actor, id) => deleteOverride(tx, actor, { scheduleId, id }),
    }),
  })
}

type Placed = { readonly scheduleId: ScheduleId; readonly override: NativeOverride }

const overrideShape = ({ scheduleId, override }: Placed): Static<typeof OverrideShape> => ({
  id: override.id,
  schedule: scheduleId,
  ...overrideRecord(override),
})
