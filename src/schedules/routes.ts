import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { namedFilter, namedQuery } from '../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { accepted } from '../lib/fields.ts'
import { asId, type ScheduleId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import { newQueues } from '../lib/queues.ts'
import { isoZ } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { createSchedule, deleteSchedule, findSchedule, listSchedules, updateSchedule } from './commands.ts'
import { explanationRoute } from './questions/explanation-routes.ts'
import { exportRoutes } from './exports/routes.ts'
import { exportTokenRoutes } from './exports/token-routes.ts'
import { calendarRoutes } from './calendars/routes.ts'
import { type CalendarSurroundings, readNewCalendars } from './calendars/save-commands.ts'
import { layerRoutes } from './layers/routes.ts'
import { finalShiftsOf } from './on-call-commands.ts'
import { previewRoutes } from './preview/routes.ts'
import { overrideRoutes } from './overrides/routes.ts'
import { questionRoutes } from './questions/routes.ts'
import { ScheduleShape, scheduleShape } from './schedule-shape-routes.ts'
import { shiftRoutes } from './shifts/routes.ts'
import { swapRoutes } from './swaps/routes.ts'
import { parseWindow } from './window-input.ts'

/** The API of schedules and their shifts (contract grafana-oncall 4.7, 4.8). */
export function scheduleRoutes(app: App, ports: Omit<CalendarSurroundings, 'readings'>): void {
  const { db, clock } = ports
  const surroundings = { ...ports, readings: newQueues(readingsMax) }
  scheduleResource(app, surroundings)
  calendarRoutes(app, surroundings)
  finalShiftRoute(app, db)
  questionRoutes(app, { db, clock })
  explanationRoute(app, { db, clock })
  exportRoutes(app, { db, clock })
  exportTokenRoutes(app, db)
  previewRoutes(app, db)
  shiftRoutes(app, db)
  layerRoutes(app, db)
  overrideRoutes(app, db)
  swapRoutes(app, { db, clock })
}

/** Calendars of megabytes keep a core busy for long and are read one after the other; so many may wait, which are in the memory meanwhile. */
const readingsMax = 16

const read = { permission: 'schedules:read' } as const
const write = { permission: 'schedules:write' } as const
const tags = ['schedules']

const ScheduleBody = lenientInput({
  type: '`web`, `calendar` or `ical`; required to create, ignored later.',
  name: 'At most 200 characters; required to create.',
  time_zone: '`web`, `calendar`: IANA name; required to create.',
  team_id: 'Id of a team, or null.',
  shifts: {
    list: 'Ids of on-call shifts; unknown ones are dropped, null is the empty list. A calendar schedule lists no overrides.',
  },
  enable_web_overrides: '`calendar`: whether the overrides that belong to the schedule count. Missing: false.',
  ical_url_primary: '`ical`: URL of an iCalendar file; required to create. Null or empty: the file is uploaded.',
  ical_url_overrides: '`calendar`, `ical`: URL of an iCalendar file whose events beat all others.',
  slack: '`channel_id` and `user_group_id` must be null.',
})

const ScheduleQuery = Type.Object({ ...pageQuery, ...namedQuery })

const ScheduleParams = Type.Object({ scheduleId: Type.String() })

function scheduleResource(app: App, surroundings: CalendarSurroundings): void {
  const { db, clock } = surroundings
  app.get(
    '/api/v1/schedules/',
    {
      config: read,
      schema: { summary: 'List schedules', tags, querystring: ScheduleQuery, response: { 200: pageOf(ScheduleShape) } },
    },
    async (request) => {
      const filter = await namedFilter(db.sql, request.actor, request.query)
      const listing = listSchedules(db.sql, request.actor, { filter, now: clock.now() })
      return paginate(request, { pageSize: 50, listing, show: scheduleShape })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/schedules/',
    idName: 'scheduleId',
    noun: 'schedule',
    tags,
    access: { read, write },
    forms: { body: ScheduleBody, shape: ScheduleShape, show: scheduleShape },
    summaries: {
      create: 'Add a schedule',
      show: 'Show a schedule',
      change: 'Change a schedule',
      remove: 'Remove a schedule',
    },
    commands: {
      find: (sql, actor, id) => findSchedule(sql, actor, { id, now: clock.now() }),
      create: (tx, actor, body) => createSchedule(tx, actor, { body, read: new Map() }),
      update: updateSchedule,
      remove: deleteSchedule,
      prepare: async (actor, wish) => {
        const calendars = await readNewCalendars(surroundings, actor, wish)
        return {
          create: (tx, _actor, body) => createSchedule(tx, actor, { body, read: calendars }),
          update: (tx, _actor, change) => updateSchedule(tx, actor, { ...change, read: calendars }),
        }
      },
    },
  })
}

const scheduleIdOf = (text: string) => asId<ScheduleId>(storable(text))

// Final shifts -----------------------------------------------------------------------------------------------------------

const FinalShiftShape = Type.Object({
  user_pk: Type.String(),
  user_email: Type.String(),
  user_username: Type.String(),
  shift_start: Type.String({ format: 'date-time' }),
  shift_end: Type.String({ format: 'date-time' }),
})

const FinalShiftQuery = Type.Object({
  start_date: Type.Optional(Type.Unsafe<unknown>({ description: 'Required. YYYY-MM-DDThh:mm or YYYY-MM-DD, UTC.' })),
  end_date: Type.Optional(Type.Unsafe<unknown>({ description: 'Required. Like start_date, at most 365 days later.' })),
})

/** The order of the keys is the contract's; all rows are on the one page. */
const FinalShiftsShape = Type.Object({
  count: Type.Integer(),
  next: Type.Null(),
  previous: Type.Null(),
  results: Type.Array(FinalShiftShape),
  current_page_number: Type.Integer(),
  page_size: Type.Integer(),
  total_pages: Type.Integer(),
})

function finalShiftRoute(app: App, db: Ports['db']): void {
  app.get(
    '/api/v1/schedules/:scheduleId/final_shifts/',
    {
      config: read,
      schema: {
        summary: 'List who is on call when',
        tags,
        params: ScheduleParams,
        querystring: FinalShiftQuery,
        response: { 200: FinalShiftsShape },
      },
    },
    async (request) => {
      const question = { id: scheduleIdOf(request.params.scheduleId), window: accepted(parseWindow(request.query)) }
      const rows = await finalShiftsOf(db.sql, request.actor, question)
      const results = rows.map((row) => ({
        user_pk: row.userId,
        user_email: row.email,
        user_username: row.username,
        shift_start: isoZ(row.startAt),
        shift_end: isoZ(row.endAt),
      }))
      return { count: rows.length, next: null, previous: null, results, current_page_number: 1, page_size: 50, total_pages: 1 }
    },
  )
}
