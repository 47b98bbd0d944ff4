/** A JSON text that is passed on letter by letter: key order and the spelling of numbers survive. */
export class RawJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** JSON whose leaves may be texts that are already JSON. */
export type JsonWithRaw =
  | RawJson
  | null
  | boolean
  | number
  | string
  | readonly JsonWithRaw[]
  | { readonly [key: string]: JsonWithRaw }

/** Like `JSON.stringify`, but a `RawJson` is written as it stands. */
export function jsonText(value: JsonWithRaw): string {
  // Far faster than to put the text together here.
  return holdsRaw(value) ? textAround(value) : JSON.stringify(value)
}

function holdsRaw(value: JsonWithRaw): boolean {
  if (value === null || typeof value !== 'object') return false
  if (value instanceof RawJson) return true
  return Array.isArray(value) ? value.some(holdsRaw) : Object.values(value).some(holdsRaw)
}

function textAround(value: JsonWithRaw): string {
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return `[${value.map(textAround).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${textAround(member)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}

/** The JSON of a text, with numbers that JavaScript would round, or that are not whole, as the texts that were sent. */
export function parseExactly(text: string): unknown {
  type Context = { readonly source?: string }
  return JSON.parse(text, (_key, value: unknown, ...[context]: readonly Context[]) =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? value) : value,
  )
}

/** Whether a text is JSON, of whatever size and depth. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** How deeply arrays and objects are nested; 0 for a bare value. Linear and without recursion, for texts from outside. */
export function nestingOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (inString) {
      if (code === 92) index += 1
      else if (code === 34) inString = false
    } else if (code === 34) inString = true
    else if (code === 123 || code === 91) deepest = Math.max(deepest, (depth += 1))
    else if (code === 125 || code === 93) depth -= 1
  }
  return deepest
}

/** PostgreSQL keeps neither NUL nor half a surrogate pair; each becomes U+FFFD. For every text that is derived from outside. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD')

/** JSON for a `jsonb` column, which refuses what text columns refuse, too. */
export function jsonbText(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, member: unknown) => (typeof member === 'string' ? storable(member) : member))
}
