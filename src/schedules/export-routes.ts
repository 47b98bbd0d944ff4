import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { asId, type ScheduleId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Instant } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { type Calendar, calendarText } from './calendar-text.ts'
import { calendarTag } from './export-calendar.ts'
import { exportSchedule, exportUserShifts } from './export-commands.ts'

const config = { public: 'export', answers: 'text/calendar' } as const

const TokenQuery = Type.Object({ token: Type.Optional(Type.String({ description: 'The export token.' })) })

const response = {
  200: { description: 'iCalendar (RFC 5545).', content: { 'text/calendar': { schema: Type.String() } } },
  304: Type.Null({ description: 'As it was when the tag in `If-None-Match` was told.' }),
  403: Type.Object({ detail: Type.String() }, { description: 'The token opens nothing, or something else.' }),
}

/** The calendars of schedules and of users, for whoever has the address (contract grafana-oncall 4.2, 4.7). */
export function exportRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  app.get(
    '/api/v1/schedules/:scheduleId/export/',
    {
      config,
      schema: {
        summary: 'Subscribe to the calendar of a schedule',
        tags: ['schedules'],
        params: Type.Object({ scheduleId: Type.String() }),
        querystring: TokenQuery,
        response,
      },
    },
    async (request, reply) => {
      const now = clock.now()
      const asked = { id: asId<ScheduleId>(storable(request.params.scheduleId)), token: request.query.token ?? '', now }
      return answer(request, reply, { calendar: await exportSchedule(db.sql, asked), now })
    },
  )

  app.get(
    '/api/v1/users/:userId/schedule_export/',
    {
      config,
      schema: {
        summary: "Subscribe to the calendar of a user's shifts",
        tags: ['users'],
        params: Type.Object({ userId: Type.String() }),
        querystring: TokenQuery,
        response,
      },
    },
    async (request, reply) => {
      const now = clock.now()
      const asked = { id: storable(request.params.userId), token: request.query.token ?? '', now }
      return answer(request, reply, { calendar: await exportUserShifts(db.sql, asked), now })
    },
  )
}

type Written = { readonly calendar: Calendar; readonly now: Instant }

/** With a tag, by which programs that come again are told in few bytes that nothing has changed. */
function answer(request: FastifyRequest, reply: FastifyReply, { calendar, now }: Written): FastifyReply {
  const tag = calendarTag(calendar)
  reply.headers({ etag: tag, 'cache-control': 'private, max-age=300' })
  if (isAmong(request.headers['if-none-match'], tag)) return reply.code(304).send()
  const text = calendarText(calendar, now)
  return reply
    .headers({ 'content-disposition': 'inline; filename="on-call.ics"' })
    .type('text/calendar; charset=utf-8')
    .serializer((body: string) => body)
    .send(text)
}

/** Whether a list of tags names this one; proxies that compress make it weak or strong. */
function isAmong(tags: string | undefined, tag: string): boolean {
  const bare = (one: string): string => one.trim().replace(/^W\//, '')
  return (tags ?? '').split(',').some((one) => bare(one) === bare(tag) || one.trim() === '*')
}
