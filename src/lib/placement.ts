import { type Body, boolean, detailRefusal, integer, optional, orNull, type Take } from './fields.ts'
import { closeUp, endOf, moveTo, type Placed, positionMax, swapTo } from './order.ts'
import { no, ok } from './result.ts'

/** Where a thing goes in its order: others make room, or (`swap`) who was there takes its old place. */
export type Placement = { readonly position: number | 'end'; readonly swap: boolean }

/** What a body says of a place by `position` and `manual_order` (contract grafana-oncall 4.14); null when it says nothing. */
export function placementOf(body: Body, take: Take): Placement | null {
  const swap = take(optional(body, 'manual_order', orNull(boolean)), undefined) ?? false
  const position = take(optional(body, 'position', orNull(integer)), undefined) ?? null
  if (position === null) return null
  if (position === -1 && !swap) return { position: 'end', swap }
  const isPlace = position >= 0 && position <= positionMax
  return { position: take(isPlace ? ok(position) : no(detailRefusal('Invalid value for position field')), 0), swap }
}

/** Puts one of the order where it shall be. Returns who changes place. */
export function rearranged<Id>(placed: readonly Placed<Id>[], id: Id, { position, swap }: Placement): readonly Placed<Id>[] {
  const target = position === 'end' ? endOf(placed) - 1 : position
  return swap ? swapTo(placed, id, target) : moveTo(placed, id, target)
}

/** The free place after all others. Where the database could not hold it, those that change place by closing up come along. */
export function freeEnd<Id>(placed: readonly Placed<Id>[]): {
  readonly position: number
  readonly moves: readonly Placed<Id>[]
} {
  const end = endOf(placed)
  return end <= positionMax ? { position: end, moves: [] } : { position: placed.length, moves: closeUp(placed) }
}
