import { type Budget, spend, spendItems, spendText } from './budget.ts'
import { runtimeFault, typeFault, limitFault } from './fault.ts'
import { escaped } from './html.ts'
import { faultOf } from './order.ts'
import { percentFormat } from './percent-format.ts'
import { numberOf } from './truth.ts'
import {
  htmlOfMarked,
  isHtml,
  isInstance,
  isList,
  isTuple,
  isUndefined,
  list,
  markedOf,
  operandName,
  type Operator,
  textLike,
  textOf,
  textOfMarked,
  tuple,
  typeName,
  type Value,
} from './value.ts'

type Operands = { readonly left: Value; readonly right: Value; readonly budget: Budget }

/** What an operator makes of two values. */
export function calculate(operator: Operator, operands: Operands): Value {
  const { left, right, budget } = operands
  const leftNumber = numberOf(left)
  const rightNumber = numberOf(right)
  if (leftNumber !== null && rightNumber !== null) return calculateNumbers(operator, [leftNumber, rightNumber], budget)
  if (operator === '%' && textOf(left) !== null) return percentFormat(left, right, budget)
  for (const value of [left, right]) if (isUndefined(value)) throw faultOf(value)
  const other =
    (operator === '+' ? concatenated(operands) : null) ??
    (operator === '*' ? repeated(operands) : null) ??
    (isInstance(left) ? left.calculate?.(operator, right, true) : null) ??
    (isInstance(right) ? right.calculate?.(operator, left, false) : null)
  if (other !== null && other !== undefined) return other
  throw operandFault(operator, operands)
}

function operandFault(operator: Operator, { left, right }: Operands) {
  const isSequence = (value: Value): boolean => textOf(value) !== null || isList(value) || isTuple(value)
  if (operator === '+' && isSequence(left)) {
    return typeFault(`can only concatenate ${typeName(left)} (not "${operandName(right)}") to ${typeName(left)}`)
  }
  if (operator === '*' && (isSequence(left) || isSequence(right))) {
    return typeFault(`can't multiply sequence by non-int of type '${typeName(isSequence(left) ? right : left)}'`)
  }
  const shown = operator === '**' ? '** or pow()' : operator
  return typeFault(`unsupported operand type(s) for ${shown}: '${operandName(left)}' and '${operandName(right)}'`)
}

function concatenated({ left, right, budget }: Operands): Value | null {
  const leftText = markedOf(left)
  const rightText = markedOf(right)
  if (leftText !== null && rightText !== null) {
    spendText(budget, leftText.length + rightText.length)
    // What is added to HTML is made HTML first.
    if (isHtml(left) || isHtml(right)) return htmlOfMarked(escaped(left, leftText) + escaped(right, rightText))
    return textOfMarked(leftText + rightText)
  }
  if (isList(left) && isList(right)) {
    spendItems(budget, left.items.length + right.items.length)
    return list([...left.items, ...right.items])
  }
  if (!isTuple(left) || !isTuple(right)) return null
  spendItems(budget, left.items.length + right.items.length)
  return tuple([...left.items, ...right.items])
}

function repeated({ left, right, budget }: Operands): Value | null {
  const [sequence, factor] = typeof numberOf(left) === 'bigint' ? [right, numberOf(left)] : [left, numberOf(right)]
  if (typeof factor !== 'bigint') return null
  const count = factor < 0n ? 0 : Number(factor)
  const text = markedOf(sequence)
  if (text !== null) {
    spendText(budget, text.length * count)
    return textLike(sequence, text === '' ? '' : text.repeat(count))
  }
  if (!isList(sequence) && !isTuple(sequence)) return null
  spendItems(budget, sequence.items.length * count)
  const items = sequence.items.length === 0 ? [] : Array.from({ length: count }, () => sequence.items).flat()
  return isList(sequence) ? list(items) : tuple(items)
}

type Numbers = readonly [bigint | number, bigint | number]

function calculateNumbers(operator: Operator, [left, right]: Numbers, budget: Budget): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return calculateInts(operator, [left, right], budget)
  const [leftFloat, rightFloat] = [toFloat(left), toFloat(right)]
  switch (operator) {
    case '+':
      return leftFloat + rightFloat
    case '-':
      return leftFloat - rightFloat
    case '*':
      return leftFloat * rightFloat
    case '/':
      if (rightFloat === 0) throw runtimeFault('float division by zero')
      return leftFloat / rightFloat
    case '//':
      if (rightFloat === 0) throw runtimeFault('float floor division by zero')
      return flooredQuotient(leftFloat, rightFloat)
    case '%':
      if (rightFloat === 0) throw runtimeFault('float modulo')
      return flooredRemainder(leftFloat, rightFloat)
    case '**':
      return floatPower(leftFloat, rightFloat)
  }
}

/** An int as a float; one that is too large is a fault. */
function toFloat(value: bigint | number): number {
  const float = Number(value)
  if (typeof value === 'bigint' && !Number.isFinite(float)) throw runtimeFault('int too large to convert to float')
  return float
}

/** The remainder has the sign of the divisor. */
function flooredRemainder(left: number, right: number): number {
  const rest = left % right
  if (rest === 0) return right < 0 ? -0 : 0
  return rest < 0 === right < 0 ? rest : rest + right
}

function flooredQuotient(left: number, right: number): number {
  const quotient = (left - flooredRemainder(left, right)) / right
  const floor = Math.floor(quotient)
  return quotient - floor > 0.5 ? floor + 1 : floor
}

function floatPower(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) throw runtimeFault('0.0 cannot be raised to a negative power')
  if (base === 1 || (base === -1 && !Number.isFinite(exponent))) return 1
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw typeFault('complex numbers are not supported')
  }
  const power = base ** exponent
  if (!Number.isFinite(power) && Number.isFinite(base) && Number.isFinite(exponent)) {
    throw runtimeFault("(34, 'Numerical result out of range')")
  }
  return power
}

function calculateInts(operator: Operator, [left, right]: readonly [bigint, bigint], budget: Budget): Value {
  const isZero = right === 0n
  if (!isSmall(left) || !isSmall(right)) spend(budget, stepsOfLarge)
  switch (operator) {
    case '+':
      return sized(left + right)
    case '-':
      return sized(left - right)
    case '*':
      return sized(left * right)
    case '/':
      if (isZero) throw runtimeFault('division by zero')
      return toFloat(left) / toFloat(right)
    case '//':
      if (isZero) throw runtimeFault('integer division or modulo by zero')
      return (left - floored(left, right)) / right
    case '%':
      if (isZero) throw runtimeFault('integer modulo by zero')
      return floored(left, right)
    case '**':
      return intPower(left, right, budget)
  }
}

function floored(left: bigint, right: bigint): bigint {
  const rest = left % right
  return rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest
}

function intPower(base: bigint, exponent: bigint, budget: Budget): Value {
  if (exponent < 0n) return floatPower(toFloat(base), toFloat(exponent))
  if (base === 0n || base === 1n || base === -1n) return base ** (exponent % 2n === 0n && exponent > 0n ? 2n : exponent % 2n)
  if (exponent > bitsMax || BigInt(base.toString(16).length - 1) * 4n * exponent > bitsMax) throw tooLarge()
  spend(budget, stepsOfLarge)
  return sized(base ** exponent)
}

/** What lies beyond 53 bits takes longer. */
const stepsOfLarge = 100

/** Python prints no int of more than 4300 digits; more than that nobody has a use for. */
const bitsMax = 20_000n
const largest = 2n ** bitsMax
const isSmall = (value: bigint): boolean => value < 0x1fffffffffffffn && value > -0x1fffffffffffffn
const tooLarge = () => limitFault('A whole number is too large')

function sized(value: bigint): bigint {
  if (value > largest || value < -largest) throw tooLarge()
  return value
}

/** A value with a sign before it. */
export function signed(sign: '+' | '-', value: Value): Value {
  const number = numberOf(value)
  if (number !== null) return sign === '-' ? -number : number
  if (isUndefined(value)) throw faultOf(value)
  const other = sign === '-' && isInstance(value) ? (value.calculate?.('*', -1n, true) ?? null) : null
  if (other === null) throw typeFault(`bad operand type for unary ${sign}: '${typeName(value)}'`)
  return other
}
