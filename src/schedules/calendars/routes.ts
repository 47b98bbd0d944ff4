import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { App } from '../../http/app.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { Rejection } from '../../lib/rejection.ts'
import { findSchedule } from '../commands.ts'
import { calendarLimits } from '../ical/stretches.ts'
import { requireUploadable, uploadCalendar } from './commands.ts'
import { type CalendarSurroundings, readContent } from './save-commands.ts'
import { ScheduleShape, scheduleShape } from '../schedule-shape-routes.ts'

/** Takes the calendars of schedules that follow no URL. */
export function calendarRoutes(app: App, { db, clock, readings }: Pick<CalendarSurroundings, 'db' | 'clock' | 'readings'>): void {
  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<TypeBoxTypeProvider>()
    readCalendarsOnly(scope)

    scope.put(
      '/api/v1/schedules/:scheduleId/calendar/',
      {
        config: { permission: 'schedules:write' },
        schema: {
          summary: 'Upload the calendar of a schedule',
          description: 'The body is an iCalendar file of type `text/calendar`, at most 5 MiB.',
          tags: ['schedules'],
          params: Type.Object({ scheduleId: Type.String() }),
          response: { 200: ScheduleShape, 429: BusyShape },
        },
      },
      async (request) => {
        const { actor, body } = request
        const id = asId<ScheduleId>(storable(request.params.scheduleId))
        await requireUploadable(db.sql, actor, id)
        await readings.take('', async () => {
          const read = await readContent(clock, Buffer.isBuffer(body) ? body : new Uint8Array())
          if (!read.ok) throw new Rejection({ kind: 'invalid-fields', fields: { calendar: read.reason } })
          await db.tx('upload calendar', (tx) => uploadCalendar(tx, actor, { id, read: read.value }))
        })
        return scheduleShape(await findSchedule(db.sql, actor, { id, now: clock.now() }))
      },
    )
  })
}

const BusyShape = Type.Object({ detail: Type.String() }, { description: 'Too many calendars wait to be read; see Retry-After.' })

/** One byte more than is allowed, so that a file that is too large is told so in the same words as everywhere. */
const bodyLimit = calendarLimits.bytesMax + 1

function readCalendarsOnly(scope: App): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('text/calendar', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
}
