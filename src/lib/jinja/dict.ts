import { typeFault } from './fault.ts'
import { type Dict, type Entry, type Hash, isInstance, isTuple, type Tuple, tuple, typeName, type Value } from './value.ts'

/** A dict of such keys and values, in that order. */
export function dictOf(pairs: Iterable<readonly [Value, Value]>): Dict {
  const dict: Dict = { kind: 'dict', entries: new Map() }
  for (const [key, value] of pairs) setItem(dict, key, value)
  return dict
}

/** Sets an item. As in Python, the key that came first stays, and so does its place. */
export function setItem(dict: Dict, key: Value, value: Value): void {
  const hash = hashOf(key)
  dict.entries.set(hash, { key: dict.entries.get(hash)?.key ?? key, value })
}

export function getItem(dict: Dict, key: Value): Value | undefined {
  const entry = dict.entries.get(hashOf(key))
  return entry === undefined ? dict.missing : entry.value
}

/** The item of a text key. */
export const itemNamed = (dict: Dict, name: string): Value | undefined => dict.entries.get(name)?.value

export function* pairsOf(dict: Dict): Generator<Tuple, undefined> {
  for (const { key, value } of dict.entries.values()) yield tuple([key, value])
}

export const keysOf = (dict: Dict): Iterable<Value> => dict.entries.values().map(({ key }: Entry) => key)

/** Throws for what cannot be a key: lists and dicts, whose contents may change. */
export function hashOf(key: Value): Hash {
  if (key === null || typeof key === 'string' || typeof key === 'bigint') return key
  if (typeof key === 'boolean') return key ? 1n : 0n
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key
  if (key.kind === 'text') return key.text
  // Texts of alerts have no NUL, which PostgreSQL does not keep.
  if (isTuple(key)) return `\0tuple\0${key.items.map((item) => hashText(hashOf(item))).join('\0')}`
  if (isInstance(key)) return key.key === undefined ? key : `\0${key.typeName}\0${key.key}`
  if (key.kind === 'undefined') return '\0undefined'
  if (key.kind === 'generator') return key
  throw typeFault(`unhashable type: '${typeName(key)}'`)
}

function hashText(hash: Hash): string {
  if (hash !== null && typeof hash === 'object') throw typeFault(`unhashable type: '${typeName(hash)}'`)
  return `${typeof hash}:${hash}`
}
