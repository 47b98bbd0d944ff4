import { type Static, Type } from 'typebox'
import type { App } from '../../http/app.ts'
import { lenientInput } from '../../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../../http/pagination.ts'
import { nestedResourceRoutes } from '../../http/resource.ts'
import { choice, nullable } from '../../http/schema.ts'
import { asId, type LayerId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import type { Ports } from '../../ports.ts'
import { weekdays } from '../calendar.ts'
import { createLayer, deleteLayer, findLayer, listLayers, updateLayer } from './commands.ts'
import { layerRecord } from './record.ts'
import type { NativeLayer } from './layer.ts'

const read = { permission: 'schedules:read' } as const
const write = { permission: 'schedules:write' } as const
const tags = ['layers']
const path = '/api/v1/schedules/:scheduleId/layers/'

const TurnShape = Type.Object({
  unit: choice(['hours', 'days', 'weeks', 'months', 'elapsed']),
  length: Type.Integer({ description: 'In the unit; of `elapsed` in seconds.' }),
  handover: Type.Optional(Type.String({ description: 'hh:mm:ss. Not of `elapsed`.' })),
  weekday: Type.Optional(choice(weekdays)),
  monthday: Type.Optional(Type.Integer()),
})

const RestrictionShape = Type.Object({
  days: Type.Optional(Type.Array(choice(weekdays))),
  start_day: Type.Optional(choice(weekdays)),
  start: Type.String(),
  end_day: Type.Optional(choice(weekdays)),
  end: Type.String(),
})

const LayerShape = Type.Object({
  id: Type.String(),
  schedule: Type.String(),
  name: nullable(Type.String()),
  level: Type.Integer(),
  time_zone: nullable(Type.String()),
  start: Type.String({ description: "YYYY-MM-DDThh:mm:ss, on the clock of the layer's time zone, else of the schedule's." }),
  until: nullable(Type.String()),
  turn: TurnShape,
  groups: Type.Array(nullable(Type.Array(Type.String())), { description: 'Ids of users; null: nobody.' }),
  first_group: Type.Integer(),
  restrictions: Type.Array(RestrictionShape),
  turn_consumption: choice(['calendar', 'active']),
})

const LayerBody = lenientInput({
  name: 'At most 200 characters, or null.',
  level: 'The higher one wins where it has somebody, and one level adds up. Missing: 0.',
  time_zone: "IANA name; null is the schedule's.",
  start: 'YYYY-MM-DDThh:mm:ss; required to create. The layer covers nothing before.',
  until: 'YYYY-MM-DDThh:mm:ss, from when on the layer covers nothing, or null.',
  turn: '`unit`: `hours`, `days`, `weeks`, `months` or `elapsed`; `length`, missing: 1; `handover`, `weekday`, `monthday`, missing: as `start`. Required to create.',
  groups: { list: 'Lists of ids of users, who take turns; null is a turn of nobody. Required to create.' },
  first_group: 'The group that has the turn in which `start` lies: its number, from 0, or the id of a user in it. Missing: 0.',
  current_group:
    'Instead: the group that has the turn that is under way. When both are missing in an edit, it stays with whom it is.',
  restrictions: {
    list: 'The hours that are covered: `days`, `start` and `end`, or `start_day`, `start`, `end_day` and `end`. None: all hours.',
  },
  turn_consumption: '`calendar`: a turn in which nothing is covered passes; `active`: it waits. Missing: `calendar`.',
})

/** The API of the layers of a schedule. */
export function layerRoutes(app: App, db: Ports['db']): void {
  app.get(
    path,
    {
      config: read,
      schema: {
        summary: 'List the layers of a schedule',
        tags,
        params: Type.Object({ scheduleId: Type.String() }),
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(LayerShape) },
      },
    },
    async (request) => {
      const scheduleId = asId<ScheduleId>(storable(request.params.scheduleId))
      const listing = await listLayers(db.sql, request.actor, scheduleId)
      return paginate(request, { pageSize: 50, listing, show: (layer) => layerShape({ scheduleId, layer }) })
    },
  )

  nestedResourceRoutes(app, db, {
    path,
    parentName: 'scheduleId',
    idName: 'layerId',
    noun: 'layer',
    tags,
    access: { read, write },
    forms: { body: LayerBody, shape: LayerShape, show: layerShape },
    summaries: {
      create: 'Add a layer to a schedule',
      show: 'Show a layer',
      change: 'Change a layer from now on',
      remove: 'Remove a layer, which covers nothing from now on',
    },
    commandsOf: (scheduleId: ScheduleId) => ({
      find: async (sql, actor, id: LayerId) => ({ scheduleId, layer: await findLayer(sql, actor, { scheduleId, id }) }),
      create: async (tx, actor, body) => ({ scheduleId, layer: await createLayer(tx, actor, { scheduleId, body }) }),
      update: async (tx, actor, change) => ({ scheduleId, layer: await updateLayer(tx, actor, { scheduleId, ...change }) }),
      remove: (tx, actor, id) => deleteLayer(tx, actor, { scheduleId, id }),
    }),
  })
}

type Placed = { readonly scheduleId: ScheduleId; readonly layer: NativeLayer }

const layerShape = ({ scheduleId, layer }: Placed): Static<typeof LayerShape> => ({
  id: layer.id,
  schedule: scheduleId,
  ...layerRecord(layer),
})
