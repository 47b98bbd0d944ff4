/** Cuts a list into parts of so many, the last of which may have fewer. */
export const partsOf = <Item>(items: readonly Item[], sizeMax: number): readonly Item[][] =>
  Array.from({ length: Math.ceil(items.length / sizeMax) }, (_, index) => items.slice(index * sizeMax, (index + 1) * sizeMax))
