import { type Budget, type Cost, costOf, deeper, spend, spendCost, spendText } from './budget.ts'
import { typeFault } from './fault.ts'
import { floatText, intText } from './number-text.ts'
import { originalOf } from './lazy.ts'
import { sortBy } from './order.ts'
import { type Dict, isDict, isList, type List, textOf, typeName, type Value } from './value.ts'

export type JsonStyle = {
  readonly isSorted: boolean
  /** Whether all but ASCII is escaped. */
  readonly isAscii: boolean
  /** What each level of an indented text begins with; null: all in one line. */
  readonly indent: string | null
  /** Between items. Where there is an indent, a line break follows. */
  readonly comma: string
}

/** A value as Python's `json.dumps` writes it. */
export function jsonOf(value: Value, style: JsonStyle, budget: Budget): string {
  const original = isList(value) || isDict(value) ? originalOf(value) : null
  return original === null ? writtenOf(value, style, budget) : writtenOnce(original, style, budget)
}

function writtenOf(value: Value, style: JsonStyle, budget: Budget): string {
  const parts: string[] = []
  write(value, { style, budget, parts, level: 0 })
  return parts.join('')
}

type Written = { readonly text: string; readonly style: JsonStyle; readonly cost: Cost; readonly depth: number }

/** What originals say, for as long as these are there: many webhooks tell of one event. */
const saidByOriginals = new WeakMap<List | Dict, Written>()

/** What is longer is not kept, since memory is for everybody. */
const keptMax = 64 * 1024

/**
 * It takes as much of the budget each time, so that a template ends where it would end by itself. Styles are told apart by what they
 * are, not by what they say.
 */
function writtenOnce(original: List | Dict, style: JsonStyle, budget: Budget): string {
  const known = saidByOriginals.get(original)
  if (known !== undefined && known.style === style && known.depth <= budget.depth) {
    spendCost(budget, known.cost)
    return known.text
  }
  const { depth } = budget
  let text = ''
  const cost = costOf(budget, () => {
    text = writtenOf(original, style, budget)
  })
  if (text.length <= keptMax) saidByOriginals.set(original, { text, style, cost, depth })
  return text
}

type Writing = { readonly style: JsonStyle; readonly budget: Budget; readonly parts: string[]; readonly level: number }

function write(value: Value, writing: Writing): void {
  const { style, budget } = writing
  spend(budget, 1)
  const text = textOf(value)
  if (text !== null) return put(stringText(text, style), writing)
  if (value === null) return put('null', writing)
  switch (typeof value) {
    case 'boolean':
      return put(value ? 'true' : 'false', writing)
    case 'bigint':
      return put(intText(value, budget), writing)
    case 'number':
      return put(numberText(value), writing)
    case 'string':
      return
    default:
      return deeper(budget, () => writeObject(value, writing))
  }
}

function put(text: string, { parts, budget }: Writing): void {
  spendText(budget, text.length)
  parts.push(text)
}

function writeObject(value: Exclude<Value, null | boolean | bigint | number | string>, writing: Writing): void {
  if (value.kind === 'list' || value.kind === 'tuple') {
    return writeAll(value.items, { brackets: '[]', writing, writeOne: write })
  }
  if (value.kind !== 'dict') throw typeFault(`Object of type ${typeName(value)} is not JSON serializable`)
  writeAll(pairsOf(value, writing), {
    brackets: '{}',
    writing,
    writeOne: ([key, member], inside) => {
      put(`${stringText(key, writing.style)}: `, inside)
      write(member, inside)
    },
  })
}

function writeAll<Item>(
  items: readonly Item[],
  { brackets, writing, writeOne }: { brackets: string; writing: Writing; writeOne: (item: Item, inside: Writing) => void },
): void {
  const { style, level } = writing
  if (items.length === 0) return put(brackets, writing)
  const inside = { ...writing, level: level + 1 }
  const lineBreak = (depth: number): string => (style.indent === null ? '' : `\n${style.indent.repeat(depth)}`)
  for (const [index, item] of items.entries()) {
    put((index === 0 ? brackets.charAt(0) : style.comma) + lineBreak(level + 1), writing)
    writeOne(item, inside)
  }
  put(lineBreak(level) + brackets.charAt(1), writing)
}

function pairsOf({ entries }: Dict, { style, budget }: Writing): (readonly [string, Value])[] {
  const all = Array.from(entries.values())
  // The keys are put in order as they are, before they become texts.
  const sorted = style.isSorted
    ? sortBy(
        all.map(({ key }) => key),
        { keyOf: (key) => key, isReversed: false, budget },
      )
    : null
  const byKey = new Map(all.map((entry) => [entry.key, entry]))
  const ordered = sorted === null ? all : sorted.flatMap((key) => byKey.get(key) ?? [])
  return ordered.map(({ key, value }) => [keyText(key, budget), value] as const)
}

function keyText(key: Value, budget: Budget): string {
  const text = textOf(key)
  if (text !== null) return text
  if (key === null) return 'null'
  if (typeof key === 'boolean') return key ? 'true' : 'false'
  if (typeof key === 'bigint') return intText(key, budget)
  if (typeof key === 'number') return numberText(key)
  throw typeFault(`keys must be str, int, float, bool or None, not ${typeName(key)}`)
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? floatText(value) : value < 0 ? '-Infinity' : 'Infinity'
}

const notAscii = /[\u007f-\uffff]/g

/** A text with its quotes, as Python writes it, which is as JavaScript does but for what is not ASCII. */
function stringText(text: string, { isAscii }: JsonStyle): string {
  const written = JSON.stringify(text)
  return isAscii ? written.replace(notAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : written
}

const unsafe = /[<>&']/g

/** JSON in which nothing ends an element of HTML. */
export const htmlSafeJson = (json: string): string =>
  json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
