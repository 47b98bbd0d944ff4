/** The largest position that the database holds. */
export const positionMax = 2_147_483_647

/** A thing with a place in an order; several places may be free. */
export type Placed<Id> = { readonly id: Id; readonly position: number }

/** The place after all others. */
export function endOf(placed: readonly Placed<unknown>[]): number {
  return placed.reduce((end, { position }) => Math.max(end, position + 1), 0)
}

/** Takes all gaps out of the order. Returns who changes place. */
export function closeUp<Id>(placed: readonly Placed<Id>[]): readonly Placed<Id>[] {
  const inOrder = placed.toSorted((one, other) => one.position - other.position)
  return inOrder.flatMap(({ id, position }, index) => (position === index ? [] : [{ id, position: index }]))
}

/** Moves one to a position; those between its old place and the new one close up or make room. Returns who changes place. */
export function moveTo<Id>(placed: readonly Placed<Id>[], id: Id, position: number): readonly Placed<Id>[] {
  const from = positionOf(placed, id)
  if (from === null || from === position) return []
  const others = placed.flatMap((other) => {
    if (from < other.position && other.position <= position) return [{ id: other.id, position: other.position - 1 }]
    if (position <= other.position && other.position < from) return [{ id: other.id, position: other.position + 1 }]
    return []
  })
  return [...others, { id, position }]
}

/** Moves one to a position and gives its old place to who was there. Returns who changes place. */
export function swapTo<Id>(placed: readonly Placed<Id>[], id: Id, position: number): readonly Placed<Id>[] {
  const from = positionOf(placed, id)
  if (from === null || from === position) return []
  const others = placed.filter((other) => other.position === position).map((other) => ({ id: other.id, position: from }))
  return [...others, { id, position }]
}

const positionOf = <Id>(placed: readonly Placed<Id>[], id: Id): number | null =>
  placed.find((one) => one.id === id)?.position ?? null
