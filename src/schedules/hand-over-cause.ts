import type { UserId } from '../lib/ids.ts'
import { type Instant, instant } from '../lib/time.ts'
import type { ShiftChange } from '../webhooks/shift-change.ts'
import type { Cover } from './engine/cover.ts'
import { coversOf } from './engine/covers.ts'
import { aboveEveryLevel, type Layer, type Schedule } from './engine/schedule.ts'
import type { OnCall } from './engine/stretches.ts'
import { firstInstantAt } from './zone.ts'

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
  const override = overrideEdge(schedule, at)
  if (override !== null) return override
  const changed = new Set(differenceOf(previous, current).flatMap(({ userId, insteadOf }) => [userId, insteadOf ?? userId]))
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

/** An override that was changed both ends and begins: that is none. */
function overrideEdge({ layers, overrides }: Schedule, at: Instant): 'override_start' | 'override_end' | null {
  const layered = layers.flatMap((layer) => (layer.kind === 'fixed' && layer.level === aboveEveryLevel ? lifeOf(layer) : []))
  const all = [...overrides, ...layered].filter(({ startAt, endAt }) => startAt < endAt)
  const begun = new Set(all.filter(({ startAt }) => startAt === at).map(({ id }) => id))
  const ended = new Set(all.filter(({ endAt }) => endAt === at).map(({ id }) => id))
  if ([...begun].some((id) => !ended.has(id))) return 'override_start'
  return [...ended].some((id) => !begun.has(id)) ? 'override_end' : null
}

const lifeOf = ({ id, startAt, endAt, fromAt, toAt }: Extract<Layer, { kind: 'fixed' }>) => ({
  id,
  startAt: Math.max(startAt, fromAt ?? -Infinity),
  endAt: Math.min(endAt, toAt ?? Infinity),
})

const isSwapEdge = ({ swaps }: Schedule, at: Instant, changed: ReadonlySet<UserId>): boolean =>
  swaps.some(({ startAt, endAt, beneficiary, benefactor }) => {
    const concerns = changed.has(beneficiary) || (benefactor !== null && changed.has(benefactor))
    return benefactor !== null && concerns && (startAt === at || endAt === at)
  })

/** What layers begin or end to cover, also turns of people who are passed over. */
const edgesAt = (schedule: Schedule, at: Instant): readonly Cover[] =>
  coversOf({ ...schedule, passedOver: new Set() }, { startAt: instant(at - 1), endAt: instant(at + 1) }).filter(
    ({ startAt, endAt }) => startAt === at || endAt === at,
  )

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
