import { RE2JS, RE2Set } from 're2js'
import type { RouteId } from '../lib/ids.ts'

/** How many routes an integration has at most beside its default one. */
export const routesMax = 1000

/** How large one expression may be, and how large those of an integration are together. */
const programSizeMax = 1200
export const programSizesMax = 50_000

/**
 * How large a program an expression makes: about an instruction for each of its characters, times its repetitions. Null for
 * what the engine (RE2) does not take, because it cannot be searched for in linear time: looking around and back, and for one
 * that is too large.
 */
export function programSizeOf(regex: string): number | null {
  try {
    const size = RE2JS.compile(regex).programSize()
    return size <= programSizeMax ? size : null
  } catch {
    return null
  }
}

/** A route's expression. */
export type Rule = { readonly id: RouteId; readonly regex: string }

/** The route whose expression is the first one to be found in a text; null: none is, so the default route. */
export type Chooser = (text: string) => RouteId | null

/** Prepares rules, which are in their order, for searching many texts. */
export function chooserOf(rules: readonly Rule[]): Chooser {
  const together = searchFor(
    rules.map(({ regex }) => regex),
    memoryTogether,
  )
  let alone: readonly Search[] | null = null
  return (text) => {
    const found = together(text)
    if (found === 'none') return null
    if (found !== 'too long') return rules[found]?.id ?? null
    alone ??= rules.map(({ regex }) => searchFor([regex], memoryAlone))
    return rules[firstOf(alone, text)]?.id ?? null
  }
}

/** One evil expression does not take the others with it; for many of them there is no time. */
function firstOf(searches: readonly Search[], text: string): number {
  let tooLongCount = 0
  return searches.findIndex((search) => {
    if (tooLongCount === tooLongMax) return false
    const found = search(text)
    if (found === 'too long') tooLongCount += 1
    return typeof found === 'number'
  })
}

const tooLongMax = 5

/** What a search remembers of its expressions while it is used, in bytes. */
const memoryTogether = 4 * 1024 * 1024
const memoryAlone = 256 * 1024

/** Stands in for an expression that another version of the engine took: it may hold up no alerts. */
const nothing = '[^\\x{0}-\\x{10FFFF}]'

/** The index of the first expression that is found. */
type Search = (text: string) => number | 'none' | 'too long'

/**
 * Searches for all expressions in one walk over the text. Where the memory is too little, the engine would go on in its other
 * way, which takes seconds for an expression that is made for it, and stop everything else meanwhile: here it ends.
 */
function searchFor(regexes: readonly string[], memoryMax: number): Search {
  const set = new RE2Set(RE2Set.UNANCHORED, 0, memoryMax)
  for (const regex of regexes) set.add(programSizeOf(regex) === null ? nothing : regex)
  set.compile()
  const walk = set.dfa.matchSet.bind(set.dfa)
  set.dfa.matchSet = (input, position, anchor) => {
    const found: readonly number[] | null = walk(input, position, anchor)
    if (found === null) throw tooLong
    return [...found]
  }
  return (text) => {
    try {
      return set.match(text)[0] ?? 'none'
    } catch (fault) {
      if (fault === tooLong) return 'too long'
      throw fault
    }
  }
}

const tooLong = new Error('The search takes too long')
