import { markOf, needsEscapes } from './marks.ts'
import { printed } from './print.ts'
import { charactersOf } from './python-text.ts'
import { isText, type Runtime, type Value } from './value.ts'

/** What a template looks for in a text. */
export type Sought = {
  readonly text: string
  /** What it stands for in JSON: it is found in data as this, too. Null: it stands for nothing else. */
  readonly meaning: string | null
}

/**
 * A template that writes JSON may come from where it saw texts escaped, and look for escapes: a `\n` that it has written finds the line
 * breaks of data, too.
 */
export function soughtOf(value: Value, { budget, isJson }: Runtime): Sought {
  const text = printed(value, budget)
  return { text, meaning: isJson && isText(value) && text.includes('\\') ? meaningOf(text) : null }
}

function meaningOf(escaped: string): string | null {
  try {
    const read: unknown = JSON.parse(`"${escaped}"`)
    return typeof read === 'string' ? read : null
  } catch {
    return null
  }
}

/** The parts of a marked text, and what stood after each but the last. */
type Parts = { readonly parts: readonly string[]; readonly separatorAt: (index: number) => string }

/** The parts of a marked text between all places where something is found. Nothing is found between all characters, and at both ends. */
export function partsBetween(marked: string, sought: Sought): Parts {
  const { text, meaning } = sought
  if (text === '') return { parts: ['', ...charactersOf(marked), ''], separatorAt: () => '' }
  if (meaning === null && (marked.isWellFormed() || !needsEscapes(text)))
    return { parts: marked.split(text), separatorAt: () => text }
  const pieces = marked.split(patternOf(sought))
  return {
    parts: pieces.filter((_piece, index) => index % 2 === 0),
    separatorAt: (index) => pieces[index * 2 + 1] ?? '',
  }
}

/** How long so many parts are, with what stood after each. */
export const lengthOf = ({ parts, separatorAt }: Parts, count: number): number =>
  parts.slice(0, count).reduce((sum, part, index) => sum + part.length + separatorAt(index).length, 0)

function patternOf({ text, meaning }: Sought): RegExp {
  const either = Array.from(text, (each) => (needsEscapes(each) ? `[${literal(each)}${markOf(each)}]` : literal(each))).join('')
  return new RegExp(meaning === null ? `(${either})` : `(${either}|${Array.from(meaning, literal).join('')})`, 'u')
}

const literal = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
