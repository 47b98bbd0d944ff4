/** A foreign text as one line that shows what it is: no line breaks, no control characters, nothing that turns the writing around. */
export function oneLine(text: string): string {
  return readable(text).replace(/\s+/g, ' ').trim()
}

/** A foreign text with its own lines, tabs as they are, and nothing else that is not seen. */
export function paragraphs(text: string): string {
  return readable(text.replace(/\r\n?/g, '\n')).trim()
}

/** At most `lengthMax` characters as people count them, the last being `…` when something was cut off, where possible after a word. */
export function cut(text: string, lengthMax: number): string {
  const characters = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment)
  if (characters.length <= lengthMax) return text
  const lastSpace = characters.slice(0, lengthMax).findLastIndex((character) => /\s/.test(character))
  const kept = characters.slice(0, lastSpace > lengthMax * 0.8 ? lastSpace : lengthMax - 1)
  return `${kept.join('').trimEnd()}…`
}

/** A web address that may stand behind a link, in the form of the URL standard, or null: `javascript:` and friends never become links. */
export function webLink(text: string | null): string | null {
  const url = text === null ? null : URL.parse(text)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}

/** Line separators become line breaks; control characters and the overrides of the writing direction (Unicode 9, 2) go. */
function readable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0085\u2028\u2029\v\f]/g, '\n')
    .replace(/(?![\n\t])[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '')
}
