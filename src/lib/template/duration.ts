import { runtimeFault } from '../jinja/fault.ts'
import { functionValue } from '../jinja/member.ts'
import { divideEven, roundedTo } from '../jinja/number-text.ts'
import { type Instance, isInstance, type Operator, type Value } from '../jinja/value.ts'
import { dayMicros, floorDivide, secondMicros } from './civil.ts'

/** A length of time, which Python calls a timedelta. */
export type Duration = Instance & { readonly lengthMicros: bigint }

export const isDuration = (value: Value): value is Duration => isInstance(value) && 'lengthMicros' in value

const most = 999_999_999n * dayMicros + dayMicros

export function duration(lengthMicros: bigint): Duration {
  if (lengthMicros >= most || lengthMicros < -most + dayMicros) throw runtimeFault('date value out of range')
  const days = floorDivide(lengthMicros, dayMicros)
  const rest = lengthMicros - days * dayMicros
  const seconds = rest / secondMicros
  const microseconds = rest % secondMicros
  const members: ReadonlyMap<string, () => Value> = new Map<string, () => Value>([
    ['days', () => days],
    ['seconds', () => seconds],
    ['microseconds', () => microseconds],
    ['total_seconds', () => functionValue({ text: '<built-in method total_seconds>', work: () => Number(lengthMicros) / 1e6 })],
  ])
  return {
    kind: 'instance',
    typeName: 'timedelta',
    module: 'datetime',
    operandName: 'datetime.timedelta',
    lengthMicros,
    text: () => durationText(days, rest),
    repr: () => reprText({ days, seconds, microseconds }),
    key: lengthMicros.toString(),
    isTrue: () => lengthMicros !== 0n,
    member: (name) => members.get(name)?.(),
    compare: (other) => (isDuration(other) ? Number(lengthMicros - other.lengthMicros) : null),
    calculate: (operator, other, isLeft) => calculated(lengthMicros, operator, { other, isLeft }),
  }
}

function durationText(days: bigint, rest: bigint): string {
  const seconds = rest / secondMicros
  const pad = (part: bigint, width = 2): string => part.toString().padStart(width, '0')
  const clock = `${seconds / 3600n}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}`
  const fraction = rest % secondMicros === 0n ? '' : `.${pad(rest % secondMicros, 6)}`
  const shownDays = days === 0n ? '' : `${days} day${days === 1n || days === -1n ? '' : 's'}, `
  return shownDays + clock + fraction
}

function reprText(parts: Readonly<Record<string, bigint>>): string {
  const shown = Object.entries(parts).filter(([, part]) => part !== 0n)
  return `datetime.timedelta(${shown.length === 0 ? '0' : shown.map(([name, part]) => `${name}=${part}`).join(', ')})`
}

type Other = { readonly other: Value; readonly isLeft: boolean }

/** Null: Python knows no such operation. */
function calculated(length: bigint, operator: Operator, { other, isLeft }: Other): Value | null {
  const left = isLeft ? length : isDuration(other) ? other.lengthMicros : null
  const right = isLeft ? (isDuration(other) ? other.lengthMicros : null) : length
  if (left !== null && right !== null) return betweenTwo(operator, left, right)
  if (typeof other === 'boolean') return calculated(length, operator, { other: BigInt(other), isLeft })
  if (operator === '*') {
    if (typeof other === 'bigint') return duration(length * other)
    return typeof other === 'number' && Number.isFinite(other) ? duration(roundedTo(Number(length) * other, 0)) : null
  }
  if (!isLeft) return null
  if (operator === '//' && typeof other === 'bigint') return duration(floorDivide(length, nonZero(other)))
  if (operator !== '/') return null
  if (typeof other === 'bigint')
    return duration(other < 0n ? divideEven(-length, -nonZero(other)) : divideEven(length, nonZero(other)))
  return typeof other === 'number' && other !== 0 ? duration(roundedTo(Number(length) / other, 0)) : null
}

function betweenTwo(operator: Operator, left: bigint, right: bigint): Value | null {
  switch (operator) {
    case '+':
      return duration(left + right)
    case '-':
      return duration(left - right)
    case '/':
      return Number(left) / Number(nonZero(right))
    case '//':
      return floorDivide(left, nonZero(right))
    case '%':
      return duration(left - floorDivide(left, nonZero(right)) * right)
    default:
      return null
  }
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw runtimeFault('integer division or modulo by zero')
  return value
}
