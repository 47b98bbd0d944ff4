import { RE2JS, RE2Set } from 're2js'
import type { RouteId } from '../lib/ids.ts'
import { unfoldedSize } from '../lib/unfolded-size.ts'

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
  if (unfoldedSize(regex) > 2 * programSizeMax) return null
  try {
    const size = RE2JS.compile(regex).programSize()
    return size <= programSizeMax ? size : null
  } catch {
    return null
  }
}

/** A route's expression. */
export type Rule = { readonly id: RouteId; readonly regex: string }

/**
 * What a search takes of the one thread that everything shares, counted so that it needs no clock: one for each character, and
 * `growingSteps` for each instruction that is looked at where the automaton grows. A million takes 10 ms at most.
 */
type Steps = number

/** The first rule that is found in a text; null: none is, so the default route. Not whole where a rule was not searched to its end. */
export type Choice = { readonly routeId: RouteId | null; readonly isWhole: boolean; readonly steps: Steps }

/** Chooses with so many steps at most, but for the one step by which it learns that they are too many. */
export type Chooser = {
  choose(text: string, stepsMax: Steps): Choice
  /** How much memory is held until the next search. */
  heldBytes(): number
}

/**
 * Prepares rules, which are in their order, for searching many texts: all in one walk. Where that takes too much, each is searched
 * for alone, so that an evil one does not take the others with it; what is left of the steps then ends this, too.
 */
export function chooserOf(rules: readonly Rule[]): Chooser {
  const together = searchFor(
    rules.map(({ regex }) => regex),
    memoryTogether,
  )
  return {
    heldBytes: together.heldBytes,
    choose: (text, stepsMax) => {
      const { found, steps } = together.search(text, stepsMax / 2)
      if (found === 'none') return { routeId: null, isWhole: true, steps }
      if (found !== 'too long') return { routeId: rules[found]?.id ?? null, isWhole: true, steps }
      together.forget()
      const choice = chooseAlone(rules, text, stepsMax - steps)
      return { ...choice, steps: choice.steps + steps }
    },
  }
}

/** What is prepared for one rule is not kept: for a thousand of them it is too large. */
function chooseAlone(rules: readonly Rule[], text: string, stepsMax: Steps): Choice {
  let steps = 0
  let isWhole = true
  for (const { id, regex } of rules) {
    steps += preparingSteps + text.length
    if (steps > stepsMax) return { routeId: null, isWhole: false, steps: stepsMax }
    const one = searchFor([regex], memoryAlone).search(text, stepsMax - steps + text.length)
    steps += one.steps - text.length
    if (typeof one.found === 'number') return { routeId: id, isWhole, steps }
    if (one.found === 'too long') isWhole = false
  }
  return { routeId: null, isWhole, steps }
}

const growingSteps = 20
const preparingSteps = 100_000

/** What a search remembers of its expressions while it is used, in bytes. */
const memoryTogether = 4 * 1024 * 1024
const memoryAlone = 256 * 1024
const instructionBytes = 128

/** Stands in for an expression that another version of the engine took: it may hold up no alerts. */
const nothing = '[^\\x{0}-\\x{10FFFF}]'

type Search = {
  /** The index of the first expression that is found. */
  search(text: string, stepsMax: Steps): { readonly found: number | 'none' | 'too long'; readonly steps: Steps }
  heldBytes(): number
  /** Gives back the memory of the automaton, which grows again when it is used. */
  forget(): void
}

/**
 * Searches for all expressions in one walk over the text. Where the memory is too little, the engine would go on in its other
 * way, which takes seconds for an expression that is made for it, and stop everything else meanwhile: here it ends. So it does
 * where the automaton takes too many steps to grow.
 */
function searchFor(regexes: readonly string[], memoryMax: number): Search {
  const set = new RE2Set(RE2Set.UNANCHORED, 0, memoryMax)
  for (const regex of regexes) set.add(programSizeOf(regex) === null ? nothing : regex)
  set.compile()
  const { dfa } = set
  let left = 0
  const grow: Grow = dfa.step.bind(dfa)
  dfa.step = (state: State, ...how) => {
    const next = grow(state, ...how)
    left -= growingSteps * (dfa.numClasses + state.nfaStates.length + (next?.nfaStates.length ?? 0))
    if (left < 0) throw tooLong
    return next
  }
  const walk = dfa.matchSet.bind(dfa)
  dfa.matchSet = (input, position, anchor) => {
    const found: readonly number[] | null = walk(input, position, anchor)
    if (found === null) throw tooLong
    return [...found]
  }
  return {
    heldBytes: () => memoryMax - dfa.memBudget + instructionBytes * set.prog.numInst(),
    forget: () => dfa.clearCache(),
    search: (text, stepsMax) => {
      left = stepsMax - text.length
      if (left < 0) return { found: 'too long', steps: 0 }
      const found = foundOf(() => set.match(text)[0] ?? 'none')
      return { found, steps: Math.min(stepsMax, stepsMax - left) }
    },
  }
}

/** As the engine has it; it does not say so in its types. */
type State = { readonly nfaStates: readonly number[] }
type Grow = (state: State, ...how: readonly [unknown, unknown, unknown]) => State | null

function foundOf(search: () => number | 'none'): number | 'none' | 'too long' {
  try {
    return search()
  } catch (fault) {
    if (fault === tooLong) return 'too long'
    throw fault
  }
}

const tooLong = new Error('The search takes too long')
