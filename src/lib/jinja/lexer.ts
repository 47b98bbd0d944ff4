import { syntaxFault } from './fault.ts'
import { quoted, trimEnd } from './python-text.ts'
import { unescaped } from './string-literal.ts'
import { symbols, type Token, type TokenKind } from './token.ts'

/**
 * The tokens of a template, one by one, so that what is wrong further down is told only if nothing is wrong before. Comments and the
 * blanks that `-` takes away are gone; one line break at the end does not count.
 */
export function* tokensOf(template: string): Generator<Token, void> {
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '')
  const reader: Reader = { source, position: 0, line: 1 }
  while (reader.position < source.length) {
    const opening = source.slice(reader.position).search(/\{[{%#]/)
    if (opening === -1) {
      yield { kind: 'data', value: take(reader, source.length), line: reader.line }
      return
    }
    const start = reader.position + opening
    const strips = source[start + 2] === '-'
    const text = source.slice(reader.position, start)
    const data = strips ? trimEnd(text) : text
    if (data !== '') yield { kind: 'data', value: data, line: reader.line }
    take(reader, start)
    yield* tag(reader)
  }
}

type Reader = { readonly source: string; position: number; line: number }

/** Goes on to a place, and gives what lies before it. */
function take(reader: Reader, end: number): string {
  const text = reader.source.slice(reader.position, end)
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) reader.line += 1
  reader.position = end
  return text
}

/** What a pattern finds right here. */
function match(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.position
  return pattern.exec(reader.source)
}

const rawBegin = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})/y
const rawEnd = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})/g
const commentEnd = /\+#\}|-#\}\s*|#\}/g

function* tag(reader: Reader): Generator<Token, void> {
  const raw = match(reader, rawBegin)
  if (raw !== null) yield* rawText(reader, raw[0].length)
  else if (reader.source[reader.position + 1] === '#') comment(reader)
  else yield* code(reader)
}

function* rawText(reader: Reader, length: number): Generator<Token, void> {
  take(reader, reader.position + length)
  const { line } = reader
  const end = match(reader, rawEnd)
  if (end === null) {
    // Jinja2 takes a raw block that nothing follows for an empty one.
    if (reader.position === reader.source.length) return
    throw syntaxFault('Missing end of raw directive', line)
  }
  const text = take(reader, end.index)
  const data = end[1] === '-' ? trimEnd(text) : text
  if (data !== '') yield { kind: 'data', value: data, line }
  take(reader, end.index + end[0].length)
}

function comment(reader: Reader): void {
  const { line } = reader
  take(reader, reader.position + (/[-+]/.test(reader.source.charAt(reader.position + 2)) ? 3 : 2))
  const end = match(reader, commentEnd)
  if (end === null && reader.position < reader.source.length) throw syntaxFault('Missing end of comment tag', line)
  take(reader, end === null ? reader.source.length : end.index + end[0].length)
}

const variableEnd = /-\}\}\s*|\}\}/y
const blockEnd = /\+%\}|-%\}\s*|%\}/y
const blank = /\s+/y

/** What stands between `{{` or `{%` and its end. Inside of brackets, the end is no end. */
function* code(reader: Reader): Generator<Token, void> {
  const isBlock = reader.source[reader.position + 1] === '%'
  yield { kind: isBlock ? 'block begin' : 'variable begin', value: '', line: reader.line }
  take(reader, reader.position + (/[-+]/.test(reader.source.charAt(reader.position + 2)) ? 3 : 2))
  const closing: string[] = []
  for (;;) {
    const end = closing.length === 0 ? match(reader, isBlock ? blockEnd : variableEnd) : null
    if (end !== null) {
      yield { kind: isBlock ? 'block end' : 'variable end', value: '', line: reader.line }
      take(reader, reader.position + end[0].length)
      return
    }
    const space = match(reader, blank)
    if (space !== null) take(reader, reader.position + space[0].length)
    else if (reader.position < reader.source.length) yield token(reader, closing)
    else return
  }
}

const numbers = /\d+(?:_\d+)*/.source
const float = new RegExp(`(?<!\\.)${numbers}(?:(?:\\.${numbers})?e[+-]?${numbers}|\\.${numbers})`, 'iy')
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy
const name = /[\p{ID_Continue}]+/uy
const string = /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y

function token(reader: Reader, closing: string[]): Token {
  const { line } = reader
  const matched = (pattern: RegExp): string | null => {
    const found = match(reader, pattern)
    return found === null ? null : take(reader, reader.position + found[0].length)
  }
  const floatText = matched(float)
  if (floatText !== null) return { kind: 'float', value: Number(floatText.replaceAll('_', '')), line }
  const integerText = matched(integer)
  if (integerText !== null) return { kind: 'integer', value: BigInt(integerText.replaceAll('_', '')), line }
  const nameText = matched(name)
  if (nameText !== null) return { kind: 'name', value: identifier(nameText, line), line }
  const stringText = matched(string)
  if (stringText !== null) return { kind: 'string', value: unescaped(stringText.slice(1, -1), line), line }
  return { kind: symbol(reader, closing), value: '', line }
}

function identifier(text: string, line: number): string {
  if (/^[\p{ID_Start}_]/u.test(text)) return text
  throw syntaxFault('Invalid character in identifier', line)
}

const pairs: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
])

function symbol(reader: Reader, closing: string[]): TokenKind {
  const { source, position, line } = reader
  const found = symbols.find((one) => source.startsWith(one, position))
  if (found === undefined) {
    const character = String.fromCodePoint(source.codePointAt(position) ?? 0)
    throw syntaxFault(`unexpected char ${quoted(character)} at ${position}`, line)
  }
  const closes = pairs.get(found)
  if (closes !== undefined) closing.push(closes)
  else if (found === ')' || found === ']' || found === '}') expectClosing(found, closing.pop(), line)
  take(reader, position + found.length)
  return found
}

function expectClosing(found: string, expected: string | undefined, line: number): void {
  if (expected === undefined) throw syntaxFault(`unexpected '${found}'`, line)
  if (expected !== found) throw syntaxFault(`unexpected '${found}', expected '${expected}'`, line)
}
