import { type Budget, spend, spendText } from './budget.ts'
import { typeFault, valueFault } from './fault.ts'
import { floatDigits } from './number-format.ts'
import { grouped } from './number-format.ts'
import { floatText, intText } from './number-text.ts'
import { withoutMarks } from './marks.ts'
import { printedMarked } from './print.ts'
import { countOf, cut } from './python-text.ts'
import { numberOf } from './truth.ts'
import { markedOf, typeName, type Value } from './value.ts'

/** What stands after the colon of `{:>10.2f}`. */
type Spec = {
  readonly fill: string
  /** Empty: numbers to the right, texts to the left. */
  readonly align: string
  readonly sign: string
  readonly isAlternate: boolean
  readonly width: number
  readonly separator: string
  /** Null: none is given. */
  readonly precision: number | null
  readonly letter: string
}

const pattern = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?(.)?$/su

/** A value as `format(value, spec)` writes it, marked as the spec is. */
export function formatted(value: Value, text: string, budget: Budget): string {
  if (text === '') return printedMarked(value, budget)
  const spec = specOf(text, value)
  const number = numberOf(value)
  const written = number !== null ? numberWritten(number, spec, budget) : textWritten(value, spec, budget)
  return aligned(written, spec, { isNumber: number !== null, budget })
}

function specOf(text: string, value: Value): Spec {
  const found = pattern.exec(text)
  if (found === null) throw valueFault(`Invalid format specifier '${withoutMarks(text)}' for object of type '${typeName(value)}'`)
  const [, fill, align, sign = '', alternate, zero, width = '0', separator = '', precision, letter = ''] = found
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: align ?? (zero === undefined ? '' : '='),
    sign,
    isAlternate: alternate !== undefined,
    width: Number(width),
    separator,
    precision: precision === undefined ? null : Math.min(Number(precision), 1100),
    letter,
  }
}

type Written = { readonly sign: string; readonly body: string }

function textWritten(value: Value, spec: Spec, budget: Budget): Written {
  const text = markedOf(value)
  if (text === null) throw typeFault(`unsupported format string passed to ${typeName(value)}.__format__`)
  if (spec.letter !== '' && spec.letter !== 's') throw unknownCode(spec.letter, value)
  if (spec.align === '=') throw valueFault("'=' alignment not allowed in string format specifier")
  spendText(budget, text.length)
  return { sign: '', body: spec.precision === null ? text : cut(text, 0, spec.precision) }
}

const unknownCode = (letter: string, value: Value) =>
  valueFault(`Unknown format code '${withoutMarks(letter)}' for object of type '${typeName(value)}'`)

const bases: ReadonlyMap<string, number> = new Map([
  ['b', 2],
  ['o', 8],
  ['x', 16],
  ['X', 16],
])

function numberWritten(number: bigint | number, spec: Spec, budget: Budget): Written {
  spend(budget, spec.precision ?? 0)
  const isNegative = number < 0 || Object.is(number, -0)
  const sign = isNegative ? '-' : spec.sign === '-' ? '' : spec.sign
  const isFloat = typeof number === 'number' || 'eEfFgG%'.includes(spec.letter || 'd')
  return { sign, body: isFloat ? floatBody(Number(number), spec) : integerBody(number, spec, budget) }
}

function integerBody(number: bigint, spec: Spec, budget: Budget): string {
  const size = number < 0n ? -number : number
  if (spec.precision !== null) throw valueFault('Precision not allowed in integer format specifier')
  if (spec.letter === 'c') return String.fromCodePoint(Number(size > 0x10ffffn ? 0xfffdn : size)).toWellFormed()
  const base = bases.get(spec.letter)
  if (base === undefined && !['', 'd', 'n'].includes(spec.letter)) throw unknownCode(spec.letter, number)
  const digits = base === undefined ? intText(size, budget) : size.toString(base)
  const body = spec.separator === '' ? digits : grouped(digits, spec.separator, base === undefined ? 3 : 4)
  const prefixed = spec.isAlternate && base !== undefined ? `0${spec.letter.toLowerCase()}${body}` : body
  return spec.letter === 'X' ? prefixed.toUpperCase() : prefixed
}

function floatBody(number: number, spec: Spec): string {
  const { letter, isAlternate } = spec
  if (!['', 'e', 'E', 'f', 'F', 'g', 'G', '%', 'n'].includes(letter)) throw unknownCode(letter, number)
  const lower = letter.toLowerCase()
  const precision = spec.precision ?? 6
  const text =
    letter === '' && spec.precision === null
      ? floatText(Math.abs(number))
      : letter === '%'
        ? `${floatDigits(number * 100, { style: 'f', precision, isAlternate })}%`
        : floatDigits(number, { style: lower === 'e' || lower === 'f' ? lower : 'g', precision, isAlternate })
  const [, digits = '', rest = ''] = /^(\d*)(.*)$/s.exec(text) ?? []
  const body = spec.separator === '' ? text : grouped(digits, spec.separator, 3) + rest
  return letter !== '' && letter === letter.toUpperCase() ? body.toUpperCase() : body
}

function aligned(
  { sign, body }: Written,
  spec: Spec,
  { isNumber, budget }: { readonly isNumber: boolean; readonly budget: Budget },
): string {
  const missing = spec.width - countOf(body) - sign.length
  if (missing <= 0) return sign + body
  spendText(budget, missing)
  const align = spec.align || (isNumber ? '>' : '<')
  const left = align === '<' ? 0 : align === '^' ? Math.floor(missing / 2) : missing
  if (align === '=') return sign + spec.fill.repeat(missing) + body
  return spec.fill.repeat(left) + sign + body + spec.fill.repeat(missing - left)
}
