import { type Budget, deeper, spend, spendText } from './budget.ts'
import { floatText, intText } from './number-text.ts'
import { quoted } from './python-text.ts'
import { type Dict, markedOf, type Value } from './value.ts'

/** A value as it prints, which is Python's `str`. */
export function printed(value: Value, budget: Budget): string {
  if (typeof value === 'string') return value
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'text') return value.text
    if (value.kind === 'undefined') return ''
    if (value.kind === 'instance') return value.text(budget)
  }
  return repr(value, budget)
}

/** The same, marked. All but texts is as data. */
export const printedMarked = (value: Value, budget: Budget): string => markedOf(value) ?? printed(value, budget).toWellFormed()

/** A value as it prints inside of a list, which is Python's `repr`. */
export function repr(value: Value, budget: Budget): string {
  spend(budget, 1)
  if (value === null) return 'None'
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False'
    case 'bigint':
      return intText(value, budget)
    case 'number':
      return floatText(value)
    case 'string':
      return quotedText(value, budget)
    default:
      return deeper(budget, () => reprOfObject(value, budget))
  }
}

function quotedText(text: string, budget: Budget): string {
  spendText(budget, text.length)
  return quoted(text)
}

function reprOfObject(value: Exclude<Value, null | boolean | bigint | number | string>, budget: Budget): string {
  switch (value.kind) {
    case 'list':
      return joined(['[', ']'], reprs(value.items, budget), budget)
    case 'tuple':
      return value.items.length === 1
        ? joined(['(', ',)'], reprs(value.items, budget), budget)
        : joined(['(', ')'], reprs(value.items, budget), budget)
    case 'dict':
      return reprOfDict(value, budget)
    case 'text':
      return value.isHtml ? `Markup(${quotedText(value.text, budget)})` : quotedText(value.text, budget)
    case 'undefined':
      return 'Undefined'
    case 'generator':
      return `<generator object ${value.name}>`
    case 'instance':
      return value.repr?.() ?? value.text(budget)
  }
}

const reprOfDict = ({ entries }: Dict, budget: Budget): string =>
  joined(
    ['{', '}'],
    Array.from(entries.values(), ({ key, value }) => `${repr(key, budget)}: ${repr(value, budget)}`),
    budget,
  )

const reprs = (items: readonly Value[], budget: Budget): string[] => items.map((item) => repr(item, budget))

function joined([opening, closing]: readonly [string, string], parts: readonly string[], budget: Budget): string {
  const text = `${opening}${parts.join(', ')}${closing}`
  spendText(budget, text.length)
  return text
}
