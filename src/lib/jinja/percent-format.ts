import { type Budget, spend, spendText } from './budget.ts'
import { getItem } from './dict.ts'
import { keyFault, type TemplateFault, typeFault, valueFault } from './fault.ts'
import { escapeHtml } from './html.ts'
import { intText } from './number-text.ts'
import { floatDigits, type FloatStyle } from './number-format.ts'
import { withoutMarks } from './marks.ts'
import { printedMarked, repr } from './print.ts'
import { countOf, cut, quoted } from './python-text.ts'
import { numberOf } from './truth.ts'
import { isDict, isHtml, isInstance, isList, isTuple, isUndefined, markedOf, textLike, typeName, type Value } from './value.ts'

type Conversion = {
  readonly flags: string
  readonly width: number
  /** Null: none is given. */
  readonly precision: number | null
  readonly letter: string
}

/** `%` with a text on its left, as in C's printf: the values of a tuple in their order, or those of a mapping by name. */
export function percentFormat(format: Value, values: Value, budget: Budget): Value {
  const template = markedOf(format) ?? ''
  const source = valuesOf(values)
  const parts: string[] = []
  let position = 0
  while (position < template.length) {
    const percent = template.indexOf('%', position)
    if (percent === -1) break
    parts.push(template.slice(position, percent))
    position = percent + 1 + formatOne(template, percent + 1, { source, parts, budget, isForHtml: isHtml(format) })
  }
  if (source.rest.length > 0 && !source.isMapping) throw typeFault('not all arguments converted during string formatting')
  const text = parts.join('') + template.slice(position)
  spendText(budget, text.length)
  return textLike(format, text)
}

type Source = { readonly rest: Value[]; readonly mapping: Value; readonly isMapping: boolean }

function valuesOf(values: Value): Source {
  if (isTuple(values)) return { rest: [...values.items], mapping: null, isMapping: false }
  const isMapping = isDict(values) || isList(values) || isUndefined(values) || isInstance(values)
  return { rest: [values], mapping: values, isMapping }
}

type Work = { readonly source: Source; readonly parts: string[]; readonly budget: Budget; readonly isForHtml: boolean }

const pattern = /(?:\(([^()]*)\))?([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*)?)?[hlL]?/y
const dotted = /\.(?:\*|\d*)[hlL]?$/

/** Reads and writes one conversion, and gives how long it is. */
function formatOne(template: string, start: number, work: Work): number {
  spend(work.budget, 1)
  pattern.lastIndex = start
  const found = pattern.exec(template)
  const end = start + (found?.[0].length ?? 0)
  const letter = template.charAt(end)
  if (found === null || letter === '') throw valueFault('incomplete format')
  const [whole, name, flags = '', width, precision] = found
  if (letter === '%') work.parts.push('%')
  else {
    const widthGiven = width === '*' ? starOf(work.source) : width
    const precisionGiven = precision === '*' ? starOf(work.source) : dotted.test(whole) ? (precision ?? '0') : null
    if (!letters.includes(letter)) throw unknownLetter(letter, end)
    const value = name === undefined ? nextOf(work.source) : namedOf(work.source, withoutMarks(name))
    const conversion = {
      flags,
      width: Number(widthGiven ?? 0),
      precision: precisionGiven === null ? null : Number(precisionGiven),
      letter,
    }
    const text = padded(converted(value, conversion, work), conversion, work.budget)
    work.parts.push(text)
  }
  return end + 1 - start
}

const letters = 'sradiuoxXeEfFgGc'

function unknownLetter(letter: string, index: number): TemplateFault {
  const plain = withoutMarks(letter)
  const code = (plain.codePointAt(0) ?? 0).toString(16)
  return valueFault(`unsupported format character '${plain}' (0x${code}) at index ${index}`)
}

function nextOf({ rest }: Source): Value {
  const value = rest.shift()
  if (value === undefined) throw typeFault('not enough arguments for format string')
  return value
}

function starOf(source: Source): string {
  const value = numberOf(nextOf(source))
  if (typeof value !== 'bigint') throw typeFault('* wants int')
  return value.toString()
}

function namedOf({ mapping, isMapping, rest }: Source, name: string): Value {
  if (!isMapping || !isDict(mapping)) throw typeFault('format requires a mapping')
  rest.length = 0
  const value = getItem(mapping, name)
  if (value === undefined) throw keyFault(quoted(name))
  return value
}

type Written = { readonly sign: string; readonly text: string }

function converted(value: Value, conversion: Conversion, { budget, isForHtml }: Work): Written {
  const { letter, precision, flags } = conversion
  switch (letter) {
    case 's':
    case 'r':
    case 'a': {
      const text = letter === 's' ? printedMarked(value, budget) : repr(value, budget).toWellFormed()
      const shown = precision === null ? text : cut(text, 0, precision)
      return { sign: '', text: isForHtml && !isHtml(value) ? escapeHtml(shown) : shown }
    }
    case 'c':
      return { sign: '', text: characterOf(value) }
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return integerWritten(value, conversion, budget)
    default: {
      const number = numberOf(value)
      if (number === null) throw typeFault(`must be real number, not ${typeName(value)}`)
      const style: FloatStyle = letter.toLowerCase() === 'e' ? 'e' : letter.toLowerCase() === 'g' ? 'g' : 'f'
      const float = Number(number)
      spend(budget, Math.min(precision ?? 0, placesMax))
      const text = floatDigits(float, { style, precision: Math.min(precision ?? 6, placesMax), isAlternate: flags.includes('#') })
      return {
        sign: signOf(float < 0 || Object.is(float, -0), flags),
        text: letter === letter.toUpperCase() ? text.toUpperCase() : text,
      }
    }
  }
}

/** More digits no float has. */
const placesMax = 1100

const signOf = (isNegative: boolean, flags: string): string =>
  isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''

function characterOf(value: Value): string {
  const text = markedOf(value)
  if (text !== null && countOf(text) === 1) return text
  const code = numberOf(value)
  if (typeof code !== 'bigint') throw typeFault('%c requires int or char')
  if (code < 0n || code > 0x10ffffn) throw valueFault('%c arg not in range(0x110000)')
  return String.fromCodePoint(Number(code)).toWellFormed()
}

function integerWritten(value: Value, { letter, precision, flags }: Conversion, budget: Budget): Written {
  const number = numberOf(value)
  const isDecimal = 'diu'.includes(letter)
  if (number === null || (!isDecimal && typeof number === 'number')) {
    const wanted = isDecimal ? 'a real number' : 'an integer'
    throw typeFault(`%${letter} format: ${wanted} is required, not ${typeName(value)}`)
  }
  const integer = typeof number === 'bigint' ? number : integerOf(number)
  const size = integer < 0n ? -integer : integer
  const digits = isDecimal ? intText(size, budget) : size.toString(letter === 'o' ? 8 : 16)
  const prefix = flags.includes('#') && !isDecimal ? `0${letter === 'o' ? 'o' : 'x'}` : ''
  const text = prefix + digits.padStart(Math.min(precision ?? 0, widthMax), '0')
  return { sign: signOf(integer < 0n, flags), text: letter === 'X' ? text.toUpperCase() : text }
}

const widthMax = 100_000

/** A float without what comes after its point. */
export function integerOf(number: number): bigint {
  if (Number.isNaN(number)) throw valueFault('cannot convert float NaN to integer')
  if (!Number.isFinite(number)) throw valueFault('cannot convert float infinity to integer')
  return BigInt(Math.trunc(number))
}

function padded({ sign, text }: Written, { flags, width, letter }: Conversion, budget: Budget): string {
  const missing = Math.max(0, width - countOf(text) - sign.length)
  if (missing === 0) return sign + text
  spendText(budget, missing)
  if (flags.includes('-')) return sign + text + ' '.repeat(missing)
  if (flags.includes('0') && !'src'.includes(letter)) return sign + '0'.repeat(missing) + text
  return ' '.repeat(missing) + sign + text
}
