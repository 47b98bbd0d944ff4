import type { UserId } from '../../lib/ids.ts'
import { impossible } from '../../lib/check.ts'
import { after, days, type Instant, instant } from '../../lib/time.ts'
import { localTime } from '../local-time.ts'
import { firstInstantAt } from '../zone.ts'
import { lifeOf } from './cover.ts'
import { coversOf } from './covers.ts'
import { nextChange } from './on-call.ts'
import type { Fixed, Layer, Schedule } from './schedule.ts'

/** What a layer does at an instant, whatever the others do. */
type Standing =
  /** It has these people, as swaps leave them. */
  | { readonly kind: 'covers'; readonly users: readonly UserId[] }
  /** It has these people, and all of them are passed over. */
  | { readonly kind: 'absent'; readonly users: readonly UserId[] }
  /** It never has anybody. */
  | { readonly kind: 'empty' }
  /** It has had its beginning, and has nobody until then; null: not within 92 days. */
  | { readonly kind: 'pauses'; readonly nextAt: Instant | null }
  | { readonly kind: 'not-begun'; readonly nextAt: Instant | null }
  | { readonly kind: 'ended'; readonly endedAt: Instant }

export type StandingLayer = { readonly layer: Layer; readonly standing: Standing }

/**
 * What the layers that count at an instant do then, the highest level first. Of those that are only one stretch of time there are the ones
 * that hold the instant, the one that ended last and the one that begins next.
 */
export function standingsAt(schedule: Schedule, at: Instant): readonly StandingLayer[] {
  const alive = schedule.layers.filter((layer) => {
    const life = lifeOf(layer)
    return life.startAt <= at && at < life.endAt
  })
  const fixed = alive.filter((layer) => layer.kind === 'fixed')
  const repeating = alive.filter((layer) => layer.kind !== 'fixed')
  return [...repeating, ...nearest(fixed, at)]
    .toSorted((left, right) => right.level - left.level || (left.id < right.id ? -1 : 1))
    .map((layer) => ({ layer, standing: standingOf(layer, schedule, at) }))
}

function nearest(fixed: readonly Fixed[], at: Instant): readonly Fixed[] {
  const ended = fixed.filter(({ endAt }) => endAt <= at).toSorted((left, right) => right.endAt - left.endAt)
  const coming = fixed.filter(({ startAt }) => startAt > at).toSorted((left, right) => left.startAt - right.startAt)
  const holding = fixed.filter(({ startAt, endAt }) => startAt <= at && at < endAt)
  return [...holding, ...ended.slice(0, 1), ...coming.slice(0, 1)]
}

const aheadMs = days(92)

function standingOf(layer: Layer, { swaps, passedOver }: Schedule, at: Instant): Standing {
  if (isEmpty(layer)) return { kind: 'empty' }
  const alone: Schedule = { layers: [layer], overrides: [], swaps, passedOver }
  const present = usersAt(alone, at)
  if (present.length > 0) return { kind: 'covers', users: present }
  const everybody = { ...alone, passedOver: new Set<UserId>() }
  const absent = usersAt(everybody, at)
  if (absent.length > 0) return { kind: 'absent', users: absent }
  const endedAt = endOf(layer)
  if (endedAt !== null && endedAt <= at) return { kind: 'ended', endedAt }
  const nextAt = layer.kind === 'fixed' ? layer.startAt : nextChange(everybody, { startAt: at, endAt: after(at, aheadMs) })
  return { kind: beginningOf(layer) > at ? 'not-begun' : 'pauses', nextAt }
}

const usersAt = (schedule: Schedule, at: Instant): readonly UserId[] => [
  ...new Set(
    coversOf(schedule, { startAt: at, endAt: instant(at + 1) }).flatMap((cover) => cover.people.map(({ userId }) => userId)),
  ),
]

const isEmpty = (layer: Layer): boolean =>
  layer.kind === 'fixed' ? layer.users.length === 0 : layer.groups.every((group) => group.length === 0)

function beginningOf(layer: Layer): Instant {
  switch (layer.kind) {
    case 'fixed':
      return layer.startAt
    case 'rotation':
      return firstInstantAt(layer.zone, layer.startLocal)
    case 'recurrence':
      return firstInstantAt(layer.zone, localTime(Math.max(layer.startLocal, layer.firstLocal)))
    default:
      return impossible(layer)
  }
}

function endOf(layer: Layer): Instant | null {
  if (layer.kind === 'fixed') return layer.endAt
  return layer.endLocal === null ? null : firstInstantAt(layer.zone, layer.endLocal)
}
