import { limitFault, timeFault } from './fault.ts'

/** What one render may take. All but the deadline are counted, so that a template ends in the same place on every machine. */
export type Limits = {
  /** Nodes evaluated, items visited, and a share for every character that is read or written. */
  readonly stepsMax: number
  /** Bytes of all values made while rendering, those included that are forgotten again. */
  readonly memoryMax: number
  /** Characters of the rendered text. */
  readonly outputMax: number
  /** Expressions, blocks, macro calls and values within each other. */
  readonly depthMax: number
}

export const usualLimits: Limits = {
  stepsMax: 500_000,
  memoryMax: 64 * 1024 * 1024,
  outputMax: 4 * 1024 * 1024,
  depthMax: 400,
}

/** What is left of the limits. Changed in place: it is the one thing that everything in a render shares. */
export type Budget = {
  readonly limits: Limits
  /** Looked at every thousand steps or so. */
  readonly isLate: () => boolean
  steps: number
  memory: number
  output: number
  depth: number
  untilClock: number
}

export const newBudget = (limits: Limits, isLate: () => boolean): Budget => ({
  limits,
  isLate,
  steps: limits.stepsMax,
  memory: limits.memoryMax,
  output: limits.outputMax,
  depth: limits.depthMax,
  untilClock: 0,
})

export function spend(budget: Budget, steps: number): void {
  budget.steps -= steps
  if (budget.steps < 0) throw timeFault(`The template takes more than ${budget.limits.stepsMax} steps`)
  budget.untilClock -= steps
  if (budget.untilClock > 0) return
  budget.untilClock = stepsPerLook
  if (budget.isLate()) throw timeFault('The template takes too long')
}

const stepsPerLook = 1000

/** Takes a text into account that is about to be read or made. A huge one is refused before it is there. */
export function spendText(budget: Budget, length: number): void {
  allot(budget, length * bytesPerUnit)
  if (length > charactersPerStep) spend(budget, Math.ceil(length / charactersPerStep))
}

/** For reading alone, where nothing new is kept. */
export function spendReading(budget: Budget, length: number): void {
  if (length > charactersPerStep) spend(budget, Math.ceil(length / charactersPerStep))
}

/** Takes a list, or the like, into account that is about to be made. */
export function spendItems(budget: Budget, count: number): void {
  allot(budget, count * bytesPerItem)
  spend(budget, count)
}

function allot(budget: Budget, bytes: number): void {
  budget.memory -= bytes
  if (!(budget.memory >= 0)) throw limitFault(`The template takes more than ${budget.limits.memoryMax} bytes of memory`)
}

const bytesPerUnit = 2
const bytesPerItem = 64
const charactersPerStep = 64

/** What some work takes of a budget. */
export type Cost = Pick<Budget, 'steps' | 'memory'>

export function costOf(budget: Budget, work: () => void): Cost {
  const { steps, memory } = budget
  work()
  return { steps: steps - budget.steps, memory: memory - budget.memory }
}

/** As the work would that took so much. */
export function spendCost(budget: Budget, { steps, memory }: Cost): void {
  allot(budget, memory)
  spend(budget, steps)
}

/** Does something one level deeper. */
export function deeper<Made>(budget: Budget, work: () => Made): Made {
  enter(budget)
  const made = work()
  budget.depth += 1
  return made
}

/** One level deeper, until `budget.depth` is raised again. A fault ends the render, so it need not be raised then. */
export function enter(budget: Budget): void {
  budget.depth -= 1
  if (budget.depth < 0) throw limitFault(`The template is nested more than ${budget.limits.depthMax} levels deep`)
}
