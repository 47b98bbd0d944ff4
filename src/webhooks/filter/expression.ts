import { RE2JS } from 're2js'
import { unfoldedSize } from '../../lib/unfolded-size.ts'

/** How long an expression may be, and how large once its repetitions are written out. */
export const expressionMax = 500
const programSizeMax = 300

/**
 * What is left of the work that filters may take of the one thread that everything shares: instructions of expressions looked at,
 * and other work in terms of these, so that it needs no clock. A million takes some 50 ms at most. Changed in place.
 */
export type Effort = { left: number }

/** Takes work from what is left. False: there is not so much left, and nothing is taken. */
export function spend(effort: Effort, work: number): boolean {
  if (work > effort.left) return false
  effort.left -= work
  return true
}

/** Making the program of an expression takes as much as so many instructions for each of its own. */
const effortToMake = 50

/** How large the program of an expression is. Null: it is none (RE2's, which can be searched for in linear time), or too large. */
export function programSizeOf(expression: string): number | null {
  const made = unfoldedSize(expression) > 2 * programSizeMax ? null : programOf(expression)
  return made !== null && made.programSize() <= programSizeMax ? made.programSize() : null
}

/** Whether an expression is found in a text; null: that would take more than is left, or another version took the expression. */
export function finds(expression: string, text: string, effort: Effort): boolean | null {
  const made = programs.get(expression) ?? kept(expression, effort)
  if (made === null) return null
  return spend(effort, (text.length + 1) * made.programSize()) ? made.matcher(text).find() : null
}

/** The programs that were searched with last, since making one takes longer than most searches. */
const programs = new Map<string, RE2JS>()
const programsMax = 2000

function kept(expression: string, effort: Effort): RE2JS | null {
  if (effort.left <= 0) return null
  const made = programOf(expression)
  if (made === null) return null
  effort.left -= made.programSize() * effortToMake
  const [oldest] = programs.keys()
  if (programs.size >= programsMax && oldest !== undefined) programs.delete(oldest)
  programs.set(expression, made)
  return made
}

function programOf(expression: string): RE2JS | null {
  try {
    return RE2JS.compile(expression)
  } catch {
    return null
  }
}
