import { type Static, Type } from 'typebox'
import type { App } from '../../http/app.ts'
import { choice, nullable } from '../../http/schema.ts'
import { accepted } from '../../lib/fields.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { isoZ, wholeSecond } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { type ExplainedAnswer, explainOnCall } from './explanation-commands.ts'
import { sourceStates } from './explanation.ts'
import { AtQuery, OnCallPersonShape, onCallPersonShape, Person, personShape, writable } from './routes.ts'
import { parseAt } from '../window-input.ts'

const SourceShape = Type.Object({
  kind: choice(['layer', 'override']),
  id: Type.String(),
  name: nullable(Type.String()),
  level: nullable(Type.Integer({ description: 'Null: overrides beat every level.' })),
  state: choice(sourceStates),
  users: Type.Array(Person, { description: 'Whom it names at that instant, on call or not.' }),
  next_at: nullable(Type.String({ format: 'date-time', description: 'When it has somebody again, within 92 days.' })),
  text: Type.String(),
})

const ExplanationShape = Type.Object({
  at: Type.String({ format: 'date-time' }),
  schedule: Type.Object({ id: Type.String(), name: Type.String(), time_zone: nullable(Type.String()) }),
  text: Type.Array(Type.String(), { description: 'Sentences, with times on the clock of the schedule.' }),
  users: Type.Array(
    Type.Object({
      ...OnCallPersonShape.properties,
      otherwise: Type.Array(Person, { description: 'Who would be on call without what puts this person there.' }),
      text: Type.String(),
    }),
  ),
  sources: Type.Array(SourceShape, { description: 'Every layer that repeats, the nearest single shifts, and the overrides.' }),
  unreadable_shifts: Type.Optional(Type.Array(Type.String(), { description: 'Only when there are any; they cover nothing.' })),
})

/** Why somebody is on call in a schedule at an instant, or nobody. */
export function explanationRoute(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  app.get(
    '/api/v1/schedules/:scheduleId/explain/',
    {
      config: { permission: 'schedules:read' },
      schema: {
        summary: 'Explain who is on call at an instant, or why nobody is',
        tags: ['schedules'],
        params: Type.Object({ scheduleId: Type.String() }),
        querystring: Type.Object(AtQuery),
        response: { 200: ExplanationShape },
      },
    },
    async (request) => {
      const at = accepted(parseAt(request.query, clock.now()))
      const id = asId<ScheduleId>(storable(request.params.scheduleId))
      return { at: isoZ(wholeSecond(at)), ...explanationShape(await explainOnCall(db.sql, request.actor, { id, at })) }
    },
  )
}

function explanationShape(answer: ExplainedAnswer): Omit<Static<typeof ExplanationShape>, 'at'> {
  const { schedule, text, onCall, sources, unreadable } = answer
  return {
    schedule: { id: schedule.id, name: schedule.name, time_zone: schedule.timeZone },
    text: [...text],
    users: onCall.map((person) => ({
      ...onCallPersonShape(person),
      otherwise: person.otherwise.map(personShape),
      text: person.text,
    })),
    sources: sources.map(sourceShape),
    ...(unreadable.length === 0 ? {} : { unreadable_shifts: [...unreadable] }),
  }
}

const sourceShape = (source: ExplainedAnswer['sources'][number]): Static<typeof SourceShape> => ({
  kind: source.kind,
  id: source.id,
  name: source.name,
  level: source.level,
  state: source.state,
  users: source.users.map(personShape),
  next_at: source.nextAt === null ? null : writable(source.nextAt),
  text: source.text,
})
