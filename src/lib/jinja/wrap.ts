import { blanks, charactersOf, countOf, trimEnd } from './python-text.ts'

type Wrapping = { readonly width: number; readonly breaksWords: boolean; readonly breaksHyphens: boolean }

const chunkPattern = new RegExp(`([${blanks}]+)`)
// After a hyphen between letters a line may end.
const hyphen = /(?<=[\p{L}\p{N}_]{2,}-)(?=[\p{L}\p{N}_]{2})|(?<=[\p{L}]-)(?=\p{L}{2})/u

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
function nextLine(chunks: string[], { width, breaksWords }: Wrapping): string {
  const parts: string[] = []
  let room = width
  for (let next = chunks.at(-1); next !== undefined; next = chunks.at(-1)) {
    const count = countOf(next)
    if (count > width && breaksWords && room > 0) breakLast(chunks, { room, width })
    else if (count <= room || (count > width && parts.length === 0)) {
      parts.push(next)
      chunks.pop()
      room -= count
    } else break
  }
  return trimEnd(parts.join(''))
}

/** Breaks a word that is longer than a line: what fits into this one, then whole lines, then the rest. */
function breakLast(chunks: string[], { room, width }: { readonly room: number; readonly width: number }): void {
  const characters = charactersOf(chunks.pop() ?? '')
  const pieces = [characters.slice(0, room).join('')]
  for (let start = room; start < characters.length; start += width) pieces.push(characters.slice(start, start + width).join(''))
  for (const piece of pieces.toReversed()) chunks.push(piece)
}

const isBlank = (chunk: string | undefined): boolean => chunk !== undefined && trimEnd(chunk) === ''
