import { syntaxFault } from './fault.ts'
import { parseBracketed, parseGiven, parseItems } from './items-parser.ts'
import type { Comparator, Comparison, Condition, Expression, Given, NamedCall, Slice } from './syntax.ts'
import { describeToken, type TokenKind } from './token.ts'
import { advance, expect, expectAnyName, isName, look, nested, skip, skipName, type Stream } from './token-stream.ts'
import { releaseUses } from './uses.ts'
import { ownText } from './marked-text.ts'
import type { Operator } from './value.ts'

/** What follows a list without brackets: the end of the tag, or of what is around it, or one of some names. */
type TupleEnd = { readonly names: readonly string[]; readonly isConditional: boolean }

/** One expression, or several with commas between them, which make a tuple. */
export function parseTuple(stream: Stream, { names, isConditional }: TupleEnd): Expression {
  const items = parseItems(stream, names, isConditional ? parseExpression : parseOr)
  if (items === null) throw syntaxFault(`Expected an expression, got '${describeToken(stream.current)}'`, stream.current.line)
  return items
}

/** An expression, which may end in `if test else otherwise`. */
export const parseExpression = (stream: Stream): Expression => nested(stream, () => parseCondition(stream))

function parseCondition(stream: Stream): Expression {
  const useCount = stream.uses.length
  const { line } = stream.current
  let value = parseOr(stream)
  while (skipName(stream, 'if')) {
    const test = parseOr(stream)
    const otherwise = skipName(stream, 'else') ? parseExpression(stream) : null
    const condition: Condition = { kind: 'condition', test, value, otherwise, line }
    releaseUses(stream, useCount)
    value = condition
  }
  return value
}

function parseOr(stream: Stream): Expression {
  const { line } = stream.current
  let left = parseAnd(stream)
  while (skipName(stream, 'or')) left = { kind: 'logic', operator: 'or', left, right: parseAnd(stream), line }
  return left
}

function parseAnd(stream: Stream): Expression {
  const { line } = stream.current
  let left = parseNot(stream)
  while (skipName(stream, 'and')) left = { kind: 'logic', operator: 'and', left, right: parseNot(stream), line }
  return left
}

function parseNot(stream: Stream): Expression {
  const { line } = stream.current
  if (!skipName(stream, 'not')) return parseComparison(stream)
  return { kind: 'not', of: nested(stream, () => parseNot(stream)), line }
}

const comparators: ReadonlyMap<TokenKind, Comparator> = new Map<TokenKind, Comparator>(
  (['==', '!=', '<', '<=', '>', '>='] as const).map((comparator) => [comparator, comparator]),
)

function parseComparison(stream: Stream): Expression {
  const { line } = stream.current
  const first = parseSum(stream)
  const rest: Comparison[] = []
  for (let found = skipComparator(stream); found !== null; found = skipComparator(stream)) {
    rest.push({ comparator: found, right: parseSum(stream) })
  }
  return rest.length === 0 ? first : { kind: 'comparison', first, rest, line }
}

function skipComparator(stream: Stream): Comparator | null {
  const found = comparators.get(stream.current.kind)
  if (found !== undefined) {
    advance(stream)
    return found
  }
  if (skipName(stream, 'in')) return 'in'
  if (!isName(stream.current, 'not') || !isName(look(stream), 'in')) return null
  advance(stream)
  advance(stream)
  return 'not in'
}

/** A level of operators that are done from left to right. */
const levelOf =
  (operators: readonly Operator[], parseOperand: (stream: Stream) => Expression) =>
  (stream: Stream): Expression => {
    const { line } = stream.current
    let left = parseOperand(stream)
    for (;;) {
      const operator = operators.find((one) => one === stream.current.kind)
      if (operator === undefined) return left
      advance(stream)
      left = { kind: 'calculation', operator, left, right: parseOperand(stream), line }
    }
  }

// In Jinja2 `**` is done from the left, too, and `~` before `+`.
const parsePower = levelOf(['**'], (stream) => parseUnary(stream))
const parseProduct = levelOf(['*', '/', '//', '%'], parsePower)
const parseSum = levelOf(['+', '-'], parseConcatenation)

function parseConcatenation(stream: Stream): Expression {
  const { line } = stream.current
  const first = parseProduct(stream)
  const parts = [first]
  while (skip(stream, '~')) parts.push(parseProduct(stream))
  return parts.length === 1 ? first : { kind: 'concatenation', parts, line }
}

/** Filters belong to the whole with its sign, `-1|abs` is 1. */
const parseUnary = (stream: Stream): Expression => parseFilters(stream, parseSigned(stream))

function parseSigned(stream: Stream): Expression {
  const { kind, line } = stream.current
  if (kind !== '-' && kind !== '+') return parsePostfix(stream, parsePrimary(stream))
  advance(stream)
  return parsePostfix(stream, { kind: 'sign', sign: kind, of: nested(stream, () => parseSigned(stream)), line })
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
])

/** A name, a literal, or something in brackets. */
export function parsePrimary(stream: Stream): Expression {
  const token = stream.current
  const { line } = token
  switch (token.kind) {
    case 'name': {
      advance(stream)
      const name = String(token.value)
      const constant = constants.get(name)
      if (constant !== undefined) return { kind: 'constant', value: constant, line }
      stream.names.push(name)
      return { kind: 'name', name, line }
    }
    case 'string': {
      let value = ''
      while (stream.current.kind === 'string') value += String(advance(stream).value)
      return { kind: 'constant', value: ownText(value), line }
    }
    case 'integer':
    case 'float':
      advance(stream)
      return { kind: 'constant', value: token.value, line }
    case '(': {
      advance(stream)
      const items = parseItems(stream, [], parseExpression)
      expect(stream, ')')
      return items ?? { kind: 'tuple', items: [], line }
    }
    case '[':
      return { kind: 'list', items: parseBracketed(stream, ']', parseExpression), line }
    case '{':
      return { kind: 'dict', pairs: parseBracketed(stream, '}', parsePair), line }
    default:
      throw syntaxFault(`unexpected '${describeToken(token)}'`, line)
  }
}

function parsePair(stream: Stream): readonly [Expression, Expression] {
  const key = parseExpression(stream)
  expect(stream, ':')
  return [key, parseExpression(stream)]
}

/** What follows a value directly: `.name`, `[key]` and calls. */
function parsePostfix(stream: Stream, of: Expression): Expression {
  let value = of
  for (;;) {
    const { kind, line } = stream.current
    if (kind === '.') value = parseAttribute(stream, value)
    else if (kind === '[') value = parseItem(stream, value)
    else if (kind === '(') value = { kind: 'call', callee: value, given: parseGiven(stream, parseExpression), line }
    else return value
  }
}

function parseAttribute(stream: Stream, of: Expression): Expression {
  const { line } = advance(stream)
  const token = advance(stream)
  if (token.kind === 'name') return { kind: 'attribute', of, name: String(token.value), line }
  if (token.kind !== 'integer') throw syntaxFault('expected name or number', token.line)
  return { kind: 'item', of, key: { kind: 'constant', value: token.value, line: token.line }, line }
}

function parseItem(stream: Stream, of: Expression): Expression {
  const { line } = advance(stream)
  const keys: Expression[] = []
  while (stream.current.kind !== ']') {
    if (keys.length > 0) expect(stream, ',')
    keys.push(parseKey(stream))
  }
  advance(stream)
  const [first] = keys
  return { kind: 'item', of, key: keys.length === 1 && first !== undefined ? first : { kind: 'tuple', items: keys, line }, line }
}

function parseKey(stream: Stream): Expression {
  const { line } = stream.current
  const start = stream.current.kind === ':' ? null : parseExpression(stream)
  if (start !== null && stream.current.kind !== ':') return start
  advance(stream)
  const isEnd = (): boolean => [':', ']', ','].includes(stream.current.kind)
  const stop = isEnd() ? null : parseExpression(stream)
  const step = skip(stream, ':') && !isEnd() ? parseExpression(stream) : null
  const slice: Slice = { kind: 'slice', start, stop, step, line }
  return slice
}

/** Everything that follows a value with `|` or `is`; after these there may be calls again. */
function parseFilters(stream: Stream, of: Expression): Expression {
  let value = of
  for (;;) {
    const { kind, line } = stream.current
    if (kind === '|') {
      advance(stream)
      value = { kind: 'filter', of: value, filter: parseFilter(stream), line }
    } else if (isName(stream.current, 'is')) value = parseTest(stream, value)
    else if (kind === '(') value = { kind: 'call', callee: value, given: parseGiven(stream, parseExpression), line }
    else return value
  }
}

/** The filters of a block: `upper|trim`. */
export function parseFilterChain(stream: Stream): readonly NamedCall[] {
  const filters = [parseFilter(stream)]
  while (skip(stream, '|')) filters.push(parseFilter(stream))
  return filters
}

const nothing: Given = { positional: [], named: [], rest: null, namedRest: null }

function parseFilter(stream: Stream): NamedCall {
  const { line } = stream.current
  const name = parseDotted(stream)
  stream.uses.push({ what: 'filter', name, line, isFixed: false })
  return { name, given: stream.current.kind === '(' ? parseGiven(stream, parseExpression) : nothing, line }
}

function parseDotted(stream: Stream): string {
  let name = expectAnyName(stream)
  while (skip(stream, '.')) name += `.${expectAnyName(stream)}`
  return name
}

const beginsArgument: readonly TokenKind[] = ['name', 'string', 'integer', 'float', '[', '{']
const endsTest = ['else', 'or', 'and']

function parseTest(stream: Stream, of: Expression): Expression {
  const { line } = advance(stream)
  const isNegated = skipName(stream, 'not')
  const name = parseDotted(stream)
  stream.uses.push({ what: 'test', name, line, isFixed: false })
  const test: Expression = { kind: 'test', of, test: { name, given: parseTestGiven(stream), line }, line }
  return isNegated ? { kind: 'not', of: test, line } : test
}

function parseTestGiven(stream: Stream): Given {
  const { current } = stream
  if (current.kind === '(') return parseGiven(stream, parseExpression)
  if (!beginsArgument.includes(current.kind) || endsTest.some((name) => isName(current, name))) return nothing
  if (isName(current, 'is')) throw syntaxFault('You cannot chain multiple tests with is', current.line)
  return { ...nothing, positional: [parsePostfix(stream, parsePrimary(stream))] }
}
