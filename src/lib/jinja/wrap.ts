import { blanks, charactersOf, trimEnd } from './python-text.ts'

type Wrapping = { readonly width: number; readonly breaksWords: boolean; readonly breaksHyphens: boolean }

const chunkPattern = new RegExp(`([${blanks}]+)`)
// Before and after a dash between words a line may end.
const dash = /((?<=[\p{L}\p{N}_!"'&.,?])-{2,}(?=[\p{L}\p{N}_]))/u
// So it may after a hyphen between letters.
const hyphen = /(?<=[\p{L}_]{2}-|[\p{L}_]-[\p{L}_]-)(?=[\p{L}_]-?[\p{L}_])/u

/** What of a word, or of the blanks between two, is not in a line yet. The characters are kept, so that a long one is read once. */
type Chunk = { readonly characters: readonly string[]; readonly start: number }

const chunkOf = (text: string): Chunk => ({ characters: charactersOf(text), start: 0 })
const countOf = ({ characters, start }: Chunk): number => characters.length - start
const textOf = ({ characters, start }: Chunk): string => characters.slice(start).join('')

/** A line as lines of at most so many characters, broken at blanks; the blanks at a break are gone. */
export function wrapped(line: string, wrapping: Wrapping): readonly string[] {
  const chunks = line
    .split(chunkPattern)
    .filter((chunk) => chunk !== '')
    .flatMap((chunk) => (wrapping.breaksHyphens ? chunk.split(dash).flatMap((part) => part.split(hyphen)) : [chunk]))
    .map(chunkOf)
    .toReversed()
  const lines: string[] = []
  while (chunks.length > 0) {
    if (lines.length > 0 && isBlank(chunks.at(-1)?.characters[0])) chunks.pop()
    const current = nextLine(chunks, wrapping)
    if (current !== '') lines.push(current)
  }
  return lines
}

/** Takes the chunks of one line from the end of the list. */
function nextLine(chunks: Chunk[], wrapping: Wrapping): string {
  const { width, breaksWords } = wrapping
  const parts: string[] = []
  let room = width
  for (let next = chunks.pop(); next !== undefined; next = chunks.pop()) {
    const count = countOf(next)
    if (count <= room) {
      parts.push(textOf(next))
      room -= count
      continue
    }
    if (count > width && breaksWords) {
      const end = breakOf(next, room, wrapping)
      parts.push(next.characters.slice(next.start, end).join(''))
      chunks.push({ ...next, start: end })
    } else if (count > width && parts.length === 0) parts.push(textOf(next))
    else chunks.push(next)
    break
  }
  // Where nothing of a word fits, a blank before it stays, as in Python.
  if (isBlank(parts.at(-1))) parts.pop()
  return parts.join('')
}

/** Where a word is broken that is longer than a line: if possible after a hyphen, else where the room ends. */
function breakOf({ characters, start }: Chunk, room: number, { breaksHyphens }: Wrapping): number {
  const fitting = characters.slice(start, start + room)
  const last = breaksHyphens ? fitting.lastIndexOf('-') : -1
  const isInWord = fitting.slice(0, Math.max(last, 0)).some((character) => character !== '-')
  return start + (isInWord ? last + 1 : room)
}

const isBlank = (chunk: string | undefined): boolean => chunk !== undefined && trimEnd(chunk) === ''
