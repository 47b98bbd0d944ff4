import { asCount, required, withParameters } from './arguments.ts'
import { type Budget, spendItems, spendText } from './budget.ts'
import { runtimeFault, typeFault, valueFault } from './fault.ts'
import { capitalized } from './letter-case.ts'
import { percentFormat } from './percent-format.ts'
import { pretty } from './pretty-print.ts'
import { printed } from './print.ts'
import { blanks, countOf, cut, linesOf } from './python-text.ts'
import { centerShare } from './string-methods.ts'
import { replaced, stripped } from './string-work.ts'
import { isTrue } from './truth.ts'
import { dictOf } from './dict.ts'
import { type Function, isMarkup, isUndefined, textLike, textOf, tuple, typeName } from './value.ts'
import { wrapped } from './wrap.ts'
import { faultOf } from './order.ts'
import { length } from './iteration.ts'

/** A filter that changes the text of whatever it is applied to. HTML stays HTML. */
const change = (name: string, work: (text: string) => string): readonly [string, Function] => [
  name,
  withParameters({ title: `do_${name}`, parameters: { s: required } }, (ask, { budget }) => {
    const text = printed(ask('s'), budget)
    spendText(budget, text.length)
    return textLike(ask('s'), work(text))
  }),
]

const wordStart = new RegExp(`([-(\\[{<${blanks}]+)`)

/** Every word begins with a large letter and goes on with small ones; an apostrophe does not begin a word. */
const inTitleCase = (text: string): string => text.split(wordStart).map(capitalized).join('')

const trim = withParameters({ title: 'do_trim', parameters: { value: required, chars: null } }, (ask, { budget }) => {
  const text = printed(ask('value'), budget)
  spendText(budget, text.length)
  const characters = ask('chars') === null ? null : printed(ask('chars'), budget)
  return textLike(ask('value'), stripped(text, characters, { isStart: true, isEnd: true }))
})

const replace = withParameters(
  { title: 'do_replace', hidden: 1, parameters: { s: required, old: required, new: required, count: null } },
  (ask, { budget }) => {
    const [before, after] = [printed(ask('old'), budget), printed(ask('new'), budget)]
    const count = ask('count') === null ? -1 : asCount(ask('count'))
    return replaced(printed(ask('s'), budget), { before, after, count, budget })
  },
)

const truncate = withParameters(
  { title: 'do_truncate', hidden: 1, parameters: { s: required, length: 255n, killwords: false, end: '...', leeway: null } },
  (ask, { budget }) => {
    const value = ask('s')
    const most = asCount(ask('length'))
    const end = printed(ask('end'), budget)
    const leeway = ask('leeway') === null ? 5 : asCount(ask('leeway'))
    if (most < countOf(end)) throw runtimeFault(`expected length >= ${countOf(end)}, got ${most}`)
    if (leeway < 0) throw runtimeFault(`expected leeway >= 0, got ${leeway}`)
    if (length(value, budget) <= most + leeway) return value
    const text = textOf(value)
    if (text === null) throw typeFault("unhashable type: 'slice'")
    const kept = cut(text, 0, most - countOf(end))
    const lastBlank = kept.lastIndexOf(' ')
    return textLike(value, (isTrue(ask('killwords')) || lastBlank === -1 ? kept : kept.slice(0, lastBlank)) + end)
  },
)

const indent = withParameters(
  { title: 'do_indent', parameters: { s: required, width: 4n, first: false, blank: false } },
  (ask, { budget }) => {
    const value = ask('s')
    const text = textOf(value)
    if (isUndefined(value)) throw faultOf(value)
    if (text === null) throw typeFault(`unsupported operand type(s) for +=: '${typeName(value)}' and 'str'`)
    const margin = textOf(ask('width')) ?? marginOf(asCount(ask('width')), budget)
    const lines = linesOf(`${text}\n`, false)
    spendItems(budget, lines.length)
    spendText(budget, text.length + lines.length * margin.length)
    const isBlank = isTrue(ask('blank'))
    const indented = lines.map((line, index) => (index > 0 && (isBlank || line !== '') ? margin + line : line)).join('\n')
    return textLike(value, isTrue(ask('first')) ? margin + indented : indented)
  },
)

function marginOf(width: number, budget: Budget): string {
  spendText(budget, Math.max(0, width))
  return ' '.repeat(Math.max(0, width))
}

const center = withParameters({ title: 'do_center', parameters: { value: required, width: 80n } }, (ask, { budget }) => {
  const text = printed(ask('value'), budget)
  const width = asCount(ask('width'))
  const missing = width - countOf(text)
  if (missing <= 0) return textLike(ask('value'), text)
  spendText(budget, width)
  const left = centerShare(missing, width)
  return textLike(ask('value'), ' '.repeat(left) + text + ' '.repeat(missing - left))
})

const format: Function = ({ positional: [value = null, ...rest], named }, { budget }) => {
  if (rest.length > 0 && named.size > 0) throw runtimeFault("can't handle positional and keyword arguments at the same time")
  const text = isMarkup(value) ? value : printed(value, budget)
  return percentFormat(text, named.size > 0 ? dictOf(named) : tuple(rest), budget)
}

const wordWrap = withParameters(
  {
    title: 'do_wordwrap',
    hidden: 1,
    parameters: { s: required, width: 79n, break_long_words: true, wrapstring: null, break_on_hyphens: true },
  },
  (ask, { budget }) => {
    const value = ask('s')
    const text = textOf(value)
    if (isUndefined(value)) throw faultOf(value)
    if (text === null) throw runtimeFault(`'${typeName(value)}' object has no attribute 'splitlines'`)
    const width = asCount(ask('width'))
    if (width <= 0) throw valueFault(`invalid width ${width} (must be > 0)`)
    // Each word may be a line of its own.
    spendItems(budget, Math.ceil(text.length / 8))
    const separator = ask('wrapstring') === null ? '\n' : printed(ask('wrapstring'), budget)
    const lines = linesOf(text, false).map((line) =>
      wrapped(line, { width, breaksWords: isTrue(ask('break_long_words')), breaksHyphens: isTrue(ask('break_on_hyphens')) }),
    )
    const all = lines.map((parts) => parts.join(separator)).join(separator)
    spendText(budget, all.length)
    return all
  },
)

const wordCount = withParameters({ title: 'do_wordcount', parameters: { s: required } }, (ask, { budget }) => {
  const text = printed(ask('s'), budget)
  spendText(budget, text.length)
  return BigInt(text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)
})

const string = withParameters({ title: 'soft_str', parameters: { s: required } }, (ask, { budget }) =>
  isMarkup(ask('s')) ? ask('s') : printed(ask('s'), budget),
)

const prettyPrint = withParameters({ title: 'do_pprint', parameters: { value: required } }, (ask, { budget }) =>
  pretty(ask('value'), budget),
)

export const textFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  change('upper', (text) => text.toUpperCase()),
  change('lower', (text) => text.toLowerCase()),
  change('capitalize', capitalized),
  change('title', inTitleCase),
  ['trim', trim],
  ['replace', replace],
  ['truncate', truncate],
  ['indent', indent],
  ['center', center],
  ['format', format],
  ['wordwrap', wordWrap],
  ['wordcount', wordCount],
  ['string', string],
  ['pprint', prettyPrint],
])
