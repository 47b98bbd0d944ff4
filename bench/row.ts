/** A line of the table at the end. */
export type Row = {
  readonly what: string
  readonly measured: string
  /** What is to be reached; null: shown for comparison. */
  readonly target: { readonly words: string; readonly isMet: boolean } | null
}

export const atLeast = (value: number, target: number, unit: string): Row['target'] => ({
  words: `>= ${shown(target)}${unit}`,
  isMet: value >= target,
})

export const below = (value: number, target: number, unit: string): Row['target'] => ({
  words: `< ${shown(target)}${unit}`,
  isMet: value < target,
})

/** Three digits are enough, and thousands are read better with a comma. */
export const shown = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US')

export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, measured, target }) => [what, target?.words ?? '', measured, verdictOf(target)])
  const all = [['what', 'target', 'measured', ''], ...cells]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  const lines = all.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')
}

const verdictOf = (target: Row['target']): string => (target === null ? '' : target.isMet ? 'met' : 'MISSED')
