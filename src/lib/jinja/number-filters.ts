import { asCount, required, withParameters } from './arguments.ts'
import { calculate } from './arithmetic.ts'
import { runtimeFault, type TemplateFault, typeFault, valueFault } from './fault.ts'
import { fixedText, roundedTo } from './number-text.ts'
import { readFloat, readInt } from './number-reader.ts'
import { faultOf } from './order.ts'
import { integerOf } from './percent-format.ts'
import { quoted } from './python-text.ts'
import { isTrue, numberOf } from './truth.ts'
import { type Function, isUndefined, textOf, typeName, type Value } from './value.ts'
import { type Budget, spend } from './budget.ts'

const absolute = withParameters({ title: 'abs', parameters: { value: required } }, (ask) => {
  const value = ask('value')
  const number = numberOf(value)
  if (isUndefined(value)) throw typeFault(`bad operand type for abs(): 'Undefined'`)
  if (number === null) throw typeFault(`bad operand type for abs(): '${typeName(value)}'`)
  return typeof number === 'bigint' ? (number < 0n ? -number : number) : Math.abs(number)
})

const toInt = withParameters({ title: 'do_int', parameters: { value: required, default: 0n, base: 10n } }, (ask, { budget }) => {
  const value = ask('value')
  if (isUndefined(value)) throw faultOf(value)
  const text = textOf(value)
  if (text !== null) {
    spend(budget, text.length)
    const read = readInt(text, asCount(ask('base')))
    if (read !== null) return read
    const float = readFloat(text)
    return float === null || !Number.isFinite(float) ? ask('default') : BigInt(Math.trunc(float))
  }
  const number = numberOf(value)
  if (number === null) return ask('default')
  if (typeof number === 'bigint') return number
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : ask('default')
})

const toFloatFilter = withParameters({ title: 'do_float', parameters: { value: required, default: 0 } }, (ask, { budget }) => {
  const value = ask('value')
  if (isUndefined(value)) throw faultOf(value)
  return floatFrom(value, budget) ?? ask('default')
})

/** What Python's `float` makes of a value; null where it refuses it. */
function floatFrom(value: Value, budget: Budget): number | null {
  const text = textOf(value)
  if (text !== null) {
    spend(budget, text.length)
    return readFloat(text)
  }
  const number = numberOf(value)
  return number === null ? null : Number(number)
}

const round = withParameters(
  { title: 'do_round', parameters: { value: required, precision: 0n, method: 'common' } },
  (ask, { budget }) => {
    const value = ask('value')
    const method = textOf(ask('method')) ?? ''
    if (!['common', 'ceil', 'floor'].includes(method)) throw runtimeFault('method must be common, ceil or floor')
    const number = numberOf(value)
    if (number === null) throw typeFault(`type ${typeName(value)} doesn't define __round__ method`)
    const places = asCount(ask('precision'))
    if (Math.abs(places) > placesMax) return value
    spend(budget, Math.abs(places))
    if (method === 'common') return typeof number === 'bigint' ? roundedInt(number, places) : roundedFloat(number, places)
    const power = calculate('**', { left: 10n, right: BigInt(places), budget })
    const scaled = calculate('*', { left: number, right: power, budget })
    const whole = typeof scaled === 'number' ? integerOf(method === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled)) : scaled
    return calculate('/', { left: whole, right: power, budget })
  },
)

/** Beyond this, no float changes. */
const placesMax = 400

function roundedInt(value: bigint, places: number): bigint {
  if (places >= 0) return value
  const unit = 10n ** BigInt(-places)
  const rest = ((value % unit) + unit) % unit
  const down = value - rest
  const isUp = rest * 2n > unit || (rest * 2n === unit && (down / unit) % 2n !== 0n)
  return isUp ? down + unit : down
}

function roundedFloat(value: number, places: number): number {
  if (!Number.isFinite(value)) return value
  const rounded = Number(`${roundedTo(value, places)}e${-places}`)
  return rounded === 0 && value < 0 ? -0 : rounded
}

const prefixes = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']

const fileSize = withParameters(
  { title: 'do_filesizeformat', parameters: { value: required, binary: false } },
  (ask, { budget }) => {
    const value = ask('value')
    if (isUndefined(value)) throw faultOf(value)
    const bytes = floatFrom(value, budget)
    if (bytes === null) throw floatFault(value)
    const isBinary = isTrue(ask('binary'))
    const base = isBinary ? 1024 : 1000
    if (bytes === 1) return '1 Byte'
    if (bytes < base) return `${integerOf(bytes)} Bytes`
    const found = prefixes.findIndex((_prefix, index) => bytes < base ** (index + 2))
    const power = found === -1 ? prefixes.length - 1 : found
    const prefix = prefixes[power] ?? ''
    const unit = isBinary ? `${prefix.toUpperCase()}iB` : `${prefix}B`
    return `${fixedText((base * bytes) / base ** (power + 2), 1)} ${unit}`
  },
)

function floatFault(value: Value): TemplateFault {
  const text = textOf(value)
  if (text !== null) return valueFault(`could not convert string to float: ${quoted(text)}`)
  return typeFault(`float() argument must be a string or a real number, not '${typeName(value)}'`)
}

export const numberFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['abs', absolute],
  ['int', toInt],
  ['float', toFloatFilter],
  ['round', round],
  ['filesizeformat', fileSize],
])
