import type { Dict, Entry, Hash, List, Value } from './value.ts'

/** A list whose items are made when somebody first asks for them. */
export const lazyList = (make: () => Value[]): List => new LazyList(make)

/** A dict whose entries are made when somebody first asks for them; `missing` is as that of `Dict`. */
export function lazyDict(make: () => Map<Hash, Entry>, missing?: Value): Dict {
  const dict: Dict = new LazyDict(make)
  return missing === undefined ? dict : Object.assign(dict, { missing })
}

// Classes, because a getter in an object of its own takes many times as long to be made, and there is one for each list.

class LazyList {
  readonly kind = 'list'
  #made: Value[] | null = null
  readonly #make: () => Value[]
  constructor(make: () => Value[]) {
    this.#make = make
  }
  get items(): Value[] {
    return (this.#made ??= this.#make())
  }
}

class LazyDict {
  readonly kind = 'dict'
  #made: Map<Hash, Entry> | null = null
  readonly #make: () => Map<Hash, Entry>
  constructor(make: () => Map<Hash, Entry>) {
    this.#make = make
  }
  get entries(): Map<Hash, Entry> {
    return (this.#made ??= this.#make())
  }
}
