import { trimBlanks } from './python-text.ts'

const digitsMax = 4300
const prefixOf: ReadonlyMap<number, RegExp> = new Map([
  [2, /^0b_?/i],
  [8, /^0o_?/i],
  [16, /^0x_?/i],
])

/** What Python's `int(text, base)` reads; null where it refuses. Base 0 goes by the prefix. */
export function readInt(text: string, base: number): bigint | null {
  const trimmed = trimBlanks(text)
  const sign = /^[-+]/.exec(trimmed)?.[0] ?? ''
  const body = trimmed.slice(sign.length).toLowerCase()
  const radix = base === 0 ? radixOf(body) : base
  if (radix < 2 || radix > 36) return null
  const digits = body.replace(prefixOf.get(radix) ?? /^(?!)/, '')
  if (!/^[\da-z]+(?:_[\da-z]+)*$/.test(digits) || digits.length > digitsMax) return null
  if (base === 0 && radix === 10 && /^0+[1-9]/.test(digits)) return null
  let value = 0n
  const plain = digits.replaceAll('_', '')
  if (radix === 10) {
    if (!/^\d+$/.test(plain)) return null
    value = BigInt(plain)
  } else {
    for (const digit of plain) {
      const number = Number.parseInt(digit, 36)
      if (number >= radix) return null
      value = value * BigInt(radix) + BigInt(number)
    }
  }
  return sign === '-' ? -value : value
}

function radixOf(body: string): number {
  for (const [radix, prefix] of prefixOf) if (prefix.test(body)) return radix
  return 10
}

const float = /^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?$/i
const words: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity],
  ['infinity', Infinity],
  ['nan', Number.NaN],
])

/** What Python's `float(text)` reads; null where it refuses. */
export function readFloat(text: string): number | null {
  const trimmed = trimBlanks(text)
  if (float.test(trimmed)) return Number(trimmed.replaceAll('_', ''))
  const sign = trimmed.startsWith('-') ? -1 : 1
  const word = words.get(trimmed.replace(/^[-+]/, '').toLowerCase())
  return word === undefined ? null : sign * word
}
