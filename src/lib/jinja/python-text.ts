/** What Python takes for blanks, as the inside of a character class; JavaScript's `\s` is not the same. */
export const blanks = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
/** The same for marked texts, whose patterns have the flag `u`. */
export const markedBlanks = `${blanks}\\udc09-\\udc0d\\udc1c-\\udc1f`

const leading = new RegExp(`^[${blanks}]+`)
const blank = new RegExp(`[${blanks}]`)
const words = new RegExp(`[^${blanks}]+`, 'g')
export const markedWords = new RegExp(`[^${markedBlanks}]+`, 'gu')
const surrogate = /[\ud800-\udfff]/

const isBlank = (character: string): boolean => blank.test(character)

export const trimStart = (text: string): string => text.replace(leading, '')

/** Not by a pattern: looking for blanks at the end from every blank inside takes quadratic time. */
export function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

export const trimBlanks = (text: string): string => trimEnd(trimStart(text))

/** The parts between blanks; a text of blanks has none. */
export const splitBlanks = (text: string): string[] => text.match(words) ?? []

/** How many characters a text has, as Python counts: one for each code point. */
export const countOf = (text: string): number => (surrogate.test(text) ? Array.from(text).length : text.length)

/** The characters from one place to before another, in code points. Neither place is negative. */
export const cut = (text: string, start: number, end: number): string =>
  surrogate.test(text) ? Array.from(text).slice(start, end).join('') : text.slice(start, end)

export const charactersOf = (text: string): string[] => (surrogate.test(text) ? Array.from(text) : text.split(''))

const lineBreak = /[\r\udc0d][\n\udc0a]|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029\udc0a-\udc0d\udc1c-\udc1e]/gu

/** As Python's `splitlines` does, of a text that may be marked; with `keepsEnds`, each line has its line break. */
export function linesOf(text: string, keepsEnds: boolean): string[] {
  const lines: string[] = []
  let start = 0
  for (const { 0: found, index } of text.matchAll(lineBreak)) {
    lines.push(text.slice(start, keepsEnds ? index + found.length : index))
    start = index + found.length
  }
  if (start < text.length) lines.push(text.slice(start))
  return lines
}

const quoteOr = /[\\'\p{C}\p{Z}]/u
const escaped = /[\\\p{C}\p{Z}]/gu

/** A text as Python's `repr` writes it. */
export function quoted(text: string): string {
  if (!quoteOr.test(text)) return `'${text}'`
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const body = text.replace(escaped, (character) => (character === ' ' ? ' ' : escapeOf(character)))
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

function escapeOf(character: string): string {
  const short = shortEscapes.get(character)
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  if (code < 0x100) return `\\x${digits.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`
}
