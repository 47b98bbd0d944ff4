import { spend, spendText } from './budget.ts'
import { keyFault, runtimeFault, valueFault } from './fault.ts'
import { formatted } from './format-spec.ts'
import { escapeHtml } from './html.ts'
import { withoutMarks } from './marks.ts'
import { printedMarked, repr } from './print.ts'
import { quoted } from './python-text.ts'
import {
  type Arguments,
  type Dict,
  isHtml,
  isUndefined,
  markedOf,
  type Runtime,
  textLike,
  textOf,
  textOfMarked,
  type Value,
} from './value.ts'

/** How attributes and items are looked up: as everywhere in a template, so that `{0.x}` reaches nothing that `{{ x.y }}` does not. */
export type Lookup = { readonly attribute: (of: Value, name: string) => Value; readonly item: (of: Value, key: Value) => Value }

/** Python's `'{} {name.x[0]:>5}'.format(...)`. */
export function braceFormat(format: Value, given: Arguments, { lookup, runtime }: { lookup: Lookup; runtime: Runtime }): Value {
  const template = markedOf(format) ?? ''
  const filling: Filling = { given, lookup, runtime, isForHtml: isHtml(format), automatic: 0, isNumbered: false, depth: 2 }
  return textLike(format, filled(template, filling))
}

type Filling = {
  readonly given: Arguments
  readonly lookup: Lookup
  readonly runtime: Runtime
  readonly isForHtml: boolean
  automatic: number
  isNumbered: boolean
  depth: number
}

const piece = /\{\{|\}\}|[{}]/g

function filled(template: string, filling: Filling): string {
  if (filling.depth < 0) throw valueFault('Max string recursion exceeded')
  const parts: string[] = []
  let position = 0
  piece.lastIndex = 0
  for (let found = piece.exec(template); found !== null; found = piece.exec(template)) {
    parts.push(template.slice(position, found.index))
    position = found.index + found[0].length
    if (found[0].length === 2) parts.push(found[0].charAt(0))
    else {
      if (found[0] === '}') throw valueFault("Single '}' encountered in format string")
      const end = endOfField(template, position)
      parts.push(field(template.slice(position, end), filling))
      position = end + 1
    }
    piece.lastIndex = position
  }
  const text = parts.join('') + template.slice(position)
  spendText(filling.runtime.budget, text.length)
  return text
}

/** The place of the brace that ends a field; fields within it end before. */
function endOfField(template: string, start: number): number {
  let depth = 1
  for (let index = start; index < template.length; index += 1) {
    if (template[index] === '{') depth += 1
    else if (template[index] === '}') depth -= 1
    if (depth === 0) return index
  }
  throw valueFault(start === template.length ? "Single '{' encountered in format string" : "expected '}' before end of string")
}

const fieldPattern = /^([^!:[.{}]*)((?:\.[^!:[.{}]+|\[[^\]]+\])*)(?:!(.))?(?::(.*))?$/s
const step = /\.([^!:[.]+)|\[([^\]]+)\]/g

function field(text: string, filling: Filling): string {
  const { runtime, lookup } = filling
  spend(runtime.budget, 1)
  const found = fieldPattern.exec(text)
  if (found === null) throw valueFault('Invalid format string')
  const [, first = '', path = '', conversion, specText = ''] = found
  let value = firstOf(withoutMarks(first), filling)
  for (const [, name, key] of path.matchAll(step)) {
    value =
      name !== undefined
        ? lookup.attribute(value, withoutMarks(name))
        : lookup.item(value, /^\d+$/.test(key ?? '') ? BigInt(key ?? 0) : withoutMarks(key ?? ''))
  }
  const shown = convertedBy(conversion, value, filling)
  filling.depth -= 1
  const spec = specText.includes('{') ? filled(specText, filling) : specText
  filling.depth += 1
  const written = isUndefined(shown) ? '' : formatted(shown, spec, runtime.budget)
  return filling.isForHtml && !isHtml(shown) ? escapeHtml(written) : written
}

function convertedBy(conversion: string | undefined, value: Value, { runtime }: Filling): Value {
  if (conversion === undefined) return value
  if (conversion === 's') return textOfMarked(printedMarked(value, runtime.budget))
  if (conversion === 'r' || conversion === 'a') return repr(value, runtime.budget)
  throw valueFault(`Unknown conversion specifier '${withoutMarks(conversion)}'`)
}

function firstOf(name: string, filling: Filling): Value {
  const { positional, named } = filling.given
  if (name !== '' && !/^\d+$/.test(name)) {
    const value = named.get(name)
    if (value === undefined) throw keyFault(quoted(name))
    return value
  }
  if (name === '' && filling.isNumbered)
    throw valueFault('cannot switch from manual field specification to automatic field numbering')
  if (name !== '' && filling.automatic > 0) {
    throw valueFault('cannot switch from manual field specification to automatic field numbering')
  }
  filling.isNumbered = name !== ''
  const index = name === '' ? filling.automatic++ : Number(name)
  const value = positional[index]
  if (value === undefined) throw runtimeFault('tuple index out of range')
  return value
}

/** The arguments of `format_map`. */
export const argumentsOfMap = ({ entries }: Dict): Arguments => ({
  positional: [],
  named: new Map(Array.from(entries.values(), ({ key, value }) => [textOf(key) ?? '', value] as const)),
})
