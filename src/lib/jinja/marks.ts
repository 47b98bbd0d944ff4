/**
 * Where a template writes JSON, what comes from its data is escaped at the end, and what it says itself is not. Until then the two are
 * told apart by marks: in a marked text each quote, backslash and control character that the template has written is a surrogate that
 * stands alone. Data have none, and whatever cuts, joins or changes texts carries marks along as it does letters, for a marked text is
 * as long as the plain one. What knows nothing of marks works on plain texts, and its result counts as data, which is the safe side.
 */

const special = /["\\\u0000-\u001f]/
const firstMark = 0xdc00

/** A mark stands for the character that has its last digits. */
export const markOf = (character: string): string => String.fromCharCode(firstMark + character.charCodeAt(0))

/** Whether JSON would have a text otherwise. */
export const needsEscapes = (text: string): boolean => special.test(text)

/** A text that the template itself has written, marked. */
export function withMarks(text: string): string {
  const wellFormed = text.toWellFormed()
  if (!needsEscapes(wellFormed)) return wellFormed
  const units = unitsOf(wellFormed)
  for (let index = 0; index < units.length; index += 1) {
    const unit = units[index] ?? 0
    if (isSpecial(unit)) units[index] = firstMark + unit
  }
  return textOfUnits(units)
}

/** A marked text as it is read. */
export function withoutMarks(marked: string): string {
  if (marked.isWellFormed()) return marked
  const units = unitsOf(marked)
  for (let index = 0; index < units.length; index += 1) {
    const unit = units[index] ?? 0
    if (isMark(unit, units[index - 1] ?? 0)) units[index] = unit - firstMark
  }
  return textOfUnits(units)
}

/** A marked text as it stands in JSON, between quotes. */
export function jsonEscaped(marked: string): string {
  if (marked.isWellFormed()) return quoteless(marked)
  let escaped = ''
  let start = 0
  for (let index = 0; index < marked.length; index += 1) {
    const unit = marked.charCodeAt(index)
    const isOwn = isMark(unit, marked.charCodeAt(index - 1))
    if (!isOwn && !isSpecial(unit)) continue
    escaped += marked.slice(start, index) + (isOwn ? String.fromCharCode(unit - firstMark) : (escapes[unit] ?? ''))
    start = index + 1
  }
  return escaped + marked.slice(start)
}

const escapes = Array.from({ length: 0x5d }, (_none, unit) => JSON.stringify(String.fromCharCode(unit)).slice(1, -1))

const quoteless = (text: string): string => (needsEscapes(text) ? JSON.stringify(text).slice(1, -1) : text)

const isSpecial = (unit: number): boolean => unit < 0x20 || unit === 0x22 || unit === 0x5c

/** The second half of a pair is none. */
const isMark = (unit: number, before: number): boolean =>
  unit >= firstMark && isSpecial(unit - firstMark) && !(before >= 0xd800 && before < firstMark)

/** Patterns would take a hundred times as long for large texts. */
function unitsOf(text: string): Uint16Array {
  const { buffer, byteOffset } = Buffer.from(text, 'utf16le')
  return new Uint16Array(buffer, byteOffset, text.length)
}

const textOfUnits = ({ buffer, byteOffset, byteLength }: Uint16Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf16le')
