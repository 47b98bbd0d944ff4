import { RE2JS } from 're2js'
import { required, withParameters } from '../jinja/arguments.ts'
import { type Budget, spend, spendText } from '../jinja/budget.ts'
import { limitFault, runtimeFault } from '../jinja/fault.ts'
import { withoutMarks, markOf } from '../jinja/marks.ts'
import { type Function, markedOf, textOf, textOfMarked, type Value } from '../jinja/value.ts'
import { unfoldedSize } from '../unfolded-size.ts'

const regexMatch = withParameters(
  { title: 'regex_match', parameters: { value: required, pattern: required } },
  (ask, { budget }) => {
    const search = searchOf({ value: ask('value'), pattern: ask('pattern'), budget })
    return search === null ? null : search.matcher.lookingAt()
  },
)

const regexSearch = withParameters(
  { title: 'regex_search', parameters: { value: required, pattern: required } },
  (ask, { budget }) => {
    const search = searchOf({ value: ask('value'), pattern: ask('pattern'), budget })
    return search === null ? null : search.matcher.find()
  },
)

const regexReplace = withParameters(
  { title: 'regex_replace', parameters: { value: required, find: required, replace: required } },
  (ask, { budget }) => {
    const replacement = markedOf(ask('replace'))
    const search = searchOf({ value: ask('value'), pattern: ask('find'), budget })
    return search === null || replacement === null ? null : textOfMarked(replaced(search, replacement, budget))
  },
)

export const regexFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['regex_match', regexMatch],
  ['regex_search', regexSearch],
  ['regex_replace', regexReplace],
])

type Matcher = ReturnType<RE2JS['matcher']>
type Search = { readonly matcher: Matcher; readonly marked: string; readonly groups: ReadonlyMap<string, number> }

/** An expression may be so long, and so large once its repetitions are written out. */
const patternMax = 1000
const programMax = 3000

/** Characters times instructions, which is the most that the engine looks at, for one step. */
const visitsPerStep = 16

/** What making the program takes. */
const stepsPerInstruction = 5

/** Null: one of them is no text. What a search may take is paid for before it begins. */
function searchOf({
  value,
  pattern,
  budget,
}: {
  readonly value: Value
  readonly pattern: Value
  readonly budget: Budget
}): Search | null {
  const [text, source] = [textOf(value)?.toWellFormed(), textOf(pattern)?.toWellFormed()]
  if (text === undefined || source === undefined) return null
  if (source.length > patternMax) throw limitFault(`A regular expression is longer than ${patternMax} characters`)
  spend(budget, source.length)
  if (unfoldedSize(source) > 2 * programMax) throw limitFault('A regular expression is too large')
  const compiled = compile(source)
  const size = compiled.programSize()
  if (size > programMax) throw limitFault('A regular expression is too large')
  spend(budget, size * stepsPerInstruction + Math.ceil(((text.length + 1) * size) / visitsPerStep))
  return {
    matcher: compiled.matcher(text),
    marked: markedOf(value) ?? text,
    groups: new Map(Object.entries(compiled.namedGroups())),
  }
}

function compile(source: string): RE2JS {
  try {
    // Python's name for the very end.
    return RE2JS.compile(source.replace(/(\\\\)|\\Z/g, (whole, escaped?: string) => (escaped === undefined ? '\\z' : whole)))
  } catch (fault) {
    throw runtimeFault(messageOf(fault, source))
  }
}

/** The engine's message; for the commonest mistake, that of Grafana OnCall. */
function messageOf(fault: unknown, source: string): string {
  const message = fault instanceof Error ? fault.message : String(fault)
  if (message.includes('missing closing )')) return `missing ) at position ${source.length}`
  return message.replace(/^error parsing regexp: /, '')
}

/** A marked text: what is found in the plain one is at the same place in it. */
function replaced({ matcher, marked, groups }: Search, replacement: string, budget: Budget): string {
  const pieces = piecesOf(replacement, { groups, count: matcher.groupCount() })
  const parts: string[] = []
  let position = 0
  const put = (part: string): void => {
    spendText(budget, part.length)
    parts.push(part)
  }
  while (matcher.find()) {
    spend(budget, 1 + pieces.length)
    put(marked.slice(position, matcher.start()))
    for (const piece of pieces) put(typeof piece === 'string' ? piece : groupOf(matcher, marked, piece))
    position = matcher.end()
  }
  put(marked.slice(position))
  return parts.join('')
}

function groupOf(matcher: Matcher, marked: string, group: number): string {
  const start = matcher.start(group)
  return start === -1 ? '' : marked.slice(start, matcher.end(group))
}

/** In marked texts, too. */
const reference = /([\\\udc5c])(?:(\d{1,2})|g<(\w+)>|([^]))/gu
const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['\\', '\\'],
])

/** A marked replacement in Python's notation as texts, and numbers of groups. */
function piecesOf(
  replacement: string,
  { groups, count }: { readonly groups: ReadonlyMap<string, number>; readonly count: number },
): readonly (string | number)[] {
  const pieces: (string | number)[] = []
  let position = 0
  for (const found of replacement.matchAll(reference)) {
    const [whole, backslash = '', digits, name, letter] = found
    pieces.push(replacement.slice(position, found.index))
    position = found.index + whole.length
    if (letter !== undefined) {
      const character = escapes.get(withoutMarks(letter))
      pieces.push(character === undefined ? whole : backslash === '\\' ? character : markOf(character))
      continue
    }
    const group =
      digits === undefined ? (groups.get(name ?? '') ?? (/^\d+$/.test(name ?? '') ? Number(name) : -1)) : Number(digits)
    if (group < 0 || group > count) throw runtimeFault('invalid group reference')
    pieces.push(group)
  }
  return [...pieces, replacement.slice(position)].filter((piece) => piece !== '')
}
