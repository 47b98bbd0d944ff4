import { type Budget, spendReading, spendText } from './budget.ts'
import { charactersOf, isBlank, splitBlanks, trimEnd, trimStart } from './python-text.ts'

/** Without such characters at its ends; null: without blanks. */
export function stripped(
  text: string,
  characters: string | null,
  { isStart, isEnd }: { readonly isStart: boolean; readonly isEnd: boolean },
): string {
  if (characters === null) {
    const rest = isStart ? trimStart(text) : text
    return isEnd ? trimEnd(rest) : rest
  }
  const unwanted = new Set(charactersOf(characters))
  const all = charactersOf(text)
  let start = 0
  let end = all.length
  while (isStart && start < end && unwanted.has(all[start] ?? '')) start += 1
  while (isEnd && end > start && unwanted.has(all[end - 1] ?? '')) end -= 1
  return all.slice(start, end).join('')
}

type Splitting = { readonly count: number; readonly isFromEnd: boolean }

/** The parts between separators, of which at most so many count, the first or the last ones. */
export function splitBy(text: string, separator: string, { count, isFromEnd }: Splitting): readonly string[] {
  const parts = text.split(separator)
  if (parts.length - 1 <= count) return parts
  return isFromEnd
    ? [parts.slice(0, parts.length - count).join(separator), ...parts.slice(parts.length - count)]
    : [...parts.slice(0, count), parts.slice(count).join(separator)]
}

/** The words of a text; what is left after so many is one part, with its blanks inside. */
export function splitAtBlanks(text: string, { count, isFromEnd }: Splitting): readonly string[] {
  const words = splitBlanks(text)
  if (words.length - 1 <= count) return words
  const rest = isFromEnd ? beforeWords(text, count) : afterWords(text, count)
  return isFromEnd ? [rest, ...words.slice(words.length - count)] : [...words.slice(0, count), rest]
}

function afterWords(text: string, count: number): string {
  let index = 0
  for (let word = 0; word <= count; word += 1) {
    while (isBlank(text.charAt(index))) index += 1
    if (word === count) break
    while (index < text.length && !isBlank(text.charAt(index))) index += 1
  }
  return trimEnd(text.slice(index))
}

function beforeWords(text: string, count: number): string {
  let index = text.length
  for (let word = 0; word <= count; word += 1) {
    while (index > 0 && isBlank(text.charAt(index - 1))) index -= 1
    if (word === count) break
    while (index > 0 && !isBlank(text.charAt(index - 1))) index -= 1
  }
  return trimStart(text.slice(0, index))
}

/** With one part instead of another, at most so many times; below 0 everywhere. The result is taken into account before it is made. */
export function replaced(
  text: string,
  {
    before,
    after,
    count,
    budget,
  }: { readonly before: string; readonly after: string; readonly count: number; readonly budget: Budget },
): string {
  spendReading(budget, text.length)
  const parts = before === '' ? ['', ...charactersOf(text), ''] : text.split(before)
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1)
  spendText(budget, text.length + most * after.length)
  const changed = parts.slice(0, most + 1).join(after)
  return most === parts.length - 1 ? changed : changed + before + parts.slice(most + 1).join(before)
}
