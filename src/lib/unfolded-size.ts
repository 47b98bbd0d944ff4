/**
 * How large a regular expression is about once its repetitions are written out, found without writing them out: a program of RE2 is at
 * least half as large, but for repetitions of nothing. To make a program of hundreds of thousands of instructions takes a second, which
 * is too long to learn that it is too large.
 */
export function unfoldedSize(expression: string): number {
  const groups = [0]
  const add = (size: number): void => void groups.push((groups.pop() ?? 0) + size)
  let last = 0
  for (const { 0: part, groups: counts } of expression.matchAll(parts)) {
    if (part === '(') groups.push(0)
    else if (part === ')' && groups.length > 1) add((last = groups.pop() ?? 0))
    else if (counts?.['least'] === undefined) add((last = part.startsWith('\\Q') ? part.length : 1))
    else {
      const count = Math.max(1, Number(counts['least']), Number(counts['most'] ?? 0))
      add(last * (count - 1))
      last *= count
    }
  }
  return groups.reduce((sum, size) => sum + size, 0)
}

/** Quoted text, characters and classes by their escapes, classes in brackets, repetitions, and every character else. */
const parts =
  /\\Q[^]*?(?:\\E|$)|\\[xpP]\{[^}]*\}|\\[^]|\[\^?\]?(?:\\[^]|\[:\^?\w+:\]|[^\]\\])*\]|\{(?<least>\d{1,9})(?:,(?<most>\d{1,9})?)?\}|[^]/gu
