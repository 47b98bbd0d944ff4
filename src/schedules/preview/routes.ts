import { type Static, Type } from 'typebox'
import type { Actor } from '../../accounts/actor.ts'
import type { App } from '../../http/app.ts'
import { lenientInput } from '../../http/lenient.ts'
import { choice } from '../../http/schema.ts'
import { accepted, type Body, object, required } from '../../lib/fields.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { newQueues } from '../../lib/queues.ts'
import { rehearse } from '../../lib/rehearsal.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, type Result } from '../../lib/result.ts'
import { between, isoZ } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { moveKinds } from '../hand-overs/moves.ts'
import { type Preview, previewOf } from './preview.ts'
import { rehearseEdit } from './commands.ts'
import { parsePreview } from './input.ts'
import { Person, personShape } from '../questions/routes.ts'

const PreviewBody = lenientInput({
  start_date: 'YYYY-MM-DDThh:mm or YYYY-MM-DD, UTC. Missing: now; what is over is not changed.',
  end_date: 'Like start_date, at most 365 days later. Missing: 30 days later.',
  schedule: 'What shall be changed of the schedule, as in a PATCH of it.',
  shifts: {
    list: 'On-call shifts: without an `id`, new ones on this schedule; with an `id`, what a PATCH changes, or with `deleted: true` nothing but that.',
  },
  layers: { list: 'Layers of this schedule, likewise.' },
  overrides: { list: 'Overrides of this schedule, likewise. At most 50 parts of all kinds.' },
})

const Stretch = Type.Object({ start: Type.String({ format: 'date-time' }), end: Type.String({ format: 'date-time' }) })
const Gap = Type.Object({ ...Stretch.properties, duration: Type.Integer({ description: 'Seconds.' }) })

const MoveShape = Type.Object({
  user: Person,
  kind: choice(moveKinds),
  before: Type.Array(Stretch, { description: 'What they have without the change.' }),
  after: Type.Array(Stretch, { description: 'What they have with it.' }),
})

const PreviewShape = Type.Object({
  start: Type.String({ format: 'date-time' }),
  end: Type.String({ format: 'date-time' }),
  moves: Type.Array(MoveShape),
  on_call_now: Type.Object({ before: Type.Array(Person), after: Type.Array(Person) }),
  gaps_before: Type.Array(Gap),
  gaps_after: Type.Array(Gap),
})

const BusyShape = Type.Object({ detail: Type.String() }, { description: 'Too many previews wait already; see Retry-After.' })

const about = {
  tags: ['schedules'],
  params: Type.Object({ scheduleId: Type.String() }),
  response: { 200: PreviewShape, 429: BusyShape },
}

/** As many people of one organization look at an edit at the same moment, and more. */
const waitingMax = 20

/** What an edit of a schedule would come to, by the rules and with the faults of the edit itself; nothing is changed. */
export function previewRoutes(app: App, db: Ports['db']): void {
  const queues = newQueues(waitingMax)
  const preview = (actor: Actor, scheduleId: string, body: Body) =>
    queues.take(actor.organizationId, () => workedOut(actor, scheduleId, body))

  const workedOut = async (actor: Actor, scheduleId: string, body: Body) => {
    const id = asId<ScheduleId>(storable(scheduleId))
    const rehearsed = await rehearse(db, 'preview schedule', (tx) =>
      rehearseEdit(tx, actor, { id, input: accepted(parsePreview(body, tx.now)) }),
    )
    // What takes time is done when nothing is locked any more.
    return previewShape(previewOf(rehearsed))
  }

  app.post(
    '/api/v1/schedules/:scheduleId/preview/',
    {
      config: { permission: 'schedules:write' },
      schema: { summary: 'Show what a change of a schedule would come to', ...about, body: PreviewBody },
    },
    async (request) => preview(request.actor, request.params.scheduleId, request.body),
  )

  app.get(
    '/api/v1/schedules/:scheduleId/preview/',
    {
      config: { permission: 'schedules:read' },
      schema: {
        summary: 'Show what a change of a schedule would come to',
        ...about,
        querystring: Type.Object({
          change: Type.Optional(Type.Unsafe<unknown>({ description: 'Required. The body of the POST, as JSON.' })),
        }),
      },
    },
    async (request) => preview(request.actor, request.params.scheduleId, accepted(changeIn(request.query))),
  )
}

function changeIn(query: Body): Result<Body, Refusal> {
  return required(query, 'change', (value) => {
    try {
      return object(typeof value === 'string' ? JSON.parse(value) : value)
    } catch {
      return no('Value must be valid JSON.')
    }
  })
}

const previewShape = ({ window, moves, before, after }: Preview): Static<typeof PreviewShape> => ({
  start: isoZ(window.startAt),
  end: isoZ(window.endAt),
  moves: moves.map((move) => ({
    user: personShape(move.user),
    kind: move.kind,
    before: move.before.map(stretch),
    after: move.after.map(stretch),
  })),
  on_call_now: { before: before.onCall.map(personShape), after: after.onCall.map(personShape) },
  gaps_before: before.gaps.map(gap),
  gaps_after: after.gaps.map(gap),
})

const stretch = ({ startAt, endAt }: TimeWindow) => ({ start: isoZ(startAt), end: isoZ(endAt) })
const gap = (window: TimeWindow) => ({ ...stretch(window), duration: Math.round(between(window.startAt, window.endAt) / 1000) })
