import { known } from '../check.ts'
import { readJson } from '../jinja/json-reader.ts'
import { dictOf } from '../jinja/dict.ts'
import { type Dict, isDict, isList, list, textOf, type Value } from '../jinja/value.ts'

/** What a template sees, and how JSON is to have the texts of it. */
export type TemplateData = {
  readonly context: ReadonlyMap<string, Value>
  /** The texts that are escaped in the context, as they were; null where nothing is escaped. */
  readonly originals: ReadonlyMap<string, string> | null
}

/** What an object says, name by name. */
export const plainData = (object: Dict): TemplateData => ({ context: contextOf(object), originals: null })

/**
 * The same for a template that writes JSON (contract grafana-oncall 3.4): every text in it is escaped, though no key is, so that
 * `"{{ title }}"` is right whatever the title says, and a dict prints with its quotes escaped.
 */
export function escapedData(object: Dict): TemplateData {
  const originals = new Map<string, string>()
  const context = contextOf(object)
  return { context: new Map(Array.from(context, ([name, value]) => [name, escapedValue(value, originals)] as const)), originals }
}

/** The object of a JSON text that the server wrote itself. */
export function objectOf(json: string): Dict {
  const value = readJson(json)?.value ?? null
  return known(isDict(value) ? value : null, 'what a template sees is a JSON object')
}

const contextOf = ({ entries }: Dict): ReadonlyMap<string, Value> =>
  new Map(Array.from(entries.values(), ({ key, value }) => [textOf(key) ?? '', value] as const))

function escapedValue(value: Value, originals: Map<string, string>): Value {
  if (typeof value === 'string') return escapedText(value, originals)
  if (isList(value)) return list(value.items.map((item) => escapedValue(item, originals)))
  if (!isDict(value)) return value
  const pairs = Array.from(value.entries.values(), ({ key, value: member }) => [key, escapedValue(member, originals)] as const)
  return { ...dictOf(pairs), shown: withQuotesEscaped }
}

function escapedText(text: string, originals: Map<string, string>): string {
  const escaped = JSON.stringify(text).slice(1, -1)
  if (escaped !== text) originals.set(escaped, text)
  return escaped
}

/** Quotes that have a backslash before them already stay. */
const withQuotesEscaped = (text: string): string => text.replace(/(?<!\\)"/g, '\\"')

const escape = /\\(?:u([\da-fA-F]{4})|(["\\/bfnrt]))/g
const letters: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/**
 * Takes back the escaping of a text that is about to become JSON, which would escape it again: `{{ title | tojson }}` is right JSON, too.
 * A text that the template itself writes out is left alone; one that was put together is read escape by escape.
 */
export function restorer({ originals }: TemplateData, literals: ReadonlySet<string>): (text: string) => string {
  if (originals === null) return (text) => text
  return (text) => {
    if (!text.includes('\\')) return text
    return originals.get(text) ?? (literals.has(text) ? text : unescaped(text))
  }
}

const unescaped = (text: string): string =>
  text.replace(escape, (_whole, code?: string, letter?: string) =>
    code === undefined ? (letters.get(letter ?? '') ?? letter ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  )
