import { type Budget, spend, spendItems, spendReading } from './budget.ts'
import { typeFault, valueFault } from './fault.ts'
import { hashOf, keysOf } from './dict.ts'
import { charactersOf, countOf } from './python-text.ts'
import { isEqual } from './truth.ts'
import { isDict, markedOf, textOf, textOfMarked, typeName, type Value } from './value.ts'

/** The items of a value, one by one; null when it has none to visit. */
export function iterate(value: Value): Iterable<Value> | null {
  if (typeof value === 'string') return charactersOf(value)
  if (value === null || typeof value !== 'object') return null
  switch (value.kind) {
    case 'text':
      return charactersOf(markedOf(value) ?? '').map(textOfMarked)
    case 'list':
    case 'tuple':
      return value.items
    case 'dict':
      return keysOf(value)
    case 'undefined':
      return []
    case 'generator':
      return { [Symbol.iterator]: () => value.items }
    case 'instance':
      return value.items?.() ?? null
  }
}

/** The items of a value, counted against the budget. */
export function* visit(value: Value, budget: Budget): Generator<Value, undefined> {
  const items = iterate(value)
  if (items === null) throw typeFault(`'${typeName(value)}' object is not iterable`)
  for (const item of items) {
    spend(budget, 1)
    yield item
  }
}

/** All items at once, in a list of their own. */
export function itemsOf(value: Value, budget: Budget): Value[] {
  const items: Value[] = []
  for (const item of visit(value, budget)) {
    spendItems(budget, 1)
    items.push(item)
  }
  return items
}

/** Exactly so many items, for so many names. */
export function unpacked(value: Value, count: number, budget: Budget): readonly Value[] {
  if (iterate(value) === null) throw typeFault(`cannot unpack non-iterable ${typeName(value)} object`)
  const items = itemsOf(value, budget)
  if (items.length > count) throw valueFault(`too many values to unpack (expected ${count})`)
  if (items.length < count) throw valueFault(`not enough values to unpack (expected ${count}, got ${items.length})`)
  return items
}

/** How many items a value has; null when it cannot tell. */
function lengthOf(value: Value): number | null {
  const text = textOf(value)
  if (text !== null) return countOf(text)
  if (value === null || typeof value !== 'object') return null
  switch (value.kind) {
    case 'list':
    case 'tuple':
      return value.items.length
    case 'dict':
      return value.entries.size
    case 'undefined':
      return 0
    case 'instance':
      return value.length?.() ?? null
    case 'generator':
    case 'text':
      return null
  }
}

export function length(value: Value, budget: Budget): number {
  spendReading(budget, textOf(value)?.length ?? 0)
  const count = lengthOf(value)
  if (count === null) throw typeFault(`object of type '${typeName(value)}' has no len()`)
  return count
}

/** Python's `in`. */
export function contains(container: Value, item: Value, budget: Budget): boolean {
  const text = textOf(container)
  if (text !== null) {
    const part = textOf(item)
    if (part === null) throw typeFault(`'in <string>' requires string as left operand, not ${typeName(item)}`)
    spend(budget, 1 + Math.ceil(text.length / 64))
    return text.includes(part)
  }
  if (isDict(container)) return container.entries.has(hashOf(item))
  if (iterate(container) === null) throw typeFault(`argument of type '${typeName(container)}' is not iterable`)
  for (const one of visit(container, budget)) if (isEqual(one, item, budget)) return true
  return false
}
