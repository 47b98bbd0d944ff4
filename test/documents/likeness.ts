import { known } from '../../src/lib/check.ts'

/** What the examples of a document call something, and what it is called here: ids, keys, addresses. */
export type Names = ReadonlyMap<string, string>

/** The document's text with the names that things have here. */
export function renamed(text: string, names: Names): string {
  let result = text
  for (const [documented, actual] of names) result = result.replaceAll(documented, actual)
  return result
}

/**
 * Whether an answer is as the document shows it: what is shown must be there, more may be. Ids, keys and instants with a
 * fraction only have to have the same form; the names that were learned come back. Null: it is different.
 */
export function likeness(documented: unknown, actual: unknown, names: Names): Names | null {
  if (typeof documented === 'string') return typeof actual === 'string' ? likeText(documented, actual, names) : null
  if (Array.isArray(documented)) return Array.isArray(actual) ? likeList(documented, actual, names) : null
  if (typeof documented !== 'object' || documented === null) return documented === actual ? names : null
  if (typeof actual !== 'object' || actual === null) return null
  const members = new Map<string, unknown>(Object.entries(actual))
  return Object.entries(documented).reduce<Names | null>(
    (learned, [key, value]) => (learned === null || !members.has(key) ? null : likeness(value, members.get(key), learned)),
    names,
  )
}

/** The items that are shown are there in this order; others may stand between them. */
function likeList(documented: readonly unknown[], actual: readonly unknown[], names: Names): Names | null {
  let learned = names
  let next = 0
  for (const item of documented) {
    let found: Names | null = null
    while (found === null && next < actual.length) found = likeness(item, actual[next++], learned)
    if (found === null) return null
    learned = found
  }
  return learned
}

/** The forms of names that are different on every server, each with a pattern for what may stand in its place. */
const nameForms: readonly (readonly [shown: string, actual: string])[] = [
  ['wh(?:sec|pk)_[A-Za-z0-9+/]{43}=', 'wh(?:sec|pk)_[A-Za-z0-9+/]{43}='],
  ['[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'],
  ['\\b[0-9a-f]{64}\\b', '[0-9a-f]{64}'],
  ['\\b[0-9a-f]{32}\\b', '[0-9a-f]{32}'],
  ['\\b(?=[A-Za-z]*\\d)[A-Za-z0-9]{25}\\b', '[A-Za-z0-9]{25}'],
  ['\\b(?:WH|SV|LY|OV|SSR|[A-Z])[A-NP-Z1-9]{12}\\b', '(?:WH|SV|LY|OV|SSR|[A-Z])[A-NP-Z1-9]{12}'],
]

const anyName = new RegExp(`(${nameForms.map(([shown]) => shown).join('|')})`)

/** An instant with a fraction is that of some fact, which is another one each time. */
const someInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/

/** The same in seconds since 1970, as requests of webhooks say it. */
const someSecond = /^1[78]\d{8}$/

function likeText(documented: string, actual: string, names: Names): Names | null {
  if (someInstant.test(documented)) return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(actual) ? names : null
  if (someSecond.test(documented)) return /^\d{10}$/.test(actual) ? names : null
  const parts = renamed(documented, names).split(anyName)
  const pattern = parts.map((part, index) => (index % 2 === 0 ? literally(part) : `(${formOf(part)})`)).join('')
  const match = new RegExp(`^${pattern}$`).exec(actual)
  if (match === null) return null
  const shown = parts.filter((_, index) => index % 2 === 1)
  const learned = shown.map((name, index) => [name, match[index + 1] ?? ''] as const)
  const isKnown = (name: string): boolean => [...names.values()].includes(name)
  if (learned.some(([name, found]) => isKnown(name) && name !== found)) return null
  return new Map([...names, ...learned.filter(([name]) => !isKnown(name))])
}

const formOf = (name: string): string =>
  known(nameForms.find(([shown]) => new RegExp(`^(?:${shown})$`).test(name))?.[1], 'a name has a form')

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
