import { type Budget, spendReading, spendText } from './budget.ts'
import { charactersOf, markedWords, trimEnd, trimStart } from './python-text.ts'
import { lengthOf, partsBetween, type Sought } from './sought.ts'

/** What is left without such characters at the ends, null: without blanks; in the marked text, that is at the same place. */
export function strippedSpan(
  text: string,
  characters: string | null,
  { isStart, isEnd }: { readonly isStart: boolean; readonly isEnd: boolean },
): { readonly start: number; readonly end: number } {
  if (characters === null) {
    const start = isStart ? text.length - trimStart(text).length : 0
    return { start, end: isEnd ? Math.max(start, trimEnd(text).length) : text.length }
  }
  const unwanted = new Set(charactersOf(characters))
  const all = charactersOf(text)
  let [first, last] = [0, all.length]
  let [start, end] = [0, text.length]
  for (; isStart && first < last && unwanted.has(all[first] ?? ''); first += 1) start += (all[first] ?? '').length
  for (; isEnd && last > first && unwanted.has(all[last - 1] ?? ''); last -= 1) end -= (all[last - 1] ?? '').length
  return { start, end }
}

type Splitting = { readonly count: number; readonly isFromEnd: boolean }

/** The parts of a marked text between separators, of which at most so many count, the first or the last ones. */
export function splitBy(marked: string, separator: Sought, { count, isFromEnd }: Splitting): readonly string[] {
  const all = partsBetween(marked, separator)
  const { parts, separatorAt } = all
  if (parts.length - 1 <= count) return parts
  if (!isFromEnd) return [...parts.slice(0, count), marked.slice(lengthOf(all, count))]
  const place = parts.length - count
  return [marked.slice(0, lengthOf(all, place) - separatorAt(place - 1).length), ...parts.slice(place)]
}

/** The words of a marked text; what is left after so many is one part, with all blanks but those beside the others. */
export function splitAtBlanks(marked: string, { count, isFromEnd }: Splitting): readonly string[] {
  const all = marked.match(markedWords) ?? []
  if (all.length - 1 <= count) return all
  const place = isFromEnd ? all.length - 1 - count : count
  const found = marked.matchAll(markedWords).drop(place).next().value
  const start = found?.index ?? 0
  return isFromEnd
    ? [marked.slice(0, start + (found?.[0].length ?? 0)), ...all.slice(place + 1)]
    : [...all.slice(0, place), marked.slice(start)]
}

type Replacing = {
  readonly before: Sought
  /** Marked. */
  readonly after: string
  readonly count: number
  readonly budget: Budget
}

/**
 * A marked text with one part instead of another, at most so many times; below 0 everywhere. The result is taken into account before it
 * is made.
 */
export function replaced(marked: string, { before, after, count, budget }: Replacing): string {
  spendReading(budget, marked.length)
  const all = partsBetween(marked, before)
  const { parts } = all
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1)
  spendText(budget, marked.length + most * after.length)
  if (most === parts.length - 1) return parts.join(after)
  return [...parts.slice(0, most), marked.slice(lengthOf(all, most))].join(after)
}

/** A text with blanks instead of tabs, up to columns that are multiples of a size; below 1 with nothing instead. */
export function withoutTabs(text: string, size: number): string {
  let column = 0
  const change = (character: string): string => {
    if (character === '\t') {
      const blanks = size <= 0 ? 0 : size - (column % size)
      column += blanks
      return ' '.repeat(blanks)
    }
    column = character === '\n' || character === '\r' ? 0 : column + 1
    return character
  }
  return Array.from(text, change).join('')
}
