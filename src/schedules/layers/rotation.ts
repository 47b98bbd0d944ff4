import type { Instant } from '../../lib/time.ts'
import { known } from '../../lib/check.ts'
import { modulo } from '../calendar.ts'
import { turnsTakenAt } from '../engine/rotation.ts'
import type { Group, Rotation } from '../engine/schedule.ts'
import type { LayerFields, LayerInput } from './layer.ts'
import type { Placement } from '../shifts/shift-layers.ts'
import { findZone } from '../zone.ts'

/** What a layer means to the engine. The zone is the layer's own, else the schedule's, else UTC; both were checked when they were stored. */
export function rotationOf(layer: LayerFields & { readonly id: string }, { timeZone, ...era }: Placement): Rotation {
  const { id, level, groups, firstGroup, startLocal, untilLocal, turn, restrictions, consumption } = layer
  return {
    kind: 'rotation',
    id,
    level,
    ...era,
    zone: known(findZone(layer.timeZone ?? timeZone ?? 'UTC'), 'a stored time zone is known'),
    groups: [...groups.slice(firstGroup), ...groups.slice(0, firstGroup)],
    startLocal,
    endLocal: untilLocal,
    turn,
    restrictions,
    consumption,
  }
}

/** When a layer is edited, and the zone of its schedule. */
export type Edit = { readonly now: Instant; readonly timeZone: string | null }

/** The layer with the first group that gives a group the turn that is under way; where none is, the first turn. */
export function withTurnNow<Layer extends LayerFields>(layer: Layer, group: number, edit: Edit): Layer {
  return { ...layer, firstGroup: modulo(group - turnsTaken(layer, edit), layer.groups.length) }
}

/**
 * An edited layer with the first group that leaves the turn that is under way with those who have it; where none is, the first turn. When
 * they are not in the layer any more, it is the turn of the group that would have come next.
 */
export function keepingTurn<Layer extends LayerFields>(before: LayerFields, after: Layer, edit: Edit): Layer {
  const onTurn = modulo(before.firstGroup + turnsTaken(before, edit), before.groups.length)
  const inOrder = [...before.groups.keys()].map((ahead) => (onTurn + ahead) % before.groups.length)
  for (const index of inOrder) {
    const place = placeOf(known(before.groups[index], 'the remainder is within the list'), { index, groups: after.groups })
    if (place !== null) return withTurnNow(after, place, edit)
  }
  return withTurnNow(after, 0, edit)
}

/** What a body asks for, with the first group that gives the turn under way to whom it shall have. Null: a new layer. */
export function settled({ layer, turnNow }: LayerInput, before: LayerFields | null, edit: Edit): LayerFields {
  if (turnNow === 'first') return layer
  if (turnNow !== 'keep') return withTurnNow(layer, turnNow, edit)
  return before === null ? layer : keepingTurn(before, layer, edit)
}

function turnsTaken(layer: LayerFields, { now, timeZone }: Edit): number {
  if (findZone(layer.timeZone ?? timeZone ?? 'UTC') === null) return 0
  return turnsTakenAt(rotationOf({ ...layer, id: '' }, { fromAt: null, toAt: null, timeZone }), now) ?? 0
}

/** Where a group is among others: where it was, else the first that is the same, else the first that has somebody of it. */
function placeOf(group: Group, { index, groups }: { readonly index: number; readonly groups: readonly Group[] }): number | null {
  const isSame = (other: Group | undefined): boolean =>
    other !== undefined && other.length === group.length && other.every((id) => group.includes(id))
  if (isSame(groups[index])) return index
  const same = groups.findIndex(isSame)
  const place = same >= 0 ? same : groups.findIndex((other) => other.some((id) => group.includes(id)))
  return place >= 0 ? place : null
}
