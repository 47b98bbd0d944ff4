import type { Dict, Entry, Hash, List, Value } from './value.ts'

/** A list whose items are made when somebody first asks for them. */
export function lazyList(make: () => Value[]): List {
  let made: Value[] | null = null
  return {
    kind: 'list',
    get items() {
      return (made ??= make())
    },
  }
}

/** What a dict has beside its entries. */
export type Traits = Pick<Dict, 'missing' | 'shown'>

/** A dict whose entries are made when somebody first asks for them. */
export function lazyDict(make: () => Map<Hash, Entry>, { missing, shown }: Traits = {}): Dict {
  let made: Map<Hash, Entry> | null = null
  return {
    kind: 'dict',
    get entries() {
      return (made ??= make())
    },
    ...(missing === undefined ? {} : { missing }),
    ...(shown === undefined ? {} : { shown }),
  }
}
