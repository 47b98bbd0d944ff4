/** A priority queue: the smallest comes out first. */
export type Heap<Item> = {
  push(item: Item): void
  pop(): Item | undefined
  size(): number
}

/** A binary heap. `isBefore` must be a total order, or what comes out first is left to chance. */
export function newHeap<Item>(isBefore: (a: Item, b: Item) => boolean): Heap<Item> {
  const items: Item[] = []
  const isSmaller = (a: number, b: number): boolean => {
    const [left, right] = [items[a], items[b]]
    return left !== undefined && right !== undefined && isBefore(left, right)
  }
  const swap = (a: number, b: number): void => {
    const [left, right] = [items[a], items[b]]
    if (left === undefined || right === undefined) return
    items[a] = right
    items[b] = left
  }
  const rise = (index: number): void => {
    for (let at = index; at > 0 && isSmaller(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1)
  }
  const sink = (): void => {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const child = isSmaller(right, left) ? right : left
      if (!isSmaller(child, at)) return
      swap(at, child)
      at = child
    }
  }
  return {
    push: (item) => {
      items.push(item)
      rise(items.length - 1)
    },
    pop: () => {
      swap(0, items.length - 1)
      const item = items.pop()
      sink()
      return item
    },
    size: () => items.length,
  }
}
