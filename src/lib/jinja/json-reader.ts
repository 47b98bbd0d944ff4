import { setItem } from './dict.ts'
import { type Dict, list, type Value } from './value.ts'

/**
 * Reads JSON as Python does: whole numbers are ints of any size, others floats, keys stay in their order, and NaN and Infinity are
 * numbers. Null where the text is no JSON, or is nested deeper than anybody writes.
 */
export function readJson(text: string): { readonly value: Value } | null {
  const reading: Reading = { text, position: 0, depth: 0 }
  try {
    const value = readValue(reading)
    skipBlanks(reading)
    return reading.position === text.length ? { value } : null
  } catch (error) {
    if (error === noJson) return null
    throw error
  }
}

type Reading = { readonly text: string; position: number; depth: number }

const noJson = new Error('no JSON')
const depthMax = 200
const digitsMax = 4300

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
  if (next === '{') return readObject(reading)
  if (next === '[') return list(readAll(reading, ']', readValue))
  if (next === '"') return readString(reading)
  const found = next >= '0' && next <= '9' ? null : take(reading, word)
  if (found !== null) {
    reading.position += found[0].length
    return words.get(found[0]) ?? null
  }
  return readNumber(reading)
}

function readNumber(reading: Reading): Value {
  const found = take(reading, number)
  if (found === null) throw noJson
  const [whole, integer = '', fraction, exponent] = found
  reading.position += whole.length
  if (fraction !== undefined || exponent !== undefined) return Number(whole)
  if (integer.length > digitsMax) throw noJson
  return BigInt(integer)
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
    if (typeof parsed === 'string') return parsed
  } catch {
    throw noJson
  }
  throw noJson
}

function endOfString({ text, position }: Reading): number {
  for (let index = position + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 92) index += 1
    else if (code === 34) return index + 1
  }
  throw noJson
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
