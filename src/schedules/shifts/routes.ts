import { type Static, Type } from 'typebox'
import type { App } from '../../http/app.ts'
import { lenientInput } from '../../http/lenient.ts'
import { namedFilter, namedQuery } from '../../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../../http/pagination.ts'
import { resourceRoutes } from '../../http/resource.ts'
import { choice, nullable } from '../../http/schema.ts'
import { filterId } from '../../lib/fields.ts'
import type { ScheduleId } from '../../lib/ids.ts'
import type { Ports } from '../../ports.ts'
import { weekdays } from '../calendar.ts'
import { formatLocalTime } from '../local-time.ts'
import type { Repetition, RollingUsers } from './shift.ts'
import { createShift, deleteShift, findShift, listShifts, type PlacedShift, updateShift } from './commands.ts'

const read = { permission: 'schedules:read' } as const
const write = { permission: 'schedules:write' } as const
const tags = ['on-call shifts']

const ShiftShape = Type.Object({
  id: Type.String(),
  schedule: nullable(Type.String({ description: 'The schedule that it belongs to, or the first that names it.' })),
  team_id: nullable(Type.String()),
  name: nullable(Type.String()),
  type: choice(['single_event', 'recurrent_event', 'rolling_users', 'override']),
  time_zone: nullable(Type.String()),
  start: Type.String({ description: "YYYY-MM-DDThh:mm:ss, on the clock of the shift's time zone, else of the schedule's." }),
  duration: Type.Integer({ description: 'Seconds on that clock.' }),
  rotation_start: Type.String(),
  users: Type.Optional(Type.Array(Type.String())),
  level: Type.Optional(Type.Integer({ description: 'Not of overrides, which beat every level.' })),
  frequency: Type.Optional(choice(['hourly', 'daily', 'weekly', 'monthly'])),
  interval: Type.Optional(Type.Integer()),
  until: Type.Optional(nullable(Type.String())),
  week_start: Type.Optional(choice(weekdays)),
  by_day: Type.Optional(nullable(Type.Array(choice(weekdays)))),
  by_month: Type.Optional(nullable(Type.Array(Type.Integer()))),
  by_monthday: Type.Optional(nullable(Type.Array(Type.Integer()))),
  rolling_users: Type.Optional(Type.Array(Type.Array(Type.String()))),
  start_rotation_from_user_index: Type.Optional(Type.Integer()),
})

const ShiftBody = lenientInput({
  type: '`single_event`, `recurrent_event`, `rolling_users` or `override`; required to create.',
  schedule: 'To create: id of the schedule to put it on. An override of a calendar schedule needs its `enable_web_overrides`.',
  name: 'At most 200 characters, or null.',
  team_id: 'Id of a team, or null.',
  time_zone: "IANA name; null is the schedule's.",
  level: 'The higher one wins; overrides have none. Missing: 0.',
  start: 'YYYY-MM-DDThh:mm:ss; required to create.',
  duration: 'Seconds, from 1; required to create.',
  rotation_start: 'Like start, which it is when it is missing.',
  users: { list: 'Ids of users, but for `rolling_users`; unknown ones are dropped, null is the empty list.' },
  frequency:
    '`hourly`, `daily`, `weekly` or `monthly`; required for `recurrent_event` and `rolling_users`, as are those below for these only.',
  interval: 'In every how many hours, days, weeks or months. Missing: 1.',
  until: 'YYYY-MM-DDThh:mm:ss, from when on nothing happens, or null.',
  week_start: 'MO to SU; required when the frequency becomes `weekly`.',
  by_day: { list: 'MO to SU: only on these days.' },
  by_month: { list: '1 to 12: only in these months.' },
  by_monthday: { list: '1 to 31, or -31 to -1 from the end: only on these days of months.' },
  rolling_users: { list: '`rolling_users`: lists of ids of users, who take turns. Every one must exist.' },
  start_rotation_from_user_index: '`rolling_users`: the group that comes first, from 0; required.',
  source: '0 web, 3 Terraform, anything else API.',
})

const ShiftQuery = Type.Object({
  ...pageQuery,
  schedule_id: Type.Optional(Type.String()),
  ...namedQuery,
})

/** The API of on-call shifts (contract grafana-oncall 4.8). */
export function shiftRoutes(app: App, db: Ports['db']): void {
  app.get(
    '/api/v1/on_call_shifts/',
    {
      config: read,
      schema: { summary: 'List on-call shifts', tags, querystring: ShiftQuery, response: { 200: pageOf(ShiftShape) } },
    },
    async (request) => {
      const named = await namedFilter(db.sql, request.actor, request.query)
      const scheduleId = filterId<ScheduleId>(request.query.schedule_id)
      const listing = listShifts(db.sql, request.actor, { ...named, scheduleId })
      return paginate(request, { pageSize: 50, listing, show: shiftShape })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/on_call_shifts/',
    idName: 'shiftId',
    noun: 'shift',
    tags,
    access: { read, write },
    forms: { body: ShiftBody, shape: ShiftShape, show: shiftShape },
    summaries: {
      create: 'Add an on-call shift',
      show: 'Show an on-call shift',
      change: 'Change an on-call shift',
      remove: 'Remove an on-call shift; one of a web schedule that is under way ends now instead',
    },
    commands: { find: findShift, create: createShift, update: updateShift, remove: deleteShift },
  })
}

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
    ...(shift.type === 'override' ? {} : { level: shift.level }),
    ...('frequency' in shift ? repetitionShape(shift) : {}),
    ...(shift.type === 'rolling_users' ? rollingShape(shift) : { users: [...shift.users] }),
  }
}

const repetitionShape = ({ frequency, weekStart, ...shift }: Repetition) => ({
  frequency,
  interval: shift.interval,
  until: shift.untilLocal === null ? null : formatLocalTime(shift.untilLocal),
  ...(frequency === 'weekly' ? { week_start: weekStart } : {}),
  by_day: shift.byDay === null ? null : [...shift.byDay],
  by_month: shift.byMonth === null ? null : [...shift.byMonth],
  by_monthday: shift.byMonthday === null ? null : [...shift.byMonthday],
})

const rollingShape = ({ rollingUsers, startRotationFromUserIndex }: RollingUsers) => ({
  rolling_users: rollingUsers.map((group) => [...group]),
  start_rotation_from_user_index: startRotationFromUserIndex,
})
