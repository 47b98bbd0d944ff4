/** One promise of a file of vectors. */
export type Case = {
  readonly id: string
  readonly description: string
  /** What it is about, in the words of its file. */
  readonly tags: readonly string[]
  /** What the program does otherwise, in lines for a reader; empty: it keeps the promise. */
  readonly run: () => readonly string[]
}

/** How a list differs from what a vector promises. */
export function differences(title: string, expected: readonly string[], found: readonly string[]): readonly string[] {
  if (expected.join('\n') === found.join('\n')) return []
  const missing = expected.filter((line) => !found.includes(line)).map((line) => `${title}: missing     ${line}`)
  const extra = found.filter((line) => !expected.includes(line)).map((line) => `${title}: unexpected  ${line}`)
  return missing.length + extra.length > 0 ? [...missing, ...extra] : [`${title}: in another order`]
}
