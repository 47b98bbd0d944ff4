import { asCount, required, withParameters } from './arguments.ts'
import { calculate } from './arithmetic.ts'
import { type Budget, spendItems, spendText } from './budget.ts'
import { hashOf, pairsOf } from './dict.ts'
import { runtimeFault, typeFault } from './fault.ts'
import { itemsOf, iterate, length, visit } from './iteration.ts'
import { faultOf, holds, sortBy } from './order.ts'
import { getterOf, gettersOf, ignoringCase } from './path.ts'
import { printedMarked } from './print.ts'
import { charactersOf } from './python-text.ts'
import { isEqual, isTrue } from './truth.ts'
import {
  type Function,
  generator,
  isDict,
  isList,
  isTuple,
  isUndefined,
  list,
  markedOf,
  type Runtime,
  textLike,
  textOf,
  textOfMarked,
  type Tuple,
  typeName,
  undefinedValue,
  type Value,
} from './value.ts'

/** The key that `sort` and the like go by. */
function keyBy(attribute: Value, isCaseSensitive: Value, { budget }: Runtime): (item: Value) => Value {
  const get = getterOf(attribute, null, budget)
  return (item) => (isTrue(isCaseSensitive) ? get(item) : ignoringCase(get(item), budget))
}

const sort = withParameters(
  { title: 'do_sort', hidden: 1, parameters: { value: required, reverse: false, case_sensitive: false, attribute: null } },
  (ask, { budget }) => {
    const getters = gettersOf(ask('attribute'), budget)
    const isCaseSensitive = isTrue(ask('case_sensitive'))
    const keyOf = (item: Value): Value =>
      list(getters.map((get) => (isCaseSensitive ? get(item) : ignoringCase(get(item), budget))))
    return list(sortBy(itemsOf(ask('value'), budget), { keyOf, isReversed: isTrue(ask('reverse')), budget }))
  },
)

const dictSort = withParameters(
  { title: 'do_dictsort', parameters: { value: required, case_sensitive: false, by: 'key', reverse: false } },
  (ask, { budget }) => {
    const value = ask('value')
    const place = ['key', 'value'].indexOf(textOf(ask('by')) ?? '')
    if (place === -1) throw runtimeFault('You can only sort by either "key" or "value"')
    if (isUndefined(value)) throw faultOf(value)
    if (!isDict(value)) throw runtimeFault(`'${typeName(value)}' object has no attribute 'items'`)
    spendItems(budget, value.entries.size)
    const keyOf = (pair: Value): Value => {
      const part = isTuple(pair) ? (pair.items[place] ?? null) : null
      return isTrue(ask('case_sensitive')) ? part : ignoringCase(part, budget)
    }
    return list(sortBy(Array.from(pairsOf(value)), { keyOf, isReversed: isTrue(ask('reverse')), budget }))
  },
)

const unique = withParameters(
  { title: 'do_unique', hidden: 1, parameters: { value: required, case_sensitive: false, attribute: null } },
  (ask, runtime) => {
    const keyOf = keyBy(ask('attribute'), ask('case_sensitive'), runtime)
    return generator('do_unique', distinct(visit(ask('value'), runtime.budget), { keyOf, budget: runtime.budget }))
  },
)

function* distinct(
  items: Iterable<Value>,
  { keyOf, budget }: { readonly keyOf: (item: Value) => Value; readonly budget: Budget },
): Generator<Value, undefined> {
  const seen = new Set()
  for (const item of items) {
    const key = hashOf(keyOf(item))
    if (seen.has(key)) continue
    spendItems(budget, 1)
    seen.add(key)
    yield item
  }
}

/** The least or the greatest item, the first of several. */
const extreme = (name: string, operator: '<' | '>'): readonly [string, Function] => [
  name,
  withParameters(
    { title: `do_${name}`, hidden: 1, parameters: { value: required, case_sensitive: false, attribute: null } },
    (ask, runtime) => {
      const keyOf = keyBy(ask('attribute'), ask('case_sensitive'), runtime)
      let best: { readonly item: Value; readonly key: Value } | null = null
      for (const item of visit(ask('value'), runtime.budget)) {
        const key = keyOf(item)
        if (best === null || holds(operator, { left: key, right: best.key, budget: runtime.budget })) best = { item, key }
      }
      return best === null ? undefinedValue('No aggregated item, sequence was empty.') : best.item
    },
  ),
]

const sum = withParameters(
  { title: 'do_sum', hidden: 1, parameters: { iterable: required, attribute: null, start: 0n } },
  (ask, { budget }) => {
    const get = getterOf(ask('attribute'), null, budget)
    let total = ask('start')
    if (textOf(total) !== null) throw typeFault("sum() can't sum strings [use ''.join(seq) instead]")
    for (const item of visit(ask('iterable'), budget)) total = calculate('+', { left: total, right: get(item), budget })
    return total
  },
)

const join = withParameters(
  { title: 'sync_do_join', hidden: 1, parameters: { value: required, d: '', attribute: null } },
  (ask, { budget }) => {
    const get = getterOf(ask('attribute'), null, budget)
    const separator = printedMarked(ask('d'), budget)
    const parts: string[] = []
    for (const item of visit(ask('value'), budget)) {
      const part = printedMarked(get(item), budget)
      spendText(budget, part.length + separator.length)
      parts.push(part)
    }
    return textOfMarked(parts.join(separator))
  },
)

const first = withParameters({ title: 'sync_do_first', hidden: 1, parameters: { seq: required } }, (ask, { budget }) => {
  for (const item of visit(ask('seq'), budget)) return item
  return undefinedValue('No first item, sequence was empty.')
})

const last = withParameters({ title: 'do_last', hidden: 1, parameters: { seq: required } }, (ask, { budget }) => {
  const value = ask('seq')
  if (iterate(value) === null || (typeof value === 'object' && value?.kind === 'generator')) {
    throw typeFault(`'${typeName(value)}' object is not reversible`)
  }
  const found = itemsOf(value, budget).at(-1)
  return found === undefined ? undefinedValue('No last item, sequence was empty.') : found
})

const random = withParameters({ title: 'do_random', hidden: 1, parameters: { seq: required } }, (ask, runtime) => {
  const count = length(ask('seq'), runtime.budget)
  const items = itemsOf(ask('seq'), runtime.budget)
  const found = items[Math.floor(runtime.random() * count)]
  return found === undefined ? undefinedValue('No random item, sequence was empty.') : found
})

const reverse = withParameters({ title: 'do_reverse', parameters: { value: required } }, (ask, { budget }) => {
  const value = ask('value')
  const text = markedOf(value)
  if (text !== null) {
    spendText(budget, text.length)
    return textLike(value, charactersOf(text).toReversed().join(''))
  }
  if (iterate(value) === null) throw runtimeFault('argument must be iterable')
  const items = itemsOf(value, budget).toReversed()
  // A list that is turned round is gone through once; anything else becomes a list.
  return isList(value) || isTuple(value) || isDict(value) ? generator('list_reverseiterator', items.values()) : list(items)
})

const batch = withParameters(
  { title: 'do_batch', parameters: { value: required, linecount: required, fill_with: null } },
  (ask, { budget }) => {
    const size = asCount(ask('linecount'))
    return generator('do_batch', batches(visit(ask('value'), budget), { size, filler: ask('fill_with'), budget }))
  },
)

type Batching = { readonly size: number; readonly filler: Value; readonly budget: Budget }

function* batches(items: Iterable<Value>, { size, filler, budget }: Batching): Generator<Value, undefined> {
  let current: Value[] = []
  for (const item of items) {
    if (current.length === size) {
      yield list(current)
      current = []
    }
    spendItems(budget, 1)
    current.push(item)
  }
  if (current.length === 0) return
  if (filler !== null && current.length < size) {
    spendItems(budget, size - current.length)
    while (current.length < size) current.push(filler)
  }
  yield list(current)
}

const slice = withParameters(
  { title: 'sync_do_slice', parameters: { value: required, slices: required, fill_with: null } },
  (ask, { budget }) => {
    return generator('sync_do_slice', slices(ask('value'), { size: asCount(ask('slices')), filler: ask('fill_with'), budget }))
  },
)

function* slices(value: Value, { size: count, filler, budget }: Batching): Generator<Value, undefined> {
  const items = itemsOf(value, budget)
  if (count === 0) throw runtimeFault('integer division or modulo by zero')
  spendItems(budget, Math.max(0, count))
  const size = Math.floor(items.length / count)
  const longer = items.length % count
  let start = 0
  for (let index = 0; index < count; index += 1) {
    const end = start + size + (index < longer ? 1 : 0)
    const part = items.slice(start, end)
    if (filler !== null && index >= longer) part.push(filler)
    yield list(part)
    start = end
  }
}

const groupBy = withParameters(
  {
    title: 'sync_do_groupby',
    hidden: 1,
    parameters: { value: required, attribute: required, default: null, case_sensitive: false },
  },
  (ask, { budget }) => {
    const get = getterOf(ask('attribute'), ask('default'), budget)
    const keyOf = (item: Value): Value => (isTrue(ask('case_sensitive')) ? get(item) : ignoringCase(get(item), budget))
    const groups: { readonly key: Value; readonly items: Value[] }[] = []
    for (const item of sortBy(itemsOf(ask('value'), budget), { keyOf, isReversed: false, budget })) {
      const key = keyOf(item)
      const group = groups.at(-1)
      if (group !== undefined && isEqual(group.key, key, budget)) group.items.push(item)
      else groups.push({ key, items: [item] })
    }
    return list(groups.map(({ items }) => groupOf(get(items[0] ?? null), items)))
  },
)

const groupOf = (grouper: Value, items: Value[]): Tuple => ({
  kind: 'tuple',
  items: [grouper, list(items)],
  names: ['grouper', 'list'],
})

const items = withParameters({ title: 'do_items', parameters: { value: required } }, (ask) =>
  generator('do_items', itemPairs(ask('value'))),
)

function* itemPairs(value: Value): Generator<Value, undefined> {
  if (isUndefined(value)) return
  if (!isDict(value)) throw typeFault('Can only get item pairs from a mapping.')
  yield* pairsOf(value)
}

const count = withParameters({ title: 'len', parameters: { obj: required } }, (ask, { budget }) =>
  BigInt(length(ask('obj'), budget)),
)

export const listFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['sort', sort],
  ['dictsort', dictSort],
  ['unique', unique],
  extreme('min', '<'),
  extreme('max', '>'),
  ['sum', sum],
  ['join', join],
  ['first', first],
  ['last', last],
  ['random', random],
  ['reverse', reverse],
  ['batch', batch],
  ['slice', slice],
  ['groupby', groupBy],
  ['items', items],
  ['length', count],
  ['count', count],
  [
    'list',
    withParameters({ title: 'sync_do_list', parameters: { value: required } }, (ask, { budget }) =>
      list(itemsOf(ask('value'), budget)),
    ),
  ],
])
