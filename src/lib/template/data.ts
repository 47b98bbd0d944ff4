import { check } from '../check.ts'
import { dictOf } from '../jinja/dict.ts'
import { readJsonLazily } from '../jinja/json-reader.ts'
import { copyOf } from '../jinja/lazy.ts'
import { type Dict, isDict, textOf, type Value } from '../jinja/value.ts'

/** What a template sees, by its names, and whether it writes JSON with it. */
export type TemplateData = { readonly context: ReadonlyMap<string, Value>; readonly isJson: boolean }

/**
 * What an object says, name by name. It is a copy, since a template may change what it sees, and is made of what the template looks
 * at: objects can be megabytes.
 */
export const plainData = (object: Dict): TemplateData => ({ context: contextOf(object), isJson: false })

/**
 * The same for a template that writes JSON (contract grafana-oncall 3.4): what of it is written in the end is escaped, so that
 * `"{{ title }}"` is right whatever the title says.
 */
export const jsonData = (object: Dict): TemplateData => ({ context: contextOf(object), isJson: true })

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

const contextOf = ({ entries }: Dict): ReadonlyMap<string, Value> =>
  new Map(Array.from(entries.values(), ({ key, value }) => [textOf(key) ?? '', copyOf(value)] as const))
