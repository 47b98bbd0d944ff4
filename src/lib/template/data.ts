import { check } from '../check.ts'
import { dictOf } from '../jinja/dict.ts'
import { readJsonLazily } from '../jinja/json-reader.ts'
import { lazyDict, lazyList, type Traits } from '../jinja/lazy.ts'
import { type Dict, type Entry, isDict, isList, textOf, type Value } from '../jinja/value.ts'

/** What a template sees, and how JSON is to have the texts of it. */
export type TemplateData = {
  readonly context: ReadonlyMap<string, Value>
  /** The texts that are escaped in the context, as they were: those that were looked at. Null where nothing is escaped. */
  readonly originals: Map<string, string> | null
}

/**
 * What an object says, name by name. It is a copy, since a template may change what it sees, and is made of what the template looks
 * at: objects can be megabytes.
 */
export const plainData = (object: Dict): TemplateData => ({ context: contextOf(object, copied), originals: null })

/**
 * The same for a template that writes JSON (contract grafana-oncall 3.4): every text in it is escaped, though no key is, so that
 * `"{{ title }}"` is right whatever the title says, and a dict prints with its quotes escaped.
 */
export function escapedData(object: Dict): TemplateData {
  const originals = new Map<string, string>()
  return { context: contextOf(object, (value) => escapedValue(value, originals)), originals }
}

/** The object of a JSON text that is known to be one. */
export function objectOf(json: string): Dict {
  const value = readJsonLazily(json)?.value ?? null
  check(isDict(value), 'what a template sees is a JSON object')
  return value
}

/** The members that a template can know of: it has no other way to a name than to write it out. */
export function namedIn(text: string, { entries }: Dict): Dict {
  const pairs = Array.from(entries.values(), ({ key, value }) => [key, value] as const)
  return dictOf(pairs.filter(([key]) => text.includes(textOf(key) ?? '')))
}

const contextOf = ({ entries }: Dict, member: (value: Value) => Value): ReadonlyMap<string, Value> =>
  new Map(Array.from(entries.values(), ({ key, value }) => [textOf(key) ?? '', member(value)] as const))

const copied = (value: Value): Value => withMembers(value, copied, isDict(value) ? value : {})

function escapedValue(value: Value, originals: Map<string, string>): Value {
  if (typeof value === 'string') return escapedText(value, originals)
  return withMembers(value, (member) => escapedValue(member, originals), { shown: withQuotesEscaped })
}

/** Another list or dict, with members that are made of the first one's; any other value is what it is. */
function withMembers(value: Value, make: (member: Value) => Value, traits: Traits): Value {
  if (isList(value)) return lazyList(() => value.items.map(make))
  if (!isDict(value)) return value
  const entryOf = ({ key, value: member }: Entry): Entry => ({ key, value: make(member) })
  return lazyDict(() => new Map(Array.from(value.entries, ([hash, entry]) => [hash, entryOf(entry)])), traits)
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

/** Escapes what a filter has made of texts that were taken back, so that it is like all else in the context. */
export const escaper =
  ({ originals }: TemplateData) =>
  (value: Value): Value =>
    originals === null ? value : escapedValue(value, originals)

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
