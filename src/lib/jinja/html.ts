import { markOf } from './marks.ts'
import { isHtml, type Value } from './value.ts'

const special = /[&<>'"]|\udc22/gu
const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ["'", '&#39;'],
  ['"', '&#34;'],
  [markOf('"'), '&#34;'],
])

/** A text that HTML shows as it stands; it may be marked. */
export const escapeHtml = (text: string): string => text.replace(special, (character) => entities.get(character) ?? character)

/** The text of a value as HTML: what is HTML already stays. */
export const escaped = (value: Value, text: string): string => (isHtml(value) ? text : escapeHtml(text))

const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
  ['copy', '\u00a9'],
  ['reg', '\u00ae'],
  ['deg', '\u00b0'],
  ['middot', '\u00b7'],
  ['ndash', '\u2013'],
  ['mdash', '\u2014'],
  ['lsquo', '\u2018'],
  ['rsquo', '\u2019'],
  ['ldquo', '\u201c'],
  ['rdquo', '\u201d'],
  ['bull', '\u2022'],
  ['hellip', '\u2026'],
  ['euro', '\u20ac'],
  ['trade', '\u2122'],
  ['rarr', '\u2192'],
  ['times', '\u00d7'],
])

const entity = /&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]{2,8});?/g

/** Entities as the characters that they stand for: all numbers, and the names that alerts have. */
export const unescapeHtml = (text: string): string =>
  text.replace(entity, (whole) => {
    const name = whole.slice(1).replace(';', '')
    return name.startsWith('#') ? numbered(name.slice(1)) : (named.get(name) ?? whole)
  })

function numbered(digits: string): string {
  const code = /^[xX]/.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number(digits)
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
}
