import { type Budget, spend } from './budget.ts'
import { valueFault } from './fault.ts'

/** The most digits of an int that Python turns into a text. */
const digitsMax = 4300

/** Writing a large int takes long, so it counts as many steps. */
const large = 2n ** 256n
const stepsOfLarge = 1000

/** An int as Python writes it. */
export function intText(value: bigint, budget: Budget): string {
  if (value > large || value < -large) spend(budget, stepsOfLarge)
  const text = value.toString()
  if (text.length > digitsMax + (value < 0n ? 1 : 0)) throw valueFault(tooManyDigits)
  return text
}

const tooManyDigits = `Exceeds the limit (${digitsMax} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit`

/** A float as Python's `repr` writes it: the shortest text that reads as the same number. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (Object.is(value, -0)) return '-0.0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) return `${mantissa}e${exponentSign(exponent)}`
  const plain = value.toString()
  return plain.includes('.') ? plain : `${plain}.0`
}

/** At least two digits, and always a sign. */
export const exponentSign = (exponent: number): string =>
  (exponent < 0 ? '-' : '+') + Math.abs(exponent).toString().padStart(2, '0')

/**
 * A float times ten to the power of `places`, as the nearest whole number, and of two nearest the even one. Exact, unlike
 * `toFixed`, which takes the larger of two. The value is finite.
 */
export function roundedTo(value: number, places: number): bigint {
  const [mantissa, exponent] = parted(value)
  const up = 10n ** BigInt(Math.max(0, places)) * 2n ** BigInt(Math.max(0, exponent))
  const down = 10n ** BigInt(Math.max(0, -places)) * 2n ** BigInt(Math.max(0, -exponent))
  return divideEven(mantissa * up, down)
}

/** A quotient as the nearest whole number, and of two nearest the even one. The divisor is above 0. */
export function divideEven(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n
  const size = isNegative ? -dividend : dividend
  const quotient = size / divisor
  const twice = (size % divisor) * 2n
  const isUp = twice > divisor || (twice === divisor && quotient % 2n === 1n)
  const rounded = isUp ? quotient + 1n : quotient
  return isNegative ? -rounded : rounded
}

/** A finite float as a whole number times a power of two. */
export function parted(value: number): readonly [mantissa: bigint, exponent: number] {
  let exponent = 0
  let mantissa = value
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    exponent -= 1
  }
  return [BigInt(mantissa), exponent]
}

/** A float with so many digits after the point, as `%.2f` writes it. */
export function fixedText(value: number, places: number): string {
  if (!Number.isFinite(value)) return floatText(value)
  const rounded = roundedTo(value, places)
  const isNegative = value < 0 || Object.is(value, -0)
  const digits = (rounded < 0n ? -rounded : rounded).toString().padStart(places + 1, '0')
  const point = digits.length - places
  return (isNegative ? '-' : '') + (places === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`)
}
