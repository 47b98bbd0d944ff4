import { type Static, Type } from 'typebox'
import type { User } from '../../accounts/user.ts'
import type { App } from '../../http/app.ts'
import { lenientInput } from '../../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../../http/pagination.ts'
import { choice, noContent, nullable } from '../../http/schema.ts'
import { accepted, filterId } from '../../lib/fields.ts'
import { asId, type ScheduleId, type SwapId, type UserId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { type Instant, isoMicroseconds, isoZ } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { aboveEveryLevel } from '../engine/schedule.ts'
import { statusOf } from './swap.ts'
import {
  createSwap,
  deleteSwap,
  type DetailedSwap,
  findSwap,
  listSwaps,
  type PeopledSwap,
  type SwappedShift,
  takeSwap,
  updateSwap,
} from './commands.ts'
import { parseStartingAfter } from './input.ts'

const read = { permission: 'schedules:read' } as const
const write = { permission: 'schedules:write' } as const
const tags = ['shift swaps']
const path = '/api/v1/shift_swaps/'

const Person = Type.Object({
  display_name: Type.String(),
  email: Type.String(),
  pk: Type.String(),
  avatar_full: Type.String({ description: 'Always empty: there are no pictures.' }),
})

/** The id, or what `expand_users` makes of it. */
const UserReference = Type.Unsafe<string | Static<typeof Person>>({ anyOf: [Type.String(), Person] })

const SwapShape = Type.Object({
  id: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  status: choice(['open', 'taken', 'past_due']),
  schedule: Type.String(),
  swap_start: Type.String({ format: 'date-time' }),
  swap_end: Type.String({ format: 'date-time' }),
  description: nullable(Type.String()),
  beneficiary: UserReference,
  benefactor: Type.Unsafe<string | Static<typeof Person> | null>({ anyOf: [Type.String(), Person, Type.Null()] }),
})

const ShiftShape = Type.Object({
  all_day: Type.Boolean(),
  start: Type.String({ format: 'date-time' }),
  end: Type.String({ format: 'date-time' }),
  users: Type.Array(Person, { description: 'Who is on call then.' }),
  priority_level: nullable(Type.Integer({ description: 'Null: an override.' })),
  is_override: Type.Boolean(),
  shift: Type.Object({ pk: Type.String({ description: 'Of the on-call shift or layer.' }) }),
})

const DetailShape = Type.Object({
  ...SwapShape.properties,
  shifts: Type.Array(ShiftShape, { description: 'The shifts that change hands, for at most a year.' }),
})

const SwapBody = lenientInput({
  schedule: 'Id of a schedule; required to create.',
  swap_start: 'An instant in the future, with its offset from UTC; required to create, and together with `swap_end` in an edit.',
  swap_end: 'An instant after `swap_start`; required to create.',
  description: 'At most 3000 characters, or null.',
  beneficiary: 'Id of the user whose shifts they are; required to create, ignored later.',
})

const TakeBody = lenientInput({ benefactor: 'Id of the user who takes the shifts, and can be paged; required.' })

const ExpandQuery = {
  expand_users: Type.Optional(Type.String({ description: '`true`: users with their names instead of their ids.' })),
}

const SwapQuery = Type.Object({
  ...pageQuery,
  ...ExpandQuery,
  schedule_id: Type.Optional(Type.String()),
  beneficiary: Type.Optional(Type.String({ description: 'Id of a user.' })),
  benefactor: Type.Optional(Type.String({ description: 'Id of a user.' })),
  starting_after: Type.Optional(
    Type.Unsafe<unknown>({ description: 'An instant with its offset: only swaps that begin then or later. Missing: now.' }),
  ),
  open_only: Type.Optional(Type.String({ description: '`true`: only those that nobody has taken and that have not begun.' })),
})

const SwapParams = Type.Object({ swapId: Type.String() })

/** The API of shift swaps (contract grafana-oncall 4.9). */
export function swapRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  readRoutes(app, { db, clock })
  writeRoutes(app, { db, clock })
}

function readRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  app.get(
    path,
    { config: read, schema: { summary: 'List shift swaps', tags, querystring: SwapQuery, response: { 200: pageOf(SwapShape) } } },
    async (request) => {
      const now = clock.now()
      const { query } = request
      const filter = {
        scheduleId: filterId<ScheduleId>(query.schedule_id),
        beneficiaryId: filterId<UserId>(query.beneficiary),
        benefactorId: filterId<UserId>(query.benefactor),
        startingAt: accepted(parseStartingAfter(query, now)),
        openAt: query.open_only === 'true' ? now : undefined,
      }
      const showing = showingOf(query, now)
      const listing = listSwaps(db.sql, request.actor, filter)
      return paginate(request, { pageSize: 50, listing, show: (swap) => swapShape(swap, showing) })
    },
  )

  app.get(
    `${path}:swapId/`,
    {
      config: read,
      schema: {
        summary: 'Show a shift swap',
        tags,
        params: SwapParams,
        querystring: Type.Object(ExpandQuery),
        response: { 200: DetailShape },
      },
    },
    async (request) => {
      const swap = await findSwap(db.sql, request.actor, swapIdOf(request.params.swapId))
      return detailShape(swap, showingOf(request.query, clock.now()))
    },
  )
}

function writeRoutes(app: App, { db, clock }: Pick<Ports, 'db' | 'clock'>): void {
  const changed = { tags, params: SwapParams, querystring: Type.Object(ExpandQuery), response: { 200: DetailShape } }

  app.post(
    path,
    {
      config: write,
      schema: {
        summary: 'Ask for a shift swap',
        tags,
        querystring: Type.Object(ExpandQuery),
        body: SwapBody,
        response: { 201: DetailShape },
      },
    },
    async (request, reply) => {
      const swap = await db.tx('create swap', (tx) => createSwap(tx, request.actor, request.body))
      return reply.code(201).send(detailShape(swap, showingOf(request.query, clock.now())))
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: `${path}:swapId/`,
    config: write,
    schema: { ...changed, summary: 'Change a shift swap', body: SwapBody },
    handler: async (request) => {
      const change = { id: swapIdOf(request.params.swapId), body: request.body }
      const swap = await db.tx('update swap', (tx) => updateSwap(tx, request.actor, change))
      return detailShape(swap, showingOf(request.query, clock.now()))
    },
  })

  app.post(
    `${path}:swapId/take/`,
    { config: write, schema: { ...changed, summary: 'Take the shifts of a swap', body: TakeBody } },
    async (request) => {
      const taking = { id: swapIdOf(request.params.swapId), body: request.body }
      const swap = await db.tx('take swap', (tx) => takeSwap(tx, request.actor, taking))
      return detailShape(swap, showingOf(request.query, clock.now()))
    },
  )

  app.delete(
    `${path}:swapId/`,
    { config: write, schema: { summary: 'Remove a shift swap', tags, params: SwapParams, response: { 204: noContent } } },
    async (request, reply) => {
      await db.tx('delete swap', (tx) => deleteSwap(tx, request.actor, swapIdOf(request.params.swapId)))
      return reply.code(204).send(null)
    },
  )
}

const swapIdOf = (text: string) => asId<SwapId>(storable(text))

type Showing = { readonly now: Instant; readonly expands: boolean }

const showingOf = ({ expand_users: expand }: { readonly expand_users?: string }, now: Instant): Showing => ({
  now,
  expands: expand === 'true',
})

/** The order of the keys is the contract's. */
function swapShape({ swap, beneficiary, benefactor }: PeopledSwap, { now, expands }: Showing): Static<typeof SwapShape> {
  return {
    id: swap.id,
    created_at: isoMicroseconds(swap.createdAt),
    updated_at: isoMicroseconds(swap.updatedAt),
    status: statusOf(swap, now),
    schedule: swap.scheduleId,
    swap_start: isoMicroseconds(swap.startAt),
    swap_end: isoMicroseconds(swap.endAt),
    description: swap.description,
    beneficiary: expands ? personShape(beneficiary) : beneficiary.id,
    benefactor: benefactor === null || !expands ? (benefactor?.id ?? null) : personShape(benefactor),
  }
}

const detailShape = (swap: DetailedSwap, showing: Showing): Static<typeof DetailShape> => ({
  ...swapShape(swap, showing),
  shifts: swap.shifts.map(shiftShape),
})

const shiftShape = ({ startAt, endAt, person, cover }: SwappedShift): Static<typeof ShiftShape> => ({
  all_day: false,
  start: isoZ(startAt),
  end: isoZ(endAt),
  users: [personShape(person)],
  priority_level: cover.level === aboveEveryLevel ? null : cover.level,
  is_override: cover.level === aboveEveryLevel,
  shift: { pk: cover.source.id },
})

const personShape = ({ id, name, username, email }: User): Static<typeof Person> => ({
  display_name: name ?? username,
  email,
  pk: id,
  avatar_full: '',
})
