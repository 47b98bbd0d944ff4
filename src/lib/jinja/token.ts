/** One piece of a template. Operators are their own kind. */
export type Token = {
  readonly kind: TokenKind
  /** The text of data, the name, or the value of a literal. */
  readonly value: string | bigint | number
  readonly line: number
}

export type TokenKind =
  | 'data'
  | 'variable begin'
  | 'variable end'
  | 'block begin'
  | 'block end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'end'
  | Symbol

type Symbol = (typeof symbols)[number]

/** The longer ones first, so that they are found first. */
export const symbols = [
  ...(['//', '**', '==', '!=', '>=', '<='] as const),
  ...(['+', '-', '/', '*', '%', '~', '[', ']', '(', ')', '{', '}', '>', '<', '=', '.', ':', '|', ',', ';'] as const),
] as const

/** How messages call it. */
export const describeToken = (token: Token): string => (token.kind === 'name' ? String(token.value) : describeKind(token.kind))

export function describeKind(kind: TokenKind): string {
  switch (kind) {
    case 'data':
      return 'template data / text'
    case 'variable begin':
      return 'begin of print statement'
    case 'variable end':
      return 'end of print statement'
    case 'block begin':
      return 'begin of statement block'
    case 'block end':
      return 'end of statement block'
    case 'end':
      return 'end of template'
    default:
      return kind
  }
}
