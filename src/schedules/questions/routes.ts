import { type Static, Type } from 'typebox'
import type { User } from '../../accounts/user.ts'
import type { App } from '../../http/app.ts'
import { namedFilter, namedQuery } from '../../http/named-filter.ts'
import { paginate, pageOf, pageQuery } from '../../http/pagination.ts'
import { choice, nullable } from '../../http/schema.ts'
import { accepted } from '../../lib/fields.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { between, type Instant, isoZ, wholeSecond } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { aboveEveryLevel } from '../engine/schedule.ts'
import { type Gap, gapsOf, listOnCall, type OnCallAnswer, type OnCallPerson, whoIsOnCallIn } from './commands.ts'
import { parseAt, parseWindowFromNow, yearTenThousand } from '../window-input.ts'

/** What can be asked about schedules: who is on call at an instant, why, and when nobody is. */
export function questionRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  onCallRoutes(app, { db, clock })
  gapRoute(app, { db, clock })
}

const read = { permission: 'schedules:read' } as const
const tags = ['schedules']

const ScheduleParams = Type.Object({ scheduleId: Type.String() })
const scheduleIdOf = (text: string) => asId<ScheduleId>(storable(text))

// On call ----------------------------------------------------------------------------------------------------------------

/** The query parameter that names the instant that is asked about. */
export const AtQuery = {
  at: Type.Optional(
    Type.Unsafe<unknown>({
      description: 'YYYY-MM-DDThh:mm[:ss][+HH:MM|-HH:MM|Z] or YYYY-MM-DD; UTC without an offset. Missing: now.',
    }),
  ),
}

/** A person in the answers about who is on call. */
export const Person = Type.Object({
  id: Type.String(),
  username: Type.String(),
  name: nullable(Type.String()),
  email: Type.String(),
})

export const personShape = ({ id, username, name, email }: User): Static<typeof Person> => ({ id, username, name, email })

const CoverShape = Type.Object({
  kind: choice(['layer', 'override', 'swap']),
  id: Type.String({ description: 'Of the on-call shift, the layer, the override or the swap.' }),
  name: nullable(Type.String()),
  level: nullable(Type.Integer({ description: 'Null: overrides beat every level.' })),
  start: Type.String({ format: 'date-time' }),
  end: nullable(Type.String({ format: 'date-time', description: 'Null: after the year 9999.' })),
})

/** Somebody who is on call, and what puts them there. */
export const OnCallPersonShape = Type.Object({
  user: Person,
  cover: CoverShape,
  instead_of: nullable(Type.Object({ ...Person.properties }, { description: 'Whom a swap or an override replaces.' })),
})

export const onCallPersonShape = ({ person, cover, insteadOf }: OnCallPerson): Static<typeof OnCallPersonShape> => ({
  user: personShape(person),
  cover: {
    kind: cover.kind,
    id: cover.id,
    name: cover.name,
    level: cover.level === aboveEveryLevel ? null : cover.level,
    start: isoZ(cover.startAt),
    end: writable(cover.endAt),
  },
  instead_of: insteadOf === null ? null : personShape(insteadOf),
})

/** What is to be written of an instant: years have four digits. */
export const writable = (at: Instant): string | null => (at < yearTenThousand ? isoZ(at) : null)

const OnCallShape = {
  schedule: Type.Object({ id: Type.String(), name: Type.String() }),
  users: Type.Array(OnCallPersonShape),
}

const NextShape = Type.Object({ at: Type.String({ format: 'date-time' }), users: Type.Array(Person) })

const OnCallAtShape = Type.Object({
  at: Type.String({ format: 'date-time' }),
  ...OnCallShape,
  next: nullable(
    Type.Object({ ...NextShape.properties }, { description: 'When other people come on call; null: not within 92 days.' }),
  ),
})

const OnCallListQuery = Type.Object({
  ...pageQuery,
  ...AtQuery,
  ...namedQuery,
})

function onCallRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  app.get(
    '/api/v1/schedules/:scheduleId/on_call/',
    {
      config: read,
      schema: {
        summary: 'Show who is on call at an instant',
        tags,
        params: ScheduleParams,
        querystring: Type.Object(AtQuery),
        response: { 200: OnCallAtShape },
      },
    },
    async (request) => {
      const at = accepted(parseAt(request.query, clock.now()))
      const id = scheduleIdOf(request.params.scheduleId)
      const { next, ...answer } = await whoIsOnCallIn(db.sql, request.actor, { id, at })
      const nextShape = next === null ? null : { at: isoZ(next.at), users: next.people.map(personShape) }
      return { at: isoZ(wholeSecond(at)), ...onCallShape(answer), next: nextShape }
    },
  )

  app.get(
    '/api/v1/on_call/',
    {
      config: read,
      schema: {
        summary: 'List who is on call in every schedule at an instant',
        tags,
        querystring: OnCallListQuery,
        response: { 200: pageOf(Type.Object(OnCallShape)) },
      },
    },
    async (request) => {
      const at = accepted(parseAt(request.query, clock.now()))
      const filter = await namedFilter(db.sql, request.actor, request.query)
      const listing = listOnCall(db.sql, request.actor, { filter, at })
      return paginate(request, { pageSize: 50, listing, show: onCallShape })
    },
  )
}

const onCallShape = ({ schedule, onCall }: OnCallAnswer) => ({
  schedule: { id: schedule.id, name: schedule.name },
  users: onCall.map(onCallPersonShape),
})

// Gaps -------------------------------------------------------------------------------------------------------------------

const GapShape = Type.Object({
  start: Type.String({ format: 'date-time' }),
  end: Type.String({ format: 'date-time' }),
  duration: Type.Integer({ description: 'Seconds.' }),
  before: Type.Array(Person, { description: 'Who is on call up to the gap; nobody: it began before the window.' }),
  after: Type.Array(Person, { description: 'Who is on call from its end on; nobody: it goes on after the window.' }),
})

const GapQuery = Type.Object({
  start_date: Type.Optional(Type.Unsafe<unknown>({ description: 'YYYY-MM-DDThh:mm or YYYY-MM-DD, UTC. Missing: now.' })),
  end_date: Type.Optional(
    Type.Unsafe<unknown>({ description: 'Like start_date, at most 365 days later. Missing: 30 days later.' }),
  ),
})

function gapRoute(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  app.get(
    '/api/v1/schedules/:scheduleId/gaps/',
    {
      config: read,
      schema: {
        summary: 'List when nobody is on call',
        tags,
        params: ScheduleParams,
        querystring: GapQuery,
        response: { 200: Type.Object({ count: Type.Integer(), results: Type.Array(GapShape) }) },
      },
    },
    async (request) => {
      const window = accepted(parseWindowFromNow(request.query, clock.now()))
      const id = scheduleIdOf(request.params.scheduleId)
      const found = await gapsOf(db.sql, request.actor, { id, window })
      return { count: found.length, results: found.map(gapShape) }
    },
  )
}

const gapShape = (gap: Gap): Static<typeof GapShape> => ({
  start: isoZ(gap.startAt),
  end: isoZ(gap.endAt),
  duration: Math.round(between(gap.startAt, gap.endAt) / 1000),
  before: gap.before.map(personShape),
  after: gap.after.map(personShape),
})
