import { syntaxFault } from './fault.ts'
import type { Expression, Given } from './syntax.ts'
import { advance, expect, isAt, isName, look, skip, type Stream } from './token-stream.ts'

/** How one item is read, which may be of brackets again. */
type Parse = (stream: Stream) => Expression

/** Without brackets, or inside round ones: one is itself, several are a tuple. Null: nothing is there. */
export function parseItems(stream: Stream, endNames: readonly string[], parse: Parse): Expression | null {
  const { line } = stream.current
  const items: Expression[] = []
  let isTuple = false
  for (;;) {
    if (items.length > 0) expect(stream, ',')
    if (isTupleEnd(stream, endNames)) break
    items.push(parse(stream))
    if (stream.current.kind !== ',') break
    isTuple = true
  }
  const [first] = items
  return isTuple ? { kind: 'tuple', items, line } : (first ?? null)
}

const isTupleEnd = ({ current }: Stream, names: readonly string[]): boolean =>
  ['variable end', 'block end', ')'].includes(current.kind) || names.some((name) => isName(current, name))

/** Items between brackets, with commas between them and perhaps one after the last. */
export function parseBracketed<Item>(stream: Stream, closing: ']' | '}', parse: (stream: Stream) => Item): readonly Item[] {
  advance(stream)
  const items: Item[] = []
  while (!isAt(stream, closing)) {
    if (items.length > 0) expect(stream, ',')
    if (isAt(stream, closing)) break
    items.push(parse(stream))
  }
  advance(stream)
  return items
}

/** The arguments of a call, with their brackets. */
export function parseGiven(stream: Stream, parse: Parse): Given {
  const { line } = advance(stream)
  const positional: Expression[] = []
  const named: (readonly [string, Expression])[] = []
  let rest: Expression | null = null
  let namedRest: Expression | null = null
  const ensure = (isFine: boolean): void => {
    if (!isFine) throw syntaxFault('invalid syntax for function call expression', line)
  }
  for (let isFirst = true; !isAt(stream, ')'); isFirst = false) {
    if (!isFirst) expect(stream, ',')
    // A comma after the last one.
    if (isAt(stream, ')')) break
    if (skip(stream, '*')) {
      ensure(rest === null && namedRest === null)
      rest = parse(stream)
    } else if (skip(stream, '**')) {
      ensure(namedRest === null)
      namedRest = parse(stream)
    } else if (isAt(stream, 'name') && look(stream).kind === '=') {
      ensure(namedRest === null)
      const name = String(advance(stream).value)
      advance(stream)
      named.push([name, parse(stream)])
    } else {
      ensure(rest === null && namedRest === null && named.length === 0)
      positional.push(parse(stream))
    }
  }
  advance(stream)
  return { positional, named, rest, namedRest }
}
