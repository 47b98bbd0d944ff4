import type { UserId } from '../../lib/ids.ts'
import { check, impossible } from '../../lib/check.ts'
import { instant } from '../../lib/time.ts'
import { common, type Cover, lifeOf, named, overlaps, type Person, type Source } from './cover.ts'
import { layerFault } from './limits.ts'
import { recurrenceStints } from './recurrence.ts'
import { rotationStints, type Stint } from './rotation.ts'
import type { Group, Layer, Schedule, Swap, TimeWindow } from './schedule.ts'

/** What the layers of a schedule cover in a window, as swaps leave it, whole and in an order that depends on nothing but the covers. */
export function coversOf(schedule: Schedule, window: TimeWindow): readonly Cover[] {
  const { layers, swaps, passedOver } = schedule
  // Whose shifts somebody has taken gives them away, present or not.
  const givers = new Set(swaps.flatMap(({ beneficiary, benefactor }) => (benefactor === null ? [] : beneficiary)))
  const absent = new Set([...passedOver].filter((id) => !givers.has(id)))
  const covers = withSwaps(
    layers.flatMap((layer) => layerCovers(layer, window, absent)),
    schedule,
  )
  const left = absent.size === passedOver.size ? covers : covers.flatMap((cover) => present(cover, passedOver))
  return left.filter((cover) => overlaps(cover, window)).toSorted(inOrder)
}

/** What is left of a cover without those who are passed over. */
function present(cover: Cover, passedOver: ReadonlySet<UserId>): readonly Cover[] {
  const people = cover.people.filter(({ userId }) => !passedOver.has(userId))
  return people.length === 0 ? [] : [{ ...cover, people }]
}

/** A swap that is over cuts a cover that goes on: where a cover begins must not depend on the window that was asked for. */
function withSwaps(covers: readonly Cover[], { swaps, passedOver }: Schedule): readonly Cover[] {
  if (swaps.length === 0) return covers
  const startAt = instant(covers.reduce((first, cover) => Math.min(first, cover.startAt), Infinity))
  const endAt = instant(covers.reduce((last, cover) => Math.max(last, cover.endAt), -Infinity))
  return swaps
    .filter((swap) => overlaps(swap, { startAt, endAt }))
    .toSorted(inCreation)
    .reduce((pieces, swap) => pieces.flatMap((cover) => withSwap(cover, swap, passedOver)), covers)
}

/** The earlier created first, then the one with the smaller id: the order in which overrides and swaps are applied. */
export const inCreation = (left: Pick<Swap, 'createdAt' | 'id'>, right: Pick<Swap, 'createdAt' | 'id'>): number =>
  left.createdAt - right.createdAt || inText(left.id, right.id)

const inOrder = (left: Cover, right: Cover): number =>
  left.startAt - right.startAt || inText(left.source.id, right.source.id) || left.endAt - right.endAt

const inText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

function layerCovers(layer: Layer, window: TimeWindow, passedOver: ReadonlySet<UserId>): readonly Cover[] {
  const fault = layerFault(layer)
  check(fault === null, fault ?? 'the engine takes the layer')
  const life = lifeOf(layer)
  const asked = common(window, life)
  if (asked === null) return []
  const source: Source = { kind: 'layer', id: layer.id }
  const presentOf = presenceOf(passedOver)
  const covers: Cover[] = []
  for (const stint of stintsOf(layer, asked)) {
    const people = presentOf(stint.group)
    const startAt = stint.startAt > life.startAt ? stint.startAt : life.startAt
    const endAt = stint.endAt < life.endAt ? stint.endAt : life.endAt
    if (people.length > 0 && startAt < endAt) covers.push({ startAt, endAt, source, level: layer.level, people })
  }
  return covers
}

function stintsOf(layer: Layer, window: TimeWindow): Iterable<Stint> {
  switch (layer.kind) {
    case 'fixed':
      return overlaps(layer, window) ? [{ startAt: layer.startAt, endAt: layer.endAt, group: layer.users }] : []
    case 'rotation':
      return rotationStints(layer, window)
    case 'recurrence':
      return recurrenceStints(layer, window)
    default:
      return impossible(layer)
  }
}

/** A group's people without those who are passed over. Each group is looked through once, however many turns it has. */
function presenceOf(passedOver: ReadonlySet<UserId>): (group: Group) => readonly Person[] {
  const known = new Map<Group, readonly Person[]>()
  return (group) => {
    const people = known.get(group) ?? [...new Set(group)].filter((id) => !passedOver.has(id)).map(named)
    known.set(group, people)
    return people
  }
}

/** A cover, cut where a swap of one of its people begins and ends. A benefactor who is passed over changes nothing. */
function withSwap(cover: Cover, swap: Swap, passedOver: ReadonlySet<UserId>): readonly Cover[] {
  const during = common(cover, swap)
  if (during === null || !cover.people.some((person) => person.userId === swap.beneficiary)) return [cover]
  const benefactor = swap.benefactor === null || passedOver.has(swap.benefactor) ? null : swap.benefactor
  const people = cover.people.map((person): Person => {
    if (person.userId !== swap.beneficiary) return person
    if (benefactor === null) return { ...person, swapId: swap.id }
    return { userId: benefactor, insteadOf: swap.beneficiary, swapId: swap.id }
  })
  const before = { ...cover, endAt: during.startAt }
  const after = { ...cover, startAt: during.endAt }
  return [before, { ...cover, ...during, people }, after].filter((piece) => piece.startAt < piece.endAt)
}
