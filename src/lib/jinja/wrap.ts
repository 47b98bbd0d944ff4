import { blanks, charactersOf, countOf, trimEnd } from './python-text.ts'

type Wrapping = { readonly width: number; readonly breaksWords: boolean; readonly breaksHyphens: boolean }

const chunkPattern = new RegExp(`([${blanks}]+)`)
// After a hyphen between letters a line may end, and before and after a dash between words.
const hyphen =
  /(?<=[\p{L}_]{2}-|[\p{L}_]-[\p{L}_]-)(?=[\p{L}_]-?[\p{L}_])|(?<=[\p{L}\p{N}_!"'&.,?])(?=-{2,}[\p{L}\p{N}_])|(?<=[\p{L}\p{N}_!"'&.,?]-{2,})(?=[\p{L}\p{N}_])/u

/** A line as lines of at most so many characters, broken at blanks; the blanks at a break are gone. */
export function wrapped(line: string, wrapping: Wrapping): readonly string[] {
  const chunks = line
    .split(chunkPattern)
    .filter((chunk) => chunk !== '')
    .flatMap((chunk) => (wrapping.breaksHyphens ? chunk.split(hyphen) : [chunk]))
    .toReversed()
  const lines: string[] = []
  while (chunks.length > 0) {
    if (lines.length > 0 && isBlank(chunks.at(-1))) chunks.pop()
    const current = nextLine(chunks, wrapping)
    if (current !== '') lines.push(current)
  }
  return lines
}

/** Takes the chunks of one line from the end of the list. */
function nextLine(chunks: string[], wrapping: Wrapping): string {
  const { width, breaksWords } = wrapping
  const parts: string[] = []
  let room = width
  for (let next = chunks.pop(); next !== undefined; next = chunks.pop()) {
    const count = countOf(next)
    if (count <= room) {
      parts.push(next)
      room -= count
      continue
    }
    if (count > width && breaksWords) {
      const [part, rest] = broken(next, room, wrapping)
      parts.push(part)
      chunks.push(rest)
    } else if (count > width && parts.length === 0) parts.push(next)
    else chunks.push(next)
    break
  }
  // Where nothing of a word fits, a blank before it stays, as in Python.
  if (isBlank(parts.at(-1))) parts.pop()
  return parts.join('')
}

/** What fits of a word that is longer than a line, if possible until a hyphen, and the rest. */
function broken(word: string, room: number, { breaksHyphens }: Wrapping): readonly [string, string] {
  const characters = charactersOf(word)
  const fitting = characters.slice(0, room)
  const last = breaksHyphens ? fitting.lastIndexOf('-') : -1
  const end = fitting.slice(0, Math.max(last, 0)).some((character) => character !== '-') ? last + 1 : room
  return [characters.slice(0, end).join(''), characters.slice(end).join('')]
}

const isBlank = (chunk: string | undefined): boolean => chunk !== undefined && trimEnd(chunk) === ''
