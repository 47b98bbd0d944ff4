import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../http/app.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import type { Instant } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { type Calendar, calendarText } from './calendar-text.ts'
import { calendarTag } from './calendar.ts'
import { exportCalendar } from './commands.ts'
import type { ExportSubject } from './token-commands.ts'
import { newExportTurns } from './turns.ts'

const config = { public: 'export', answers: 'text/calendar' } as const

const TokenQuery = Type.Object({ token: Type.Optional(Type.String({ description: 'The export token.' })) })

const response = {
  200: { description: 'iCalendar (RFC 5545).', content: { 'text/calendar': { schema: Type.String() } } },
  304: Type.Null({ description: 'As it was when the tag in `If-None-Match` was told.' }),
  403: Type.Object({ detail: Type.String() }, { description: 'The token opens nothing, or something else.' }),
  429: Type.Object({ detail: Type.String() }, { description: 'This calendar is asked for too often; see Retry-After.' }),
}

/** The calendars of schedules and of users, for whoever has the address (contract grafana-oncall 4.2, 4.7). */
export function exportRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  const turns = newExportTurns(clock)
  const made = async (subject: ExportSubject, token = ''): Promise<Made> => {
    const now = clock.now()
    return { calendar: await exportCalendar(db.sql, turns, { subject, token, now }), now }
  }

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
      const id = asId<ScheduleId>(storable(request.params.scheduleId))
      return answer(request, reply, await made({ kind: 'schedule', id }, request.query.token))
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
      const id = storable(request.params.userId)
      return answer(request, reply, await made({ kind: 'user', id }, request.query.token))
    },
  )
}

type Made = { readonly calendar: Calendar; readonly now: Instant }

/** With a tag, by which programs that come again are told in few bytes that nothing has changed. */
function answer(request: FastifyRequest, reply: FastifyReply, { calendar, now }: Made): FastifyReply {
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
