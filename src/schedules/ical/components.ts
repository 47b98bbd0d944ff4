import { no, ok, type Result } from '../../lib/result.ts'
import type { Sliced } from '../../lib/slices.ts'

/** A component of a calendar file (RFC 5545, 3.6) with the content lines and the components directly inside it. */
export type Component = {
  /** In lower case, as `vevent`. */
  readonly name: string
  /** By the name of their property, in lower case. */
  readonly lines: ReadonlyMap<string, readonly string[]>
  readonly parts: readonly Component[]
}

/** What is not folded has some twenty letters in a line at least; taking more lines apart holds up the server. */
const linesMax = 300_000

/** Files of other kinds nest a few deep; nothing that is read here lies deeper than three. */
const depthMax = 20

/**
 * Takes a calendar file apart: the calendars in it, of which there is at least one. What does not look like a content line is
 * passed over, since programs that break texts carelessly are common; a component that does not end is a file that was cut off.
 */
export function* readCalendars(bytes: Uint8Array): Sliced<Result<readonly Component[], string>> {
  if (hasMoreLines(bytes, linesMax)) return no(`It has more than ${linesMax} lines.`)
  const root = newNode('')
  const open: Node[] = [root]
  for (const line of yield* unfoldedLines(bytes)) {
    yield
    const name = nameForm.exec(line)?.[1]?.toLowerCase() ?? ''
    const within = open.at(-1) ?? root
    switch (name) {
      case 'begin': {
        if (open.length > depthMax) return no(`It has components nested more than ${depthMax} deep.`)
        const begun = newNode(valueOf(line))
        within.parts.push(begun)
        open.push(begun)
        break
      }
      case 'end':
        if (open.length === 1 || within.name !== valueOf(line)) return no('A component in it ends that has not begun.')
        open.pop()
        break
      case '':
        break
      default:
        addLine(within, name, line)
    }
  }
  if (open.length > 1) return no('It is cut off: a component in it does not end.')
  const calendars = root.parts.filter(({ name }) => name === 'vcalendar')
  return calendars.length === 0 ? no('It is no iCalendar file: it has no BEGIN:VCALENDAR.') : ok(calendars)
}

type Node = { readonly name: string; readonly lines: Map<string, string[]>; readonly parts: Node[] }

const newNode = (name: string): Node => ({ name, lines: new Map(), parts: [] })

function addLine({ lines }: Node, name: string, line: string): void {
  const before = lines.get(name)
  if (before === undefined) lines.set(name, [line])
  else before.push(line)
}

const nameForm = /^([A-Za-z0-9-]+)[;:]/

const valueOf = (line: string): string =>
  line
    .slice(line.indexOf(':') + 1)
    .trim()
    .toLowerCase()

/** Whether a file has more lines than that; `\r\n` ends one line. */
function hasMoreLines(bytes: Uint8Array, countMax: number): boolean {
  let count = 0
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]
    if (byte === carriageReturn || (byte === lineFeed && bytes[index - 1] !== carriageReturn)) count += 1
  }
  return count > countMax
}

const lineFeed = 10
const carriageReturn = 13

/** Long lines are broken anywhere, even inside a letter that takes several bytes (RFC 5545, 3.1), so they are mended before the letters are read. */
function* unfoldedLines(bytes: Uint8Array): Sliced<readonly string[]> {
  const asBytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const evenlyEnded = asBytes.replaceAll(/\r\n?/g, '\n')
  yield
  const whole = evenlyEnded.replaceAll(/\n[ \t]/g, '')
  yield
  return Buffer.from(whole, 'latin1')
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')
}
