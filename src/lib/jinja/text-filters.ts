import { asCount, required, withParameters } from './arguments.ts'
import { type Budget, spendItems, spendText } from './budget.ts'
import { runtimeFault, typeFault, valueFault } from './fault.ts'
import { capitalized } from './letter-case.ts'
import { percentFormat } from './percent-format.ts'
import { pretty } from './pretty-print.ts'
import { markOf, withoutMarks } from './marks.ts'
import { printed, printedMarked } from './print.ts'
import { countOf, cut, linesOf, markedBlanks } from './python-text.ts'
import { centerShare } from './string-methods.ts'
import { soughtOf } from './sought.ts'
import { replaced, strippedSpan } from './string-work.ts'
import { isTrue } from './truth.ts'
import { dictOf } from './dict.ts'
import { type Function, isText, isUndefined, markedOf, textLike, textOf, textOfMarked, tuple, typeName } from './value.ts'
import { wrapped } from './wrap.ts'
import { faultOf } from './order.ts'
import { length } from './iteration.ts'

/** A filter that changes the text of whatever it is applied to. HTML stays HTML. */
const change = (name: string, work: (text: string) => string): readonly [string, Function] => [
  name,
  withParameters({ title: `do_${name}`, parameters: { s: required } }, (ask, { budget }) => {
    const marked = printedMarked(ask('s'), budget)
    spendText(budget, marked.length)
    return textLike(ask('s'), work(marked))
  }),
]

const wordStart = new RegExp(`([-(\\[{<${markedBlanks}]+)`, 'u')

/** Every word begins with a large letter and goes on with small ones; an apostrophe does not begin a word. */
const inTitleCase = (text: string): string => text.split(wordStart).map(capitalized).join('')

const trim = withParameters({ title: 'do_trim', parameters: { value: required, chars: null } }, (ask, { budget }) => {
  const text = printed(ask('value'), budget)
  spendText(budget, text.length)
  const characters = ask('chars') === null ? null : printed(ask('chars'), budget)
  const { start, end } = strippedSpan(text, characters, { isStart: true, isEnd: true })
  return textLike(ask('value'), printedMarked(ask('value'), budget).slice(start, end))
})

const replace = withParameters(
  { title: 'do_replace', hidden: 1, parameters: { s: required, old: required, new: required, count: null } },
  (ask, runtime) => {
    const { budget } = runtime
    const marked = printedMarked(ask('s'), budget)
    const before = soughtOf(ask('old'), runtime)
    const after = printedMarked(ask('new'), budget)
    const count = ask('count') === null ? -1 : asCount(ask('count'))
    return textOfMarked(replaced(marked, { before, after, count, budget }))
  },
)

const truncate = withParameters(
  { title: 'do_truncate', hidden: 1, parameters: { s: required, length: 255n, killwords: false, end: '...', leeway: null } },
  (ask, { budget }) => {
    const value = ask('s')
    const most = asCount(ask('length'))
    const end = printedMarked(ask('end'), budget)
    const leeway = ask('leeway') === null ? 5 : asCount(ask('leeway'))
    if (most < countOf(end)) throw runtimeFault(`expected length >= ${countOf(end)}, got ${most}`)
    if (leeway < 0) throw runtimeFault(`expected leeway >= 0, got ${leeway}`)
    if (length(value, budget) <= most + leeway) return value
    const text = markedOf(value)
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
    const text = markedOf(value)
    if (isUndefined(value)) throw faultOf(value)
    if (text === null) throw typeFault(`unsupported operand type(s) for +=: '${typeName(value)}' and 'str'`)
    const margin = markedOf(ask('width')) ?? marginOf(asCount(ask('width')), budget)
    const lines = linesOf(`${text}\n`, true)
    spendItems(budget, lines.length)
    spendText(budget, text.length + lines.length * margin.length)
    const isBlank = isTrue(ask('blank'))
    const indented = lines
      .map(withPlainBreak)
      .map((line, index) => (index > 0 && (isBlank || line.length > 1) ? margin + line : line))
      .join('')
      .slice(0, -1)
    return textLike(value, isTrue(ask('first')) ? margin + indented : indented)
  },
)

/** A line that ends in a line feed, whatever it ended in: one that the template has written if that was. */
function withPlainBreak(line: string): string {
  const isOwn = withoutMarks(line.slice(-1)) !== line.slice(-1)
  return line.replace(lastBreak, isOwn ? markOf('\n') : '\n')
}

const lastBreak = /(?:[\r\udc0d][\n\udc0a]|.)$/su

function marginOf(width: number, budget: Budget): string {
  spendText(budget, Math.max(0, width))
  return ' '.repeat(Math.max(0, width))
}

const center = withParameters({ title: 'do_center', parameters: { value: required, width: 80n } }, (ask, { budget }) => {
  const text = printedMarked(ask('value'), budget)
  const width = asCount(ask('width'))
  const missing = width - countOf(text)
  if (missing <= 0) return textLike(ask('value'), text)
  spendText(budget, width)
  const left = centerShare(missing, width)
  return textLike(ask('value'), ' '.repeat(left) + text + ' '.repeat(missing - left))
})

const format: Function = ({ positional: [value = null, ...rest], named }, { budget }) => {
  if (rest.length > 0 && named.size > 0) throw runtimeFault("can't handle positional and keyword arguments at the same time")
  const text = isText(value) ? value : printed(value, budget)
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
    const separator = ask('wrapstring') === null ? '\n' : printedMarked(ask('wrapstring'), budget)
    const lines = linesOf(text.toWellFormed(), false).map((line) =>
      wrapped(line, { width, breaksWords: isTrue(ask('break_long_words')), breaksHyphens: isTrue(ask('break_on_hyphens')) }),
    )
    const all = lines.map((parts) => parts.join(separator)).join(separator)
    spendText(budget, all.length)
    return textOfMarked(all)
  },
)

const wordCount = withParameters({ title: 'do_wordcount', parameters: { s: required } }, (ask, { budget }) => {
  const text = printed(ask('s'), budget)
  spendText(budget, text.length)
  return BigInt(text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)
})

const string = withParameters({ title: 'soft_str', parameters: { s: required } }, (ask, { budget }) =>
  isText(ask('s')) ? ask('s') : printed(ask('s'), budget),
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
