import { asCount } from './arguments.ts'
import { type Budget, spendItems, spendText } from './budget.ts'
import { typeFault, valueFault } from './fault.ts'
import { faultOf } from './order.ts'
import { charactersOf } from './python-text.ts'
import { numberOf } from './truth.ts'
import { isDict, isList, isTuple, isUndefined, list, markedOf, textLike, tuple, typeName, type Value } from './value.ts'

/** The parts of `value[start:stop:step]`; None is what is left out. */
export type Bounds = { readonly start: Value; readonly stop: Value; readonly step: Value }

/** The items from one place to before another. */
export function sliceOf(value: Value, bounds: Bounds, budget: Budget): Value {
  if (isUndefined(value)) throw faultOf(value)
  const text = markedOf(value)
  if (text !== null) {
    spendText(budget, text.length)
    const characters = charactersOf(text)
    return textLike(
      value,
      placesOf(characters.length, bounds)
        .map((place) => characters[place] ?? '')
        .join(''),
    )
  }
  if (!isList(value) && !isTuple(value)) {
    throw typeFault(isDict(value) ? "unhashable type: 'slice'" : `'${typeName(value)}' object is not subscriptable`)
  }
  spendItems(budget, value.items.length)
  const items = placesOf(value.items.length, bounds).map((place) => value.items[place] ?? null)
  return isList(value) ? list(items) : tuple(items)
}

/** Places below 0 count from the end; those outside are taken for the nearest end. */
function placesOf(count: number, { start, stop, step }: Bounds): readonly number[] {
  const stride = step === null ? 1 : boundOf(step)
  if (stride === 0) throw valueFault('slice step cannot be zero')
  const [lowest, highest] = stride < 0 ? [-1, count - 1] : [0, count]
  const place = (given: Value, otherwise: number): number => {
    if (given === null) return otherwise
    const index = boundOf(given)
    return Math.min(highest, Math.max(lowest, index < 0 ? index + count : index))
  }
  const end = place(stop, stride < 0 ? lowest : highest)
  const places: number[] = []
  for (let index = place(start, stride < 0 ? highest : 0); stride < 0 ? index > end : index < end; index += stride)
    places.push(index)
  return places
}

function boundOf(value: Value): number {
  if (typeof numberOf(value) === 'bigint') return asCount(value)
  throw typeFault('slice indices must be integers or None or have an __index__ method')
}
