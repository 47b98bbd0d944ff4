import { typeFault } from './fault.ts'
import { functionValue } from './member.ts'
import { isEqual } from './truth.ts'
import { type Function, type Instance, tuple, undefinedValue, type Value } from './value.ts'

/** Where a loop is. Changed in place from item to item. */
export type LoopState = {
  readonly items: readonly Value[]
  readonly depth: number
  index: number
  /** What `changed` was given last; null: nothing yet. */
  lastChanged: Value
}

/** What `loop` stands for inside of a loop; `recurse` renders the loop for other items, where it says `recursive`. */
export function loopValue(state: LoopState, recurse: Function | null): Instance {
  const { items, depth } = state
  const integer = (value: number): Value => BigInt(value)
  const members: ReadonlyMap<string, () => Value> = new Map<string, () => Value>([
    ['index', () => integer(state.index + 1)],
    ['index0', () => integer(state.index)],
    ['revindex', () => integer(items.length - state.index)],
    ['revindex0', () => integer(items.length - state.index - 1)],
    ['first', () => state.index === 0],
    ['last', () => state.index === items.length - 1],
    ['length', () => integer(items.length)],
    ['depth', () => integer(depth + 1)],
    ['depth0', () => integer(depth)],
    ['previtem', () => items[state.index - 1] ?? absent(state.index > 0, 'there is no previous item')],
    ['nextitem', () => items[state.index + 1] ?? absent(state.index + 1 < items.length, 'there is no next item')],
    ['cycle', () => functionValue({ text: '<bound method LoopContext.cycle>', work: cycle(state) })],
    ['changed', () => functionValue({ text: '<bound method LoopContext.changed>', work: changed(state) })],
  ])
  return {
    kind: 'instance',
    typeName: 'LoopContext',
    module: 'jinja2.runtime',
    text: () => `<LoopContext ${state.index + 1}/${items.length}>`,
    member: (name) => members.get(name)?.(),
    length: () => items.length,
    call: (given, runtime) => {
      if (recurse === null) throw typeFault("The loop must have the 'recursive' marker to be called recursively.")
      return recurse(given, runtime)
    },
  }
}

/** An item that is None is there. */
const absent = (isThere: boolean, message: string): Value => (isThere ? null : undefinedValue(message))

const cycle =
  (state: LoopState): Function =>
  ({ positional: items }) => {
    if (items.length === 0) throw typeFault('no items for cycling given')
    return items[state.index % items.length] ?? null
  }

const changed =
  (state: LoopState): Function =>
  ({ positional }, { budget }) => {
    const value = tuple(positional)
    if (isEqual(state.lastChanged, value, budget)) return false
    state.lastChanged = value
    return true
  }
