/** The candidate that takes the fewest changed letters to become the text, or null when even that takes more than `changesMax`. */
export function nearest(text: string, candidates: readonly string[], changesMax: number): string | null {
  const distances = candidates.map((candidate) => ({ candidate, changes: changesBetween(text, candidate) }))
  const best = distances.toSorted((left, right) => left.changes - right.changes)[0]
  return best !== undefined && best.changes <= changesMax ? best.candidate : null
}

/** Letters to insert, remove or replace (Levenshtein), row by row. */
function changesBetween(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [row, letter] of from.split('').entries()) {
    const current = [row + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    above = current
  }
  return above[to.length] ?? 0
}
