import { asId, type UserId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import type { ShiftChange } from '../../webhooks/shift-change.ts'
import type { Cover } from '../engine/cover.ts'
import { coversOf } from '../engine/covers.ts'
import { aboveEveryLevel, type Layer, type Override, type Schedule } from '../engine/schedule.ts'
import type { OnCall } from '../engine/stretches.ts'
import { firstInstantAt } from '../zone.ts'

export type Cause = ShiftChange['cause']

/** An instant at which other people come on call. */
type Edge = {
  readonly at: Instant
  readonly previous: readonly OnCall[]
  readonly current: readonly OnCall[]
  /** What holds from then on. */
  readonly schedule: Schedule
  /** Whether somebody else is passed over from then on. */
  readonly isNewPhase: boolean
}

/** Why other people come on call, by what begins or ends at that instant. Where several things do, what people did comes before what was planned. */
export function causeOf({ at, previous, current, schedule, isNewPhase }: Edge): Cause {
  const changed = new Set(differenceOf(previous, current).flatMap(({ userId, insteadOf }) => [userId, insteadOf ?? userId]))
  const override = overrideEdge({ at, previous, current, schedule }, changed)
  if (override !== null) return override
  if (isSwapEdge(schedule, at, changed)) return 'swap'
  if (isNewPhase) return 'user'
  const edges = edgesAt(schedule, at)
  const concerned = edges.filter(({ people }) => people.some(({ userId }) => changed.has(userId)))
  const layers = schedule.layers.filter(({ id }) => concerned.some(({ source }) => source.id === id))
  if (layers.length === 0 || layers.some(({ fromAt, toAt }) => fromAt === at || toAt === at)) return 'configuration'
  if (layers.some(({ id }) => hasTurned(id, edges, at))) return 'rotation'
  if (layers.some((layer) => beginsAt(layer) === at)) return 'layer_start'
  return layers.some((layer) => endsAt(layer) === at) ? 'layer_end' : 'restriction'
}

function differenceOf(previous: readonly OnCall[], current: readonly OnCall[]): readonly OnCall[] {
  const isIn = (people: readonly OnCall[], id: UserId) => people.some(({ userId }) => userId === id)
  const leaving = previous.filter(({ userId }) => !isIn(current, userId))
  return [...leaving, ...current.filter(({ userId }) => !isIn(previous, userId))]
}

/** An override that was changed both ends and begins: that is none. Nor is one that makes no difference. */
function overrideEdge(
  { at, previous, current, schedule }: Omit<Edge, 'isNewPhase'>,
  changed: ReadonlySet<UserId>,
): 'override_start' | 'override_end' | null {
  const all = overridesOf(schedule).filter(({ startAt, endAt }) => startAt < endAt)
  const begun = all.filter(({ startAt }) => startAt === at)
  const ended = all.filter(({ endAt }) => endAt === at)
  const isIn = (list: readonly Overriding[], { id }: Overriding) => list.some((other) => other.id === id)
  if (begun.some((one) => !isIn(ended, one) && makesDifference(one, current, changed))) return 'override_start'
  return ended.some((one) => !isIn(begun, one) && makesDifference(one, previous, changed)) ? 'override_end' : null
}

/** What beats every layer for a while. */
type Overriding = {
  readonly id: string
  readonly startAt: number
  readonly endAt: number
  /** Those who come or go by it; null: everybody. */
  readonly concerned: readonly UserId[] | null
  /** Whether nobody is on call by it. */
  readonly isEmpty: boolean
}

const overridesOf = ({ layers, overrides }: Schedule): readonly Overriding[] => [
  ...overrides.map((one) => ({
    ...one,
    concerned: concernedBy(one),
    isEmpty: one.kind === 'replace-all' && one.users.length === 0,
  })),
  ...layers.flatMap((layer) => (layer.kind === 'fixed' && layer.level === aboveEveryLevel ? lifeOf(layer) : [])),
]

function concernedBy(override: Override): readonly UserId[] | null {
  if (override.kind === 'replace-all') return null
  return override.kind === 'replace-user' ? [override.replaced, override.userId] : [override.userId]
}

/** Whether an override has to do with a change, by who is on call on its side of the edge. Those in it who are passed over are nobody. */
const makesDifference = (
  { id, concerned, isEmpty }: Overriding,
  onCall: readonly OnCall[],
  changed: ReadonlySet<UserId>,
): boolean =>
  concerned === null
    ? isEmpty || onCall.some(({ cover }) => cover.source.id === id)
    : concerned.some((userId) => changed.has(userId))

const lifeOf = ({ id, startAt, endAt, fromAt, toAt }: Extract<Layer, { kind: 'fixed' }>): Overriding => ({
  id,
  startAt: Math.max(startAt, fromAt ?? -Infinity),
  endAt: Math.min(endAt, toAt ?? Infinity),
  concerned: null,
  isEmpty: false,
})

const isSwapEdge = ({ swaps }: Schedule, at: Instant, changed: ReadonlySet<UserId>): boolean =>
  swaps.some(({ startAt, endAt, beneficiary, benefactor }) => {
    const concerns = changed.has(beneficiary) || (benefactor !== null && changed.has(benefactor))
    return benefactor !== null && concerns && (startAt === at || endAt === at)
  })

/** What layers begin or end to cover, also turns of people who are passed over, and of nobody. */
function edgesAt(schedule: Schedule, at: Instant): readonly Cover[] {
  const whole = { ...schedule, layers: schedule.layers.map(withoutVacancies), passedOver: new Set<never>() }
  const around = { startAt: instant(at - 1), endAt: instant(at + 1) }
  return coversOf(whole, around).filter(({ startAt, endAt }) => startAt === at || endAt === at)
}

/** A layer with somebody in the turns of nobody. */
function withoutVacancies(layer: Layer): Layer {
  if (layer.kind === 'fixed') return layer
  return { ...layer, groups: layer.groups.map((group) => (group.length === 0 ? [nobody] : group)) }
}

const nobody = asId<UserId>('nobody')

/** Whether a layer ends a cover where it begins the next. */
function hasTurned(layerId: string, edges: readonly Cover[], at: Instant): boolean {
  const own = edges.filter(({ source }) => source.id === layerId)
  return own.some(({ startAt }) => startAt === at) && own.some(({ endAt }) => endAt === at)
}

function beginsAt(layer: Layer): number {
  switch (layer.kind) {
    case 'fixed':
      return layer.startAt
    case 'rotation':
      return firstInstantAt(layer.zone, layer.startLocal)
    case 'recurrence':
      return firstInstantAt(layer.zone, layer.firstLocal > layer.startLocal ? layer.firstLocal : layer.startLocal)
  }
}

function endsAt(layer: Layer): number {
  if (layer.kind === 'fixed') return layer.endAt
  return layer.endLocal === null ? Infinity : firstInstantAt(layer.zone, layer.endLocal)
}
