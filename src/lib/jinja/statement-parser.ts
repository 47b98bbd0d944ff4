import { syntaxFault } from './fault.ts'
import { parseExpression, parseFilterChain, parsePrimary, parseTuple } from './expression-parser.ts'
import { parseItems } from './items-parser.ts'
import type { Body, Expression, If, MacroCode, Signature, Statement, Target } from './syntax.ts'
import { describeToken } from './token.ts'
import { advance, expect, expectAnyName, expectName, isName, look, nested, skip, skipName, type Stream } from './token-stream.ts'
import { pinUses, releaseUses } from './uses.ts'
import { ownText } from './marked-text.ts'
import { textOf } from './value.ts'

/** A whole template. */
export function parseTemplateBody(stream: Stream): Body {
  return parseBody(stream, null)
}

/** Statements up to one of the awaited tags, whose name is current then, or up to the end of the template. */
function parseBody(stream: Stream, awaited: readonly string[] | null): Body {
  const body: Statement[] = []
  if (awaited !== null) stream.awaitedTags.push(awaited)
  while (stream.current.kind !== 'end') {
    const { kind, value, line } = advance(stream)
    if (kind === 'data') body.push({ kind: 'data', text: ownText(String(value)), line })
    else if (kind === 'variable begin') {
      body.push({ kind: 'output', value: parseTuple(stream, { names: [], isConditional: true }), line })
      expect(stream, 'variable end')
    } else {
      if (awaited?.some((name) => isName(stream.current, name)) === true) break
      body.push(...nested(stream, () => parseStatement(stream)))
      expect(stream, 'block end')
    }
  }
  if (awaited !== null) stream.awaitedTags.pop()
  return body
}

/** The rest of a tag, and what stands in its block. The tag that ends it is current then. */
function parseBlockBody(stream: Stream, awaited: readonly string[]): Body {
  skip(stream, ':')
  expect(stream, 'block end')
  const body = parseBody(stream, awaited)
  if (stream.current.kind === 'end') throw tagFault(stream, { name: null, awaited, line: stream.current.line })
  return body
}

/** Like `parseBlockBody`, for a block that only one tag ends. What it names must exist. */
function parseWhole(stream: Stream, end: string): Body {
  const useCount = stream.uses.length
  const body = parseBlockBody(stream, [end])
  pinUses(stream, useCount)
  advance(stream)
  return body
}

function parseStatement(stream: Stream): readonly Statement[] {
  const { current } = stream
  if (current.kind !== 'name') throw syntaxFault('tag name expected', current.line)
  const name = String(current.value)
  const parse = statements.get(name)
  if (parse === undefined) throw tagFault(stream, { name, awaited: stream.awaitedTags.at(-1) ?? null, line: current.line })
  stream.openTags.push(name)
  advance(stream)
  const parsed = parse(stream, current.line)
  stream.openTags.pop()
  return parsed
}

type StatementParser = (stream: Stream, line: number) => readonly Statement[]

const statements: ReadonlyMap<string, StatementParser> = new Map<string, StatementParser>([
  ['if', (stream, line) => [parseIf(stream, line)]],
  ['for', parseFor],
  ['set', parseSet],
  ['with', parseWith],
  ['macro', parseMacro],
  ['call', parseCallBlock],
  [
    'filter',
    (stream, line) => [{ kind: 'filter block', filters: parseFilterChain(stream), body: parseWhole(stream, 'endfilter'), line }],
  ],
  ['block', parseBlock],
  [
    'autoescape',
    (stream, line) => [{ kind: 'autoescape', isOn: parseExpression(stream), body: parseWhole(stream, 'endautoescape'), line }],
  ],
  ['print', parsePrint],
  ['include', parseOtherTemplate],
  ['import', parseOtherTemplate],
  ['from', parseOtherTemplate],
  ['extends', parseOtherTemplate],
])

function parseIf(stream: Stream, line: number): If {
  const useCount = stream.uses.length
  const branches = []
  let otherwise: Body = []
  for (let isMore = true; isMore; ) {
    const test = parseTuple(stream, { names: [], isConditional: false })
    branches.push({ test, body: parseBlockBody(stream, ['elif', 'else', 'endif']) })
    const tag = advance(stream)
    isMore = isName(tag, 'elif')
    if (!isName(tag, 'else')) continue
    otherwise = parseBlockBody(stream, ['endif'])
    advance(stream)
  }
  releaseUses(stream, useCount)
  return { kind: 'if', branches, otherwise, line }
}

function parseFor(stream: Stream, line: number): readonly Statement[] {
  const target = parseTarget(stream, { endNames: ['in'], mayBeMember: false })
  if (namesIn(target).includes('loop')) throw syntaxFault("Can't assign to special loop variable in for-loop target", line)
  expectName(stream, 'in')
  const items = parseTuple(stream, { names: ['recursive'], isConditional: false })
  const useCount = stream.uses.length
  const test = skipName(stream, 'if') ? parseExpression(stream) : null
  const isRecursive = skipName(stream, 'recursive')
  const body = parseBlockBody(stream, ['endfor', 'else'])
  const otherwise = isName(advance(stream), 'endfor') ? [] : parseWhole(stream, 'endfor')
  pinUses(stream, useCount)
  return [{ kind: 'for', target, items, test, isRecursive, body, otherwise, line }]
}

function parseSet(stream: Stream, line: number): readonly Statement[] {
  const target = parseTarget(stream, { endNames: [], mayBeMember: true })
  if (skip(stream, '=')) {
    return [{ kind: 'set', target, value: parseTuple(stream, { names: [], isConditional: true }), line }]
  }
  const filters = skip(stream, '|') ? parseFilterChain(stream) : []
  return [{ kind: 'set block', target, filters, body: parseWhole(stream, 'endset'), line }]
}

function parseWith(stream: Stream, line: number): readonly Statement[] {
  const targets: Target[] = []
  const values: Expression[] = []
  while (stream.current.kind !== 'block end') {
    if (targets.length > 0) expect(stream, ',')
    targets.push(parseTarget(stream, { endNames: [], mayBeMember: false }))
    expect(stream, '=')
    values.push(parseExpression(stream))
  }
  return [{ kind: 'with', targets, values, body: parseWhole(stream, 'endwith'), line }]
}

function parseMacro(stream: Stream, line: number): readonly Statement[] {
  const name = assignable(expectAnyName(stream), line)
  const signature = parseSignature(stream)
  return [{ kind: 'macro', name, macro: parseMacroCode(stream, { name, signature, end: 'endmacro' }), line }]
}

function parseSignature(stream: Stream): Signature {
  const parameters: string[] = []
  const defaults: Expression[] = []
  expect(stream, '(')
  while (stream.current.kind !== ')') {
    if (parameters.length > 0) expect(stream, ',')
    const { line } = stream.current
    parameters.push(assignable(expectAnyName(stream), line))
    if (skip(stream, '=')) defaults.push(parseExpression(stream))
    else if (defaults.length > 0) throw syntaxFault('non-default argument follows default argument', stream.current.line)
  }
  advance(stream)
  return { parameters, defaults }
}

function parseCallBlock(stream: Stream, line: number): readonly Statement[] {
  const signature = stream.current.kind === '(' ? parseSignature(stream) : { parameters: [], defaults: [] }
  const call = parseExpression(stream)
  if (call.kind !== 'call') throw syntaxFault('expected call', line)
  return [{ kind: 'call block', call, caller: parseMacroCode(stream, { name: null, signature, end: 'endcall' }), line }]
}

function parseMacroCode(
  stream: Stream,
  { name, signature, end }: { readonly name: string | null; readonly signature: Signature; readonly end: string },
): MacroCode {
  const nameCount = stream.names.length
  const body = parseWhole(stream, end)
  return { name, signature, body, names: new Set(stream.names.slice(nameCount)) }
}

function parseBlock(stream: Stream, line: number): readonly Statement[] {
  const name = expectAnyName(stream)
  const isScoped = skipName(stream, 'scoped')
  const isRequired = skipName(stream, 'required')
  if (stream.current.kind === '-') {
    throw syntaxFault(
      'Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.',
      stream.current.line,
    )
  }
  const body = parseWhole(stream, 'endblock')
  if (isRequired && body.some((statement) => statement.kind !== 'data' || textOf(statement.text)?.trim() !== '')) {
    throw syntaxFault('Required blocks can only contain comments or whitespace', line)
  }
  skipName(stream, name)
  if (stream.blocks.has(name)) throw syntaxFault(`block '${name}' defined twice`, line)
  stream.blocks.set(name, body)
  return [{ kind: 'block', name, isScoped, body, line }]
}

function parsePrint(stream: Stream, line: number): readonly Statement[] {
  const outputs: Statement[] = []
  while (stream.current.kind !== 'block end') {
    if (outputs.length > 0) expect(stream, ',')
    outputs.push({ kind: 'output', value: parseExpression(stream), line })
  }
  return outputs
}

/** What the tag says is not looked into: there is no other template that it could mean. */
function parseOtherTemplate(stream: Stream, line: number): readonly Statement[] {
  const tag = stream.openTags.at(-1) ?? ''
  parseExpression(stream)
  while (!['block end', 'end'].includes(stream.current.kind)) advance(stream)
  return [{ kind: 'other template', tag, line }]
}

/** What stands on the left of `=` or `in`. */
function parseTarget(
  stream: Stream,
  { endNames, mayBeMember }: { readonly endNames: readonly string[]; readonly mayBeMember: boolean },
): Target {
  const { line } = stream.current
  const parse = (of: Stream): Expression => {
    const isMember = mayBeMember && of.current.kind === 'name' && look(of).kind === '.'
    if (!isMember) return parsePrimary(of)
    const owner: Expression = { kind: 'name', name: String(advance(of).value), line }
    advance(of)
    return { kind: 'attribute', of: owner, name: expectAnyName(of), line }
  }
  const items = parseItems(stream, endNames, parse)
  if (items === null) throw syntaxFault(`Expected an expression, got '${describeToken(stream.current)}'`, stream.current.line)
  return targetOf(items)
}

const kindNames: Partial<Record<Expression['kind'], string>> = { constant: 'const', name: 'name' }

function targetOf(expression: Expression): Target {
  const { kind, line } = expression
  if (kind === 'name') return { kind: 'name', name: expression.name }
  if (kind === 'attribute' && expression.of.kind === 'name')
    return { kind: 'member', of: expression.of.name, name: expression.name }
  if (kind === 'tuple' && expression.items.every(isAssignable)) return { kind: 'tuple', targets: expression.items.map(targetOf) }
  throw syntaxFault(`can't assign to '${kindNames[kind] ?? kind}'`, line)
}

const isAssignable = (expression: Expression): boolean =>
  expression.kind === 'tuple' ? expression.items.every(isAssignable) : ['name', 'attribute'].includes(expression.kind)

const reserved = ['true', 'false', 'none', 'True', 'False', 'None']

function assignable(name: string, line: number): string {
  if (reserved.includes(name)) throw syntaxFault("can't assign to 'name'", line)
  return name
}

const namesIn = (target: Target): readonly string[] => {
  if (target.kind === 'tuple') return target.targets.flatMap(namesIn)
  return target.kind === 'name' ? [target.name] : []
}

/** A tag that nothing awaits here, or the end of the template, which is `name` null, within a block. */
function tagFault(
  stream: Stream,
  { name, awaited, line }: { readonly name: string | null; readonly awaited: readonly string[] | null; readonly line: number },
) {
  const sentences = [name === null ? 'Unexpected end of template.' : `Encountered unknown tag '${name}'.`]
  if (awaited !== null) {
    const tags = awaited.map((tag) => `'${tag}'`).join(' or ')
    const isAwaitedFurtherOut = name !== null && stream.awaitedTags.some((some) => some.includes(name))
    sentences.push(
      isAwaitedFurtherOut
        ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${tags}.`
        : `Jinja was looking for the following tags: ${tags}.`,
    )
  }
  const innermost = stream.openTags.at(-1)
  if (innermost !== undefined) sentences.push(`The innermost block that needs to be closed is '${innermost}'.`)
  return syntaxFault(sentences.join(' '), line)
}
