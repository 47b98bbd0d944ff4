import { type Budget, deeper, spend, spendReading } from './budget.ts'
import { securityFault, type TemplateFault, typeFault, undefinedFault } from './fault.ts'
import { isEqual, numberOf } from './truth.ts'
import { isInstance, isList, isTuple, operandName, textOf, type Undefined, type Value } from './value.ts'

type Ordering = '<' | '<=' | '>' | '>='

/** Whether a comparison holds; what cannot be put in order is a fault. */
export function holds(operator: Ordering, { left, right, budget }: { left: Value; right: Value; budget: Budget }): boolean {
  const order = orderOf(left, right, { operator, budget })
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** Below 0: the left one comes first. NaN: neither does, as with the float of that name. */
function orderOf(left: Value, right: Value, by: { readonly operator: Ordering; readonly budget: Budget }): number {
  spend(by.budget, 1)
  for (const value of [left, right])
    if (value !== null && typeof value === 'object' && value.kind === 'undefined') throw faultOf(value)
  const leftNumber = numberOf(left)
  const rightNumber = numberOf(right)
  if (leftNumber !== null && rightNumber !== null) {
    return leftNumber < rightNumber ? -1 : leftNumber > rightNumber ? 1 : leftNumber >= rightNumber ? 0 : Number.NaN
  }
  const leftText = textOf(left)
  const rightText = textOf(right)
  if (leftText !== null && rightText !== null) {
    spendReading(by.budget, Math.min(leftText.length, rightText.length))
    return orderOfTexts(leftText, rightText)
  }
  const isSequence = (isList(left) && isList(right)) || (isTuple(left) && isTuple(right))
  if (isSequence) return deeper(by.budget, () => orderOfItems(left.items, right.items, by))
  const order = isInstance(left) && isInstance(right) ? (left.compare?.(right) ?? null) : null
  if (order !== null) return order
  throw typeFault(`'${by.operator}' not supported between instances of '${operandName(left)}' and '${operandName(right)}'`)
}

/** By code points: JavaScript's own order puts characters beyond U+FFFF before some that come earlier. */
export function orderOfTexts(left: string, right: string): number {
  if (left === right) return 0
  const end = Math.min(left.length, right.length)
  for (let index = 0; index < end; index += 1) {
    const unit = left.charCodeAt(index)
    const other = right.charCodeAt(index)
    if (unit === other) continue
    const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff
    return isSurrogate(unit) === isSurrogate(other) ? unit - other : isSurrogate(unit) ? 1 : -1
  }
  return left.length - right.length
}

function orderOfItems(
  left: readonly Value[],
  right: readonly Value[],
  by: { readonly operator: Ordering; readonly budget: Budget },
): number {
  for (const [index, item] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    if (!isEqual(item, other, by.budget)) return orderOf(item, other, by)
  }
  return left.length - right.length
}

/** What comes of using a value that is not there. */
export const faultOf = ({ message, isForbidden }: Undefined): TemplateFault =>
  isForbidden ? securityFault(message) : undefinedFault(message)

/** Sorts by keys; what is equal stays in its order, also when reversed. */
export function sortBy(
  values: readonly Value[],
  { keyOf, isReversed, budget }: { keyOf: (value: Value) => Value; isReversed: boolean; budget: Budget },
): Value[] {
  const keyed = values.map((value) => ({ value, key: keyOf(value) }))
  if (isReversed) keyed.reverse()
  keyed.sort((left, right) => (isLess(left.key, right.key, budget) ? -1 : isLess(right.key, left.key, budget) ? 1 : 0))
  if (isReversed) keyed.reverse()
  return keyed.map(({ value }) => value)
}

const isLess = (left: Value, right: Value, budget: Budget): boolean => holds('<', { left, right, budget })
