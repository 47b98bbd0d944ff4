import { isJson } from '../json.ts'
import { setItem } from './dict.ts'
import { lazyDict, lazyList } from './lazy.ts'
import { type Dict, type List, list, type Value } from './value.ts'

/**
 * Reads JSON as Python does: whole numbers are ints of any size, others floats, keys stay in their order, and NaN and Infinity are
 * numbers. Null where the text is no JSON, or is nested deeper than anybody writes.
 */
export function readJson(text: string): Read | null {
  const reading: Reading = { text, position: 0, depth: 0, isLazy: false }
  try {
    const value = readValue(reading)
    skipBlanks(reading)
    return reading.position === text.length ? { value } : null
  } catch (error) {
    if (error === noJson) return null
    throw error
  }
}

type Read = { readonly value: Value }

/**
 * Reads the same, but what stands within lists and objects only when somebody asks for it: what a template has nothing to do with
 * costs next to nothing, however large it is. So nothing is too deep before it is looked at,
 * and a whole number that is too long is a text.
 */
export function readJsonLazily(text: string): Read | null {
  const read = text.length < lazyFrom ? readJson(text) : null
  if (read !== null) return read
  return isJson(text) ? { value: readValue({ text, position: 0, depth: 0, isLazy: true }) } : readJson(text)
}

/** Shorter texts are read in less time than it takes to put the reading off. */
const lazyFrom = 16 * 1024

type Reading = { readonly text: string; position: number; depth: number; readonly isLazy: boolean }

const noJson = new Error('no JSON')
const depthMax = 200
const digitsMax = 4300

const quote = 34
const backslash = 92

const number = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y
const word = /true|false|null|NaN|-?Infinity/y

function take({ text, position }: Reading, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = position
  return pattern.exec(text)
}

function skipBlanks(reading: Reading): void {
  const { text } = reading
  let { position } = reading
  for (let code = text.charCodeAt(position); code === 32 || code === 10 || code === 13 || code === 9; ) {
    position += 1
    code = text.charCodeAt(position)
  }
  reading.position = position
}

const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
])

function readValue(reading: Reading): Value {
  skipBlanks(reading)
  const next = reading.text.charAt(reading.position)
  if (next === '{' || next === '[') return reading.isLazy && reading.depth > 0 ? passOver(reading) : readWithin(reading)
  if (next === '"') return readString(reading)
  const found = next >= '0' && next <= '9' ? null : take(reading, word)
  if (found !== null) {
    reading.position += found[0].length
    return words.get(found[0]) ?? null
  }
  return readNumber(reading)
}

const readWithin = (reading: Reading): Dict | List =>
  reading.text[reading.position] === '{' ? readObject(reading) : list(readAll(reading, ']', readValue))

/** What is there is known to be JSON, and is read when somebody asks for it. */
function passOver(reading: Reading): Dict | List {
  const { text, position } = reading
  reading.position = endOfNested(text, position)
  const later = (): Reading => ({ text, position, depth: 0, isLazy: true })
  return text[position] === '{' ? lazyDict(() => readObject(later()).entries) : lazyList(() => readAll(later(), ']', readValue))
}

/** After the bracket that closes the one at `start`. */
function endOfNested(text: string, start: number): number {
  let depth = 0
  for (let index = start; ; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quote) index = closingQuote(text, index)
    else if (code === 91 || code === 123) depth += 1
    else if ((code === 93 || code === 125) && (depth -= 1) === 0) return index + 1
  }
}

/** Reading a whole number of a million digits takes a second: one that is not to be refused is as it was sent, a text. */
function readNumber(reading: Reading): Value {
  const found = take(reading, number)
  if (found === null) throw noJson
  const [whole, integer = '', fraction, exponent] = found
  reading.position += whole.length
  if (fraction !== undefined || exponent !== undefined) return Number(whole)
  if (integer.length <= digitsMax) return BigInt(integer)
  if (!reading.isLazy) throw noJson
  return integer
}

const special = /[\\\u0000-\u001f]/

function readString(reading: Reading): string {
  const { text, position } = reading
  const close = text.indexOf('"', position + 1)
  const plain = text.slice(position + 1, close)
  // Most have nothing to be read, which is told far faster than it is read.
  if (close < 0 || special.test(plain)) return readEscapes(reading)
  reading.position = close + 1
  return plain
}

function readEscapes(reading: Reading): string {
  const end = endOfString(reading)
  const literal = reading.text.slice(reading.position, end)
  reading.position = end
  try {
    const parsed: unknown = JSON.parse(literal)
    // A half of a pair that stands alone is no character, and would be taken for a mark (marks.ts).
    if (typeof parsed === 'string') return parsed.toWellFormed()
  } catch {
    throw noJson
  }
  throw noJson
}

function endOfString({ text, position }: Reading): number {
  const close = closingQuote(text, position)
  if (close === text.length) throw noJson
  return close + 1
}

/** Where the string that begins at `start` ends; the length of a text that ends inside of it. */
function closingQuote(text: string, start: number): number {
  let close = text.indexOf('"', start + 1)
  while (close >= 0 && isEscaped(text, close)) close = text.indexOf('"', close + 1)
  return close < 0 ? text.length : close
}

/** An odd number of backslashes before it. */
function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === backslash) first -= 1
  return (at - first) % 2 === 1
}

function readObject(reading: Reading): Dict {
  const dict: Dict = { kind: 'dict', entries: new Map() }
  readAll(reading, '}', () => {
    skipBlanks(reading)
    if (reading.text[reading.position] !== '"') throw noJson
    const key = readString(reading)
    skipBlanks(reading)
    if (reading.text[reading.position] !== ':') throw noJson
    reading.position += 1
    setItem(dict, key, readValue(reading))
    return null
  })
  return dict
}

/** What stands between brackets, with commas between the items. */
function readAll(reading: Reading, closing: string, readOne: (reading: Reading) => Value): Value[] {
  reading.depth += 1
  if (reading.depth > depthMax) throw noJson
  const items: Value[] = []
  reading.position += 1
  skipBlanks(reading)
  let isFirst = true
  while (!isFirst || reading.text[reading.position] !== closing) {
    items.push(readOne(reading))
    isFirst = false
    skipBlanks(reading)
    const next = reading.text[reading.position]
    if (next !== ',' && next !== closing) throw noJson
    if (next === closing) break
    reading.position += 1
  }
  reading.position += 1
  reading.depth -= 1
  return items
}
