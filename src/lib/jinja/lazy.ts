import { type Dict, type Entry, type Hash, isDict, isList, type List, type Value } from './value.ts'

/** A list whose items are made when somebody first asks for them. */
export const lazyList = (make: () => Value[]): List => new LazyList(make, null)

/** A dict whose entries are made when somebody first asks for them. */
export const lazyDict = (make: () => Map<Hash, Entry>): Dict => new LazyDict(make, null)

/** Another list or dict with copies of the first one's members, made when somebody first asks for them; any other value is what it is. */
export function copyOf(value: Value): Value {
  if (isList(value)) return new LazyList(() => value.items.map(copyOf), value)
  if (!isDict(value)) return value
  const entryOf = ({ key, value: member }: Entry): Entry => ({ key, value: copyOf(member) })
  const dict: Dict = new LazyDict(() => new Map(Array.from(value.entries, ([hash, entry]) => [hash, entryOf(entry)])), value)
  return value.missing === undefined ? dict : Object.assign(dict, { missing: value.missing })
}

/** What a value is a copy of and says the same as, since nobody has asked for its members; null: it stands for itself. */
export function originalOf(value: List | Dict): List | Dict | null {
  return value instanceof LazyList || value instanceof LazyDict ? value.original : null
}

// Classes, because a getter in an object of its own takes many times as long to be made, and there is one for each list.

class LazyList {
  readonly kind = 'list'
  #made: Value[] | null = null
  readonly #make: () => Value[]
  readonly #original: List | null
  constructor(make: () => Value[], original: List | null) {
    this.#make = make
    this.#original = original
  }
  get original(): List | null {
    return this.#made === null ? this.#original : null
  }
  get items(): Value[] {
    return (this.#made ??= this.#make())
  }
}

class LazyDict {
  readonly kind = 'dict'
  #made: Map<Hash, Entry> | null = null
  readonly #make: () => Map<Hash, Entry>
  readonly #original: Dict | null
  constructor(make: () => Map<Hash, Entry>, original: Dict | null) {
    this.#make = make
    this.#original = original
  }
  get original(): Dict | null {
    return this.#made === null ? this.#original : null
  }
  get entries(): Map<Hash, Entry> {
    return (this.#made ??= this.#make())
  }
}
