import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { writeJson, written } from '../http/written.ts'
import type { Database } from '../ports.ts'
import { readEvents } from './commands.ts'
import { eventDocument, EventShape } from './document.ts'

const limitDefault = 100
const limitMax = 1000

/** The organization's log, for whoever wants to follow it without webhooks. */
export function eventRoutes(app: App, db: Database): void {
  app.get(
    '/api/v1/events/',
    {
      config: { permission: 'events:read' },
      schema: {
        summary: 'Read the log of events after a sequence, oldest first',
        description:
          'Ask again with the `sequence` of the last event until there is none: none is ever missed, also when several nodes ' +
          'write at once. An answer carries about 8 MiB, so that there may be fewer events than `limit` and still more to come.',
        tags: ['events'],
        querystring: EventQuery,
        response: { 200: written(Type.Object({ results: Type.Array(EventShape) })) },
      },
    },
    async (request, reply) => {
      const { after = 0, limit = limitDefault } = request.query
      const events = await readEvents(db.sql, request.actor.organizationId, { after, limit })
      return writeJson(reply, { results: events.map(eventDocument) })
    },
  )
}

const EventQuery = Type.Object({
  after: Type.Optional(
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: '0, or left out: from the beginning.' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limitMax, description: `At most ${limitMax}; ${limitDefault} when left out.` }),
  ),
})
