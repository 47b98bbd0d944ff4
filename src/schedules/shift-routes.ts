import { type Static, Type } from 'typebox'
import { teamFilter } from '../accounts/team-commands.ts'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { choice, noContent, nullable } from '../http/schema.ts'
import { filterId, filterText } from '../lib/fields.ts'
import { asId, type ScheduleId, type ShiftId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Ports } from '../ports.ts'
import { formatLocalTime } from './local-time.ts'
import { createShift, deleteShift, findShift, listShifts, type PlacedShift, updateShift } from './shift-commands.ts'

const read = { permission: 'schedules:read' } as const
const write = { permission: 'schedules:write' } as const
const tags = ['on-call shifts']

const ShiftShape = Type.Object({
  id: Type.String(),
  schedule: nullable(Type.String({ description: 'The schedule that it belongs to, or the first that names it.' })),
  team_id: nullable(Type.String()),
  name: nullable(Type.String()),
  type: choice(['single_event', 'override']),
  time_zone: nullable(Type.String()),
  start: Type.String({ description: "YYYY-MM-DDThh:mm:ss, on the clock of the shift's time zone, else of the schedule's." }),
  duration: Type.Integer({ description: 'Seconds on that clock.' }),
  rotation_start: Type.String(),
  users: Type.Array(Type.String()),
  level: Type.Optional(Type.Integer({ description: 'Not of overrides, which beat every level.' })),
})

const ShiftBody = lenientInput({
  type: '`single_event` or `override`; required to create. `recurrent_event` and `rolling_users` are not available yet.',
  schedule: 'To create: id of the schedule to put it on. An override of a calendar schedule needs its `enable_web_overrides`.',
  name: 'At most 200 characters, or null.',
  team_id: 'Id of a team, or null.',
  time_zone: "IANA name; null is the schedule's.",
  level: '`single_event`: the higher one wins. Missing: 0.',
  start: 'YYYY-MM-DDThh:mm:ss; required to create.',
  duration: 'Seconds, from 1; required to create.',
  rotation_start: 'Like start, which it is when it is missing.',
  users: { list: 'Ids of users; unknown ones are dropped, null is the empty list.' },
  source: '0 web, 3 Terraform, anything else API.',
})

const ShiftQuery = Type.Object({
  ...pageQuery,
  schedule_id: Type.Optional(Type.String()),
  name: Type.Optional(Type.String({ description: 'The whole name.' })),
  team_id: Type.Optional(Type.String({ description: 'Id of a team, or `null` for what has none.' })),
})

const ShiftParams = Type.Object({ shiftId: Type.String() })

/** The API of on-call shifts (contract grafana-oncall 4.8). */
export function shiftRoutes(app: App, db: Ports['db']): void {
  app.get(
    '/api/v1/on_call_shifts/',
    {
      config: read,
      schema: { summary: 'List on-call shifts', tags, querystring: ShiftQuery, response: { 200: pageOf(ShiftShape) } },
    },
    async (request) => {
      const { name, team_id: team, schedule_id: schedule } = request.query
      const teamId = await teamFilter(db.sql, request.actor.organizationId, team)
      const filter = { name: filterText(name), teamId, scheduleId: filterId<ScheduleId>(schedule) }
      const listing = listShifts(db.sql, request.actor, filter)
      return paginate(request, { pageSize: 50, listing, show: shiftShape })
    },
  )

  app.post(
    '/api/v1/on_call_shifts/',
    { config: write, schema: { summary: 'Add an on-call shift', tags, body: ShiftBody, response: { 201: ShiftShape } } },
    async (request, reply) => {
      const shift = await db.tx('create shift', (tx) => createShift(tx, request.actor, request.body))
      return reply.code(201).send(shiftShape(shift))
    },
  )

  app.get(
    '/api/v1/on_call_shifts/:shiftId/',
    { config: read, schema: { summary: 'Show an on-call shift', tags, params: ShiftParams, response: { 200: ShiftShape } } },
    async (request) => shiftShape(await findShift(db.sql, request.actor, shiftIdOf(request.params.shiftId))),
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/api/v1/on_call_shifts/:shiftId/',
    config: write,
    schema: { summary: 'Change an on-call shift', tags, params: ShiftParams, body: ShiftBody, response: { 200: ShiftShape } },
    handler: async (request) => {
      const update = { id: shiftIdOf(request.params.shiftId), body: request.body }
      return shiftShape(await db.tx('update shift', (tx) => updateShift(tx, request.actor, update)))
    },
  })

  app.delete(
    '/api/v1/on_call_shifts/:shiftId/',
    {
      config: write,
      schema: {
        summary: 'Remove an on-call shift; one of a web schedule that is under way ends now instead',
        tags,
        params: ShiftParams,
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      await db.tx('delete shift', (tx) => deleteShift(tx, request.actor, shiftIdOf(request.params.shiftId)))
      return reply.code(204).send(null)
    },
  )
}

const shiftIdOf = (text: string) => asId<ShiftId>(storable(text))

function shiftShape({ shift, scheduleId }: PlacedShift): Static<typeof ShiftShape> {
  return {
    id: shift.id,
    schedule: scheduleId,
    team_id: shift.teamId,
    name: shift.name,
    type: shift.type,
    time_zone: shift.timeZone,
    start: formatLocalTime(shift.startLocal),
    duration: shift.durationMs / 1000,
    rotation_start: formatLocalTime(shift.rotationStartLocal),
    users: [...shift.users],
    ...(shift.type === 'single_event' ? { level: shift.level } : {}),
  }
}
