import { exponentSign, fixedText, floatText, parted, divideEven } from './number-text.ts'

/** The ways in which `%` and `format` write floats. */
export type FloatStyle = 'e' | 'f' | 'g'

/**
 * The size of a float, without its sign, in one of Python's styles. `isAlternate` keeps the point and the zeros that `g` would drop.
 */
export function floatDigits(
  value: number,
  { style, precision, isAlternate }: { readonly style: FloatStyle; readonly precision: number; readonly isAlternate: boolean },
): string {
  const size = Math.abs(value)
  if (!Number.isFinite(size)) return floatText(size)
  if (style === 'f') return withPoint(fixedText(size, precision), isAlternate)
  if (style === 'e') {
    const { digits, exponent } = scientific(size, precision + 1)
    return `${withPoint(pointed(digits, 1), isAlternate)}e${exponentSign(exponent)}`
  }
  const places = Math.max(1, precision)
  const { digits, exponent } = scientific(size, places)
  const kept = isAlternate ? digits : digits.replace(/0+$/, '') || '0'
  if (exponent < -4 || exponent >= places) return `${pointed(kept, 1)}e${exponentSign(exponent)}`
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${kept}`
  return pointed(kept.padEnd(exponent + 1, '0'), exponent + 1)
}

const withPoint = (text: string, isAlternate: boolean): string => (isAlternate && !text.includes('.') ? `${text}.` : text)

const pointed = (digits: string, place: number): string =>
  digits.length > place ? `${digits.slice(0, place)}.${digits.slice(place)}` : digits

/** So many digits of a number, rightly rounded, and the power of ten of the first. */
function scientific(size: number, count: number): { readonly digits: string; readonly exponent: number } {
  if (size === 0) return { digits: '0'.repeat(count), exponent: 0 }
  let exponent = Number(size.toExponential().split('e')[1])
  let digits = scaled(size, count - 1 - exponent)
  // 9.99 rounded to two digits has three.
  if (digits.length > count) {
    exponent += 1
    digits = scaled(size, count - 1 - exponent)
  }
  return { digits, exponent }
}

function scaled(size: number, places: number): string {
  const [mantissa, exponent] = parted(size)
  const up = 10n ** BigInt(Math.max(0, places)) * 2n ** BigInt(Math.max(0, exponent))
  const down = 10n ** BigInt(Math.max(0, -places)) * 2n ** BigInt(Math.max(0, -exponent))
  return divideEven(mantissa * up, down).toString()
}

/** Digits with a separator after every so many, counted from the right. */
export function grouped(digits: string, separator: string, size: number): string {
  const groups: string[] = []
  for (let end = digits.length; end > 0; end -= size) groups.unshift(digits.slice(Math.max(0, end - size), end))
  return groups.join(separator)
}
