import { blanks, countOf, cut, trimEnd } from './python-text.ts'

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
  let current = ''
  for (let next = chunks.at(-1); next !== undefined && countOf(current) + countOf(next) <= width; next = chunks.at(-1)) {
    current += next
    chunks.pop()
  }
  const long = chunks.at(-1)
  if (long !== undefined && countOf(long) > width) {
    const room = width - countOf(current)
    if (breaksWords && room > 0) {
      current += cut(long, 0, room)
      chunks[chunks.length - 1] = cut(long, room, countOf(long))
    } else if (current === '') {
      current = long
      chunks.pop()
    }
  }
  return trimEnd(current)
}

const isBlank = (chunk: string | undefined): boolean => chunk !== undefined && trimEnd(chunk) === ''
