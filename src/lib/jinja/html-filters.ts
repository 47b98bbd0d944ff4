import { asCount, required, withParameters } from './arguments.ts'
import { type Budget, spendText } from './budget.ts'
import { runtimeFault, typeFault, valueFault } from './fault.ts'
import { escaped, escapeHtml, unescapeHtml } from './html.ts'
import { itemsOf, iterate, unpacked } from './iteration.ts'
import { htmlSafeJson, jsonOf, type JsonStyle } from './json-writer.ts'
import { linked } from './links.ts'
import { faultOf } from './order.ts'
import { wholeText } from './marked-text.ts'
import { markOf } from './marks.ts'
import { printed, printedMarked } from './print.ts'
import { quoted, splitBlanks } from './python-text.ts'
import { isTrue } from './truth.ts'
import { type Function, isDict, htmlOfMarked, isUndefined, textOf, textOfMarked, tuple, typeName, type Value } from './value.ts'

const escape = withParameters({ title: 'escape', parameters: { s: required } }, (ask, { budget }) => {
  const text = printedMarked(ask('s'), budget)
  spendText(budget, text.length * 5)
  return htmlOfMarked(escaped(ask('s'), text))
})

const forceEscape = withParameters({ title: 'do_forceescape', parameters: { value: required } }, (ask, { budget }) => {
  const text = printedMarked(ask('value'), budget)
  spendText(budget, text.length * 5)
  return htmlOfMarked(escapeHtml(text))
})

const markSafe = withParameters({ title: 'do_mark_safe', parameters: { value: required } }, (ask, { budget }) =>
  htmlOfMarked(printedMarked(ask('value'), budget)),
)

const stripTags = withParameters({ title: 'do_striptags', parameters: { value: required } }, (ask, { budget }) => {
  const text = printed(ask('value'), budget)
  spendText(budget, text.length)
  return unescapeHtml(splitBlanks(withoutTags(withoutComments(text))).join(' '))
})

/** One after the other, so that no comment is made by taking another one away. */
function withoutComments(text: string): string {
  const parts: string[] = []
  let position = 0
  for (;;) {
    const start = text.indexOf('<!--', position)
    const end = start === -1 ? -1 : text.indexOf('-->', start)
    if (end === -1) return parts.join('') + text.slice(position)
    parts.push(text.slice(position, start))
    position = end + 3
  }
}

function withoutTags(text: string): string {
  const parts: string[] = []
  let position = 0
  for (;;) {
    const start = text.indexOf('<', position)
    const end = start === -1 ? -1 : text.indexOf('>', start)
    if (end === -1) return parts.join('') + text.slice(position)
    parts.push(text.slice(position, start))
    position = end + 1
  }
}

const unreserved = /[^A-Za-z0-9_.~-]/gu

/** As a part of a URL; `safe` characters stay. */
function urlQuoted(value: Value, safe: string, budget: Budget): string {
  const text = printed(value, budget)
  spendText(budget, text.length * 3)
  return text
    .toWellFormed()
    .replace(unreserved, (character) =>
      safe.includes(character) ? character : encodeURIComponent(character).replace(/[!'()*]/g, percent),
    )
}

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

const urlEncode = withParameters({ title: 'do_urlencode', parameters: { value: required } }, (ask, { budget }) => {
  const value = ask('value')
  if (textOf(value) !== null || iterate(value) === null) return urlQuoted(value, '/', budget)
  const pairs = isDict(value)
    ? Array.from(value.entries.values(), ({ key, value: member }) => tuple([key, member]))
    : itemsOf(value, budget)
  return pairs
    .map((pair) =>
      unpacked(pair, 2, budget)
        .map((part) => urlQuoted(part, '', budget).replaceAll('%20', '+'))
        .join('='),
    )
    .join('&')
})

/** Attributes are XML that is written as the template says, like JSON. */
const quote = markOf('"')

const attributes = withParameters(
  { title: 'do_xmlattr', hidden: 1, parameters: { d: required, autospace: true } },
  (ask, { budget }) => {
    const value = ask('d')
    if (isUndefined(value)) throw faultOf(value)
    if (!isDict(value)) throw runtimeFault(`'${typeName(value)}' object has no attribute 'items'`)
    const parts: string[] = []
    for (const { key, value: member } of value.entries.values()) {
      if (member === null || isUndefined(member)) continue
      const name = textOf(key)
      if (name === null) throw typeFault(`expected string or bytes-like object, got '${typeName(key)}'`)
      if (/[\t\n\v\f\r />=]/.test(name)) throw valueFault(`Invalid character in attribute name: ${quoted(name)}`)
      const text = printedMarked(member, budget)
      spendText(budget, (name.length + text.length) * 5)
      parts.push(`${escapeHtml(name)}=${quote}${escaped(member, text)}${quote}`)
    }
    return textOfMarked((isTrue(ask('autospace')) && parts.length > 0 ? ' ' : '') + parts.join(' '))
  },
)

const urlize = withParameters(
  {
    title: 'do_urlize',
    hidden: 1,
    parameters: { value: required, trim_url_limit: null, nofollow: false, target: null, rel: null, extra_schemes: null },
  },
  (ask, { budget }) => {
    const text = printed(ask('value'), budget)
    spendText(budget, text.length * 10)
    const relations = new Set([...splitBlanks(textOf(ask('rel')) ?? ''), 'noopener'])
    if (isTrue(ask('nofollow'))) relations.add('nofollow')
    const schemes =
      ask('extra_schemes') === null ? [] : itemsOf(ask('extra_schemes'), budget).map((scheme) => printed(scheme, budget))
    const wrong = schemes.find((scheme) => !/^[\w.+-]{2,}:\/{0,2}$/.test(scheme))
    if (wrong !== undefined) throw runtimeFault(`${quoted(wrong)} is not a valid URI scheme prefix.`)
    return linked(escaped(ask('value'), text), {
      lengthMax: ask('trim_url_limit') === null ? null : asCount(ask('trim_url_limit')),
      relations: Array.from(relations).toSorted().join(' '),
      target: textOf(ask('target')),
      schemes,
    })
  },
)

const oneLine: JsonStyle = { isSorted: true, isAscii: true, indent: null, comma: ', ' }

const toJson = withParameters(
  { title: 'do_tojson', hidden: 1, parameters: { value: required, indent: null } },
  (ask, { budget }) => {
    const indent = indentOf(ask('indent'))
    if (indent !== null) spendText(budget, indent.length)
    const style = indent === null ? oneLine : { ...oneLine, indent, comma: ',' }
    return wholeText(htmlSafeJson(jsonOf(ask('value'), style, budget)), true)
  },
)

function indentOf(value: Value): string | null {
  if (value === null) return null
  return textOf(value) ?? ' '.repeat(Math.min(1000, Math.max(0, asCount(value))))
}

export const htmlFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['escape', escape],
  ['e', escape],
  ['forceescape', forceEscape],
  ['safe', markSafe],
  ['striptags', stripTags],
  ['urlencode', urlEncode],
  ['urlize', urlize],
  ['xmlattr', attributes],
  ['tojson', toJson],
])
