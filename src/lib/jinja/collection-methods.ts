import { asCount, required, withParameters } from './arguments.ts'
import { type Budget, spendItems } from './budget.ts'
import { dictOf, getItem, hashOf, pairsOf, setItem } from './dict.ts'
import { keyFault, runtimeFault, typeFault, valueFault } from './fault.ts'
import { itemsOf, length } from './iteration.ts'
import { sortBy } from './order.ts'
import { printed, repr } from './print.ts'
import { isEqual, isTrue } from './truth.ts'
import { type Dict, type Function, isDict, type Instance, isList, isTuple, list, tuple, type Value } from './value.ts'

/** The list that a method belongs to. */
function listOf(value: Value): Value[] {
  if (!isList(value)) throw typeFault('a method of list needs a list')
  return value.items
}

function dictOfSelf(value: Value): Dict {
  if (!isDict(value)) throw typeFault('a method of dict needs a dict')
  return value
}

const method = withParameters

const index = method({ title: 'index', hidden: -1, parameters: { self: required, value: required } }, (ask, { budget }) => {
  const items = readable(ask('self'))
  const found = items.findIndex((item) => isEqual(item, ask('value'), budget))
  if (found === -1)
    throw valueFault(isList(ask('self')) ? `${repr(ask('value'), budget)} is not in list` : 'tuple.index(x): x not in tuple')
  return BigInt(found)
})

const count = method({ title: 'count', hidden: -1, parameters: { self: required, value: required } }, (ask, { budget }) =>
  BigInt(readable(ask('self')).filter((item) => isEqual(item, ask('value'), budget)).length),
)

const readable = (self: Value): readonly Value[] => (isTuple(self) ? self.items : listOf(self))

export const tupleMethods: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['index', index],
  ['count', count],
])

const extend = method(
  { title: 'list.extend', hidden: -1, parameters: { self: required, iterable: required } },
  (ask, { budget }) => {
    // First all are taken: a list may be extended by itself.
    for (const item of itemsOf(ask('iterable'), budget)) listOf(ask('self')).push(item)
    return null
  },
)

const insert = method(
  { title: 'insert', hidden: -1, parameters: { self: required, index: required, object: required } },
  (ask, { budget }) => {
    const items = listOf(ask('self'))
    spendItems(budget, 1 + Math.ceil(items.length / 64))
    items.splice(asCount(ask('index')), 0, ask('object'))
    return null
  },
)

const popItem = method({ title: 'pop', hidden: -1, parameters: { self: required, index: -1n } }, (ask, { budget }) => {
  const items = listOf(ask('self'))
  spendItems(budget, 1 + Math.ceil(items.length / 64))
  if (items.length === 0) throw runtimeFault('pop from empty list')
  const place = asCount(ask('index'))
  const from = place < 0 ? place + items.length : place
  if (from < 0 || from >= items.length) throw runtimeFault('pop index out of range')
  return items.splice(from, 1)[0] ?? null
})

const removeItem = method(
  { title: 'list.remove', hidden: -1, parameters: { self: required, value: required } },
  (ask, { budget }) => {
    const items = listOf(ask('self'))
    const found = items.findIndex((item) => isEqual(item, ask('value'), budget))
    if (found === -1) throw valueFault('list.remove(x): x not in list')
    items.splice(found, 1)
    return null
  },
)

const sort = method({ title: 'sort', hidden: -1, parameters: { self: required, reverse: false } }, (ask, { budget }) => {
  const items = listOf(ask('self'))
  const sorted = sortBy(items, { keyOf: (item) => item, isReversed: isTrue(ask('reverse')), budget })
  for (const [place, item] of sorted.entries()) items[place] = item
  return null
})

const onList = (name: string, work: (items: Value[], budget: Budget) => Value): readonly [string, Function] => [
  name,
  method({ title: `list.${name}`, hidden: -1, parameters: { self: required } }, (ask, { budget }) => {
    const items = listOf(ask('self'))
    spendItems(budget, items.length)
    return work(items, budget)
  }),
]

const emptied = (items: Value[]): null => {
  items.length = 0
  return null
}

const reversed = (items: Value[]): null => {
  items.reverse()
  return null
}

export const listMethods: ReadonlyMap<string, Function> = new Map<string, Function>([
  [
    'append',
    method({ title: 'list.append', hidden: -1, parameters: { self: required, object: required } }, (ask, { budget }) => {
      spendItems(budget, 1)
      listOf(ask('self')).push(ask('object'))
      return null
    }),
  ],
  ['extend', extend],
  ['insert', insert],
  ['pop', popItem],
  ['remove', removeItem],
  ['sort', sort],
  ['index', index],
  ['count', count],
  onList('copy', (items) => list([...items])),
  onList('clear', emptied),
  onList('reverse', reversed),
])

/** What `keys`, `values` and `items` give: it follows the dict. */
function view(typeName: string, dict: Dict, itemsOfDict: () => Iterable<Value>): Instance {
  return {
    kind: 'instance',
    typeName,
    text: (budget) => `${typeName}(${printed(list(Array.from(itemsOfDict())), budget)})`,
    items: itemsOfDict,
    length: () => dict.entries.size,
  }
}

const onDict = (name: string, work: (dict: Dict, budget: Budget) => Value): readonly [string, Function] => [
  name,
  method({ title: `dict.${name}`, hidden: -1, parameters: { self: required } }, (ask, { budget }) =>
    work(dictOfSelf(ask('self')), budget),
  ),
]

const get = method({ title: 'get', hidden: -1, parameters: { self: required, key: required, default: null } }, (ask) => {
  const dict = dictOfSelf(ask('self'))
  const found = getItem(dict, ask('key'))
  return found === undefined ? ask('default') : found
})

const nothing = Symbol('nothing')

const popKey: Function = ({ positional: [self = null, key, otherwise = nothing] }) => {
  if (key === undefined) throw typeFault('pop expected at least 1 argument, got 0')
  const { entries } = dictOfSelf(self)
  const found = entries.get(hashOf(key))
  entries.delete(hashOf(key))
  if (found !== undefined) return found.value
  if (typeof otherwise === 'symbol') throw keyFault(typeof key === 'string' ? `'${key}'` : 'the key is not there')
  return otherwise
}

const setDefault = method(
  { title: 'setdefault', hidden: -1, parameters: { self: required, key: required, default: null } },
  (ask, { budget }) => {
    const dict = dictOfSelf(ask('self'))
    const known = getItem(dict, ask('key'))
    if (known !== undefined) return known
    spendItems(budget, 1)
    setItem(dict, ask('key'), ask('default'))
    return ask('default')
  },
)

const update: Function = ({ positional: [self = null, ...others], named }, { budget }) => {
  const dict = dictOfSelf(self)
  for (const other of others) {
    for (const [key, value] of pairsIn(other, budget)) setItem(dict, key, value)
  }
  spendItems(budget, named.size)
  for (const [name, value] of named) setItem(dict, name, value)
  return null
}

/** What a dict can be made of: another one, or a list of pairs. */
export function pairsIn(value: Value, budget: Budget): readonly (readonly [Value, Value])[] {
  const items = isDict(value) ? Array.from(pairsOf(value)) : itemsOf(value, budget)
  spendItems(budget, items.length)
  return items.map((item, place) => {
    const parts = itemsOf(item, budget)
    const [key = null, member = null] = parts
    if (parts.length === 2) return [key, member] as const
    throw valueFault(`dictionary update sequence element #${place} has length ${length(item, budget)}; 2 is required`)
  })
}

export const dictMethods: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['get', get],
  ['pop', popKey],
  ['setdefault', setDefault],
  ['update', update],
  onDict('keys', (dict) => view('dict_keys', dict, () => dict.entries.values().map(({ key }) => key))),
  onDict('values', (dict) => view('dict_values', dict, () => dict.entries.values().map(({ value }) => value))),
  onDict('items', (dict) => view('dict_items', dict, () => pairsOf(dict))),
  onDict('copy', (dict, budget) => {
    spendItems(budget, dict.entries.size)
    return dictOf(Array.from(dict.entries.values(), ({ key, value }) => [key, value] as const))
  }),
  onDict('clear', ({ entries }) => {
    entries.clear()
    return null
  }),
  onDict('popitem', ({ entries }) => {
    const last = Array.from(entries.values()).at(-1)
    if (last === undefined) throw keyFault("'popitem(): dictionary is empty'")
    entries.delete(hashOf(last.key))
    return tuple([last.key, last.value])
  }),
])
