import { hashOf } from './dict.ts'
import { type Budget, deeper, spend, spendReading } from './budget.ts'
import { isInstance, textOf, type Value } from './value.ts'

/** Whether Python takes a value for true. */
export function isTrue(value: Value): boolean {
  if (value === null) return false
  switch (typeof value) {
    case 'boolean':
      return value
    case 'bigint':
      return value !== 0n
    case 'number':
      return value !== 0
    case 'string':
      return value !== ''
    default:
      return isTrueObject(value)
  }
}

function isTrueObject(value: Exclude<Value, null | boolean | bigint | number | string>): boolean {
  switch (value.kind) {
    case 'list':
    case 'tuple':
      return value.items.length > 0
    case 'dict':
      return value.entries.size > 0
    case 'text':
      return value.text !== ''
    case 'undefined':
      return false
    case 'generator':
      return true
    case 'instance':
      return value.isTrue?.() ?? (value.length === undefined || value.length() > 0)
  }
}

/** Whether two values are equal for Python: 1, 1.0 and True are; a list and a tuple never are. */
export function isEqual(left: Value, right: Value, budget: Budget): boolean {
  spend(budget, 1)
  if (left === right) return true
  const leftNumber = numberOf(left)
  const rightNumber = numberOf(right)
  // Two kinds of numbers are compared by their values, exactly.
  if (leftNumber !== null && rightNumber !== null) return isSameNumber(leftNumber, rightNumber)
  const leftText = textOf(left)
  if (leftText !== null) {
    spendReading(budget, leftText.length)
    return leftText === textOf(right)
  }
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false
  return deeper(budget, () => isEqualObject(left, right, budget))
}

type Plain = null | boolean | bigint | number | string

function isEqualObject(left: Exclude<Value, Plain>, right: Exclude<Value, Plain>, budget: Budget): boolean {
  if (left.kind !== right.kind) return false
  if ((left.kind === 'list' && right.kind === 'list') || (left.kind === 'tuple' && right.kind === 'tuple')) {
    return (
      left.items.length === right.items.length &&
      left.items.every((item, index) => isEqual(item, right.items[index] ?? null, budget))
    )
  }
  if (left.kind === 'dict' && right.kind === 'dict') {
    if (left.entries.size !== right.entries.size) return false
    for (const { key, value } of left.entries.values()) {
      const other = right.entries.get(hashOf(key))
      if (other === undefined || !isEqual(value, other.value, budget)) return false
    }
    return true
  }
  if (isInstance(left) && isInstance(right)) {
    return left.key !== undefined && left.typeName === right.typeName && left.key === right.key
  }
  return left.kind === 'undefined'
}

/** True and False are numbers, too; null for what is none. */
export function numberOf(value: Value): bigint | number | null {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return typeof value === 'boolean' ? BigInt(value) : null
}

/** JavaScript compares an int with a float exactly, as Python does. */
// oxlint-disable-next-line eqeqeq
const isSameNumber = (left: bigint | number, right: bigint | number): boolean => left == right
