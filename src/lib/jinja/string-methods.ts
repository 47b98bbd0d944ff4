import { asCount, required, withParameters } from './arguments.ts'
import { type Budget, spendItems, spendReading, spendText } from './budget.ts'
import { typeFault, valueFault } from './fault.ts'
import { escaped } from './html.ts'
import { visit } from './iteration.ts'
import { capitalized, folded, isLower, isTitle, isUpper, swapped, titled } from './letter-case.ts'
import { countOf, cut, linesOf, trimEnd, trimStart } from './python-text.ts'
import { type Sought, soughtOf } from './sought.ts'
import { replaced, splitAtBlanks, splitBy, strippedSpan, withoutTabs } from './string-work.ts'
import { isTrue } from './truth.ts'
import {
  type Function,
  isHtml,
  isTuple,
  list,
  markedOf,
  type Runtime,
  textLike,
  textOf,
  textOfMarked,
  tuple,
  typeName,
  type Value,
} from './value.ts'

/** The text that a method belongs to. */
const selfOf = (value: Value): string => textOf(value) ?? ''
const markedSelf = (value: Value): string => markedOf(value) ?? ''

const textArgument = (value: Value): string => {
  const text = textOf(value)
  if (text === null) throw typeFault(`expected str instance, ${typeName(value)} found`)
  return text
}

const markedArgument = (value: Value): string => markedOf(value) ?? textArgument(value)

function soughtArgument(value: Value, runtime: Runtime): Sought {
  textArgument(value)
  return soughtOf(value, runtime)
}

/** A method without arguments that makes another text. */
const simple = (name: string, change: (text: string) => string): readonly [string, Function] => [
  name,
  withParameters({ title: `str.${name}`, hidden: -1, parameters: { self: required } }, (ask, { budget }) => {
    const marked = markedSelf(ask('self'))
    spendText(budget, marked.length)
    return textLike(ask('self'), change(marked))
  }),
]

/** A method without arguments that asks something. */
const question = (name: string, holds: (text: string) => boolean): readonly [string, Function] => [
  name,
  withParameters({ title: `str.${name}`, hidden: -1, parameters: { self: required } }, (ask, { budget }) => {
    const text = selfOf(ask('self'))
    spendReading(budget, text.length)
    return holds(text)
  }),
]

const strip = (name: string, sides: { readonly isStart: boolean; readonly isEnd: boolean }): readonly [string, Function] => [
  name,
  withParameters({ title: name, hidden: -1, parameters: { self: required, chars: null } }, (ask, { budget }) => {
    const text = selfOf(ask('self'))
    spendText(budget, text.length)
    const characters = ask('chars') === null ? null : textArgument(ask('chars'))
    const { start, end } = strippedSpan(text, characters, sides)
    return textLike(ask('self'), markedSelf(ask('self')).slice(start, end))
  }),
]

const split = (name: string, isFromEnd: boolean): readonly [string, Function] => [
  name,
  withParameters({ title: name, hidden: -1, parameters: { self: required, sep: null, maxsplit: -1n } }, (ask, runtime) => {
    const { budget } = runtime
    const text = markedSelf(ask('self'))
    spendText(budget, text.length)
    const most = asCount(ask('maxsplit'))
    const count = most < 0 ? Infinity : most
    const separator = ask('sep') === null ? null : soughtArgument(ask('sep'), runtime)
    if (separator?.text === '') throw valueFault('empty separator')
    const parts = separator === null ? splitAtBlanks(text, { count, isFromEnd }) : splitBy(text, separator, { count, isFromEnd })
    spendItems(budget, parts.length)
    return list(parts.map((part) => textLike(ask('self'), part)))
  }),
]

/** Where a part is, in characters, between two places; -1 where it is not. */
const search = (
  name: string,
  { isLast, isFault }: { readonly isLast: boolean; readonly isFault: boolean },
): readonly [string, Function] => [
  name,
  withParameters(
    { title: name, hidden: -1, parameters: { self: required, sub: required, start: null, end: null } },
    (ask, { budget }) => {
      const { text, offset } = sliceOf(selfOf(ask('self')), { start: ask('start'), end: ask('end'), budget })
      const part = textArgument(ask('sub'))
      const index = isLast ? text.lastIndexOf(part) : text.indexOf(part)
      if (index === -1 && isFault) throw valueFault('substring not found')
      return BigInt(index === -1 ? -1 : offset + countOf(text.slice(0, index)))
    },
  ),
]

function sliceOf(text: string, { start, end, budget }: { readonly start: Value; readonly end: Value; readonly budget: Budget }) {
  spendReading(budget, text.length)
  if (start === null && end === null) return { text, offset: 0 }
  const count = countOf(text)
  const place = (value: Value, otherwise: number): number => {
    if (value === null) return otherwise
    const index = asCount(value)
    return Math.min(count, index < 0 ? Math.max(0, index + count) : index)
  }
  const offset = place(start, 0)
  return { text: cut(text, offset, place(end, count)), offset }
}

const affix = (name: string, matches: (text: string, part: string) => boolean): readonly [string, Function] => [
  name,
  withParameters(
    { title: name, hidden: -1, parameters: { self: required, prefix: required, start: null, end: null } },
    (ask, { budget }) => {
      const { text } = sliceOf(selfOf(ask('self')), { start: ask('start'), end: ask('end'), budget })
      const wanted = ask('prefix')
      if (isTuple(wanted)) return wanted.items.some((item) => matches(text, textArgument(item)))
      const part = textOf(wanted)
      if (part === null) throw typeFault(`${name} first arg must be str or a tuple of str, not ${typeName(wanted)}`)
      return matches(text, part)
    },
  ),
]

/** Fills up to a width; `share` says how much of what is missing goes to the left. */
const fill = (name: string, share: (missing: number, width: number) => number): readonly [string, Function] => [
  name,
  withParameters(
    { title: name, hidden: -1, parameters: { self: required, width: required, fillchar: ' ' } },
    (ask, { budget }) => {
      const text = markedSelf(ask('self'))
      const width = asCount(ask('width'))
      const filler = markedArgument(ask('fillchar'))
      if (countOf(filler) !== 1) throw typeFault('The fill character must be exactly one character long')
      const missing = width - countOf(text)
      if (missing <= 0) return ask('self')
      spendText(budget, width)
      const left = share(missing, width)
      return textLike(ask('self'), filler.repeat(left) + text + filler.repeat(missing - left))
    },
  ),
]

/** Python puts the odd blank to the left if the width is odd, too. */
export const centerShare = (missing: number, width: number): number => Math.floor(missing / 2) + (missing & width & 1)

const partition = (name: string, isLast: boolean): readonly [string, Function] => [
  name,
  withParameters({ title: `str.${name}`, hidden: -1, parameters: { self: required, sep: required } }, (ask, { budget }) => {
    const text = selfOf(ask('self'))
    const separator = textArgument(ask('sep'))
    if (separator === '') throw valueFault('empty separator')
    spendText(budget, text.length)
    const index = isLast ? text.lastIndexOf(separator) : text.indexOf(separator)
    if (index === -1) return tuple(isLast ? ['', '', ask('self')] : [ask('self'), '', ''])
    const marked = markedSelf(ask('self'))
    const end = index + separator.length
    return tuple([marked.slice(0, index), marked.slice(index, end), marked.slice(end)].map(textOfMarked))
  }),
]

/** `rest` is what is left of a text that may have such a part at one end: where it begins, and where it ends. */
const remove = (name: string, rest: (text: string, part: string) => readonly [number, number]): readonly [string, Function] => [
  name,
  withParameters({ title: `str.${name}`, hidden: -1, parameters: { self: required, part: required } }, (ask, { budget }) => {
    const text = selfOf(ask('self'))
    spendText(budget, text.length)
    return textLike(ask('self'), markedSelf(ask('self')).slice(...rest(text, textArgument(ask('part')))))
  }),
]

const isEvery = (pattern: RegExp) => (text: string) => pattern.test(text)

const replace = withParameters(
  { title: 'replace', hidden: -1, parameters: { self: required, old: required, new: required, count: -1n } },
  (ask, runtime) => {
    const { budget } = runtime
    const self = ask('self')
    const [before, after] = [soughtArgument(ask('old'), runtime), markedArgument(ask('new'))]
    const shown = isHtml(self) ? escaped(ask('new'), after) : after
    return textLike(self, replaced(markedSelf(self), { before, after: shown, count: asCount(ask('count')), budget }))
  },
)

const join = withParameters(
  { title: 'str.join', hidden: -1, parameters: { self: required, iterable: required } },
  (ask, { budget }) => {
    const separator = markedSelf(ask('self'))
    const parts: string[] = []
    for (const item of visit(ask('iterable'), budget)) {
      const text = markedOf(item)
      if (text === null) throw typeFault(`sequence item ${parts.length}: expected str instance, ${typeName(item)} found`)
      parts.push(isHtml(ask('self')) ? escaped(item, text) : text)
      spendText(budget, text.length + separator.length)
    }
    return textLike(ask('self'), parts.join(separator))
  },
)

const count = withParameters(
  { title: 'count', hidden: -1, parameters: { self: required, sub: required, start: null, end: null } },
  (ask, { budget }) => {
    const { text } = sliceOf(selfOf(ask('self')), { start: ask('start'), end: ask('end'), budget })
    const part = textArgument(ask('sub'))
    return BigInt(part === '' ? countOf(text) + 1 : text.split(part).length - 1)
  },
)

const splitLines = withParameters(
  { title: 'splitlines', hidden: -1, parameters: { self: required, keepends: false } },
  (ask, { budget }) => {
    const text = markedSelf(ask('self'))
    spendText(budget, text.length)
    const lines = linesOf(text, isTrue(ask('keepends')))
    spendItems(budget, lines.length)
    return list(lines.map(textOfMarked))
  },
)

const zeroFill = withParameters(
  { title: 'str.zfill', hidden: -1, parameters: { self: required, width: required } },
  (ask, { budget }) => {
    const text = markedSelf(ask('self'))
    const missing = asCount(ask('width')) - countOf(text)
    if (missing <= 0) return ask('self')
    spendText(budget, missing)
    const sign = /^[-+]/.exec(text)?.[0] ?? ''
    return textLike(ask('self'), sign + '0'.repeat(missing) + text.slice(sign.length))
  },
)

const expandTabs = withParameters(
  { title: 'expandtabs', hidden: -1, parameters: { self: required, tabsize: 8n } },
  (ask, { budget }) => {
    const text = selfOf(ask('self'))
    const size = asCount(ask('tabsize'))
    spendText(budget, text.length + (text.split('\t').length - 1) * Math.max(0, size))
    return textLike(ask('self'), withoutTabs(text, size))
  },
)

/** What texts can be asked for, but for `format`, which looks into other values. */
export const stringMethods: ReadonlyMap<string, Function> = new Map<string, Function>([
  simple('upper', (text) => text.toUpperCase()),
  simple('lower', (text) => text.toLowerCase()),
  simple('title', titled),
  simple('capitalize', capitalized),
  simple('swapcase', swapped),
  simple('casefold', folded),
  strip('strip', { isStart: true, isEnd: true }),
  strip('lstrip', { isStart: true, isEnd: false }),
  strip('rstrip', { isStart: false, isEnd: true }),
  split('split', false),
  split('rsplit', true),
  ['splitlines', splitLines],
  ['join', join],
  ['replace', replace],
  ['count', count],
  ['zfill', zeroFill],
  ['expandtabs', expandTabs],
  search('find', { isLast: false, isFault: false }),
  search('rfind', { isLast: true, isFault: false }),
  search('index', { isLast: false, isFault: true }),
  search('rindex', { isLast: true, isFault: true }),
  affix('startswith', (text, part) => text.startsWith(part)),
  affix('endswith', (text, part) => text.endsWith(part)),
  fill('center', centerShare),
  fill('ljust', () => 0),
  fill('rjust', (missing) => missing),
  partition('partition', false),
  partition('rpartition', true),
  remove('removeprefix', (text, part) => [text.startsWith(part) ? part.length : 0, text.length]),
  remove('removesuffix', (text, part) => [0, text.length - (text.endsWith(part) ? part.length : 0)]),
  question('isdigit', isEvery(/^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2460-\u2468]+$/u)),
  question('isdecimal', isEvery(/^\p{Nd}+$/u)),
  question('isnumeric', isEvery(/^\p{N}+$/u)),
  question('isalpha', isEvery(/^\p{L}+$/u)),
  question('isalnum', isEvery(/^[\p{L}\p{N}]+$/u)),
  question('isascii', (text) => !/[\u0080-\uffff]/.test(text)),
  question('isidentifier', isEvery(/^[\p{ID_Start}_]\p{ID_Continue}*$/u)),
  question('isprintable', (text) => !/[\p{C}\p{Z}]/u.test(text.replaceAll(' ', ''))),
  question('isspace', (text) => text !== '' && trimStart(trimEnd(text)) === ''),
  question('islower', isLower),
  question('isupper', isUpper),
  question('istitle', isTitle),
])
