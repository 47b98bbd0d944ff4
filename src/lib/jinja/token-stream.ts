import { syntaxFault, type TemplateFault } from './fault.ts'
import { tokensOf } from './lexer.ts'
import type { Body } from './syntax.ts'
import { describeKind, describeToken, type Token, type TokenKind } from './token.ts'

/** The tokens of a template with one token under the eyes, and what the parser keeps in mind. Changed in place. */
export type Stream = {
  readonly tokens: Iterator<Token, void>
  current: Token
  /** What was looked at ahead of time. */
  next: Token | null
  /** The blocks that are open, innermost last. */
  readonly openTags: string[]
  /** The tags that each of them may go on with. */
  readonly awaitedTags: (readonly string[])[]
  /** The blocks that have a name, each of which may come once. */
  readonly blocks: Map<string, Body>
  /** All names that are read, as they come. */
  readonly names: string[]
  /** Filters and tests that are used, and must exist. */
  readonly uses: Use[]
  depth: number
}

/** `isFixed`: it must exist even if an `if` around it never comes true. */
type Use = { readonly what: 'filter' | 'test'; readonly name: string; readonly line: number; isFixed: boolean }

export function streamOf(template: string): Stream {
  const stream: Stream = {
    tokens: tokensOf(template),
    current: { kind: 'data', value: '', line: 1 },
    next: null,
    openTags: [],
    awaitedTags: [],
    blocks: new Map(),
    names: [],
    uses: [],
    depth: 0,
  }
  advance(stream)
  return stream
}

/** Goes one token on, and gives the one that was current. At the end it stays there. */
export function advance(stream: Stream): Token {
  const { current } = stream
  stream.current = stream.next ?? following(stream)
  stream.next = null
  return current
}

/** The token after the current one. */
export function look(stream: Stream): Token {
  stream.next ??= following(stream)
  return stream.next
}

function following(stream: Stream): Token {
  const result = stream.tokens.next()
  return result.done === true ? { kind: 'end', value: '', line: stream.current.line } : result.value
}

export const isName = (token: Token, name: string): boolean => token.kind === 'name' && token.value === name

export const isAt = ({ current }: Stream, kind: TokenKind): boolean => current.kind === kind

export function skip(stream: Stream, kind: TokenKind): boolean {
  if (stream.current.kind !== kind) return false
  advance(stream)
  return true
}

export function skipName(stream: Stream, name: string): boolean {
  if (!isName(stream.current, name)) return false
  advance(stream)
  return true
}

export function expect(stream: Stream, kind: TokenKind): Token {
  if (stream.current.kind !== kind) throw unexpected(stream, describeKind(kind))
  return advance(stream)
}

export function expectName(stream: Stream, name: string): Token {
  if (!isName(stream.current, name)) throw unexpected(stream, name)
  return advance(stream)
}

/** Any name. */
export const expectAnyName = (stream: Stream): string => String(expect(stream, 'name').value)

function unexpected({ current }: Stream, expected: string): TemplateFault {
  if (current.kind === 'end') return syntaxFault(`unexpected end of template, expected '${expected}'.`, current.line)
  return syntaxFault(`expected token '${expected}', got '${describeToken(current)}'`, current.line)
}

/** Parses something one level deeper. What is deeper than anybody writes would end in an overflow of the stack. */
export function nested<Parsed>(stream: Stream, parse: () => Parsed): Parsed {
  stream.depth += 1
  if (stream.depth > depthMax) throw syntaxFault('too many levels within each other', stream.current.line)
  const parsed = parse()
  stream.depth -= 1
  return parsed
}

const depthMax = 100
