import { type Budget, deeper, spendItems, spendText } from './budget.ts'
import { dictOf } from './dict.ts'
import { orderOfTexts } from './order.ts'
import { printed, repr } from './print.ts'
import { type Dict, isDict, isList, isTuple, list, textOf, tuple, type Value } from './value.ts'

/** A value as Python's `pprint` writes it: in one line if that fits, else an item a line, with the keys of dicts in order. */
export function pretty(value: Value, budget: Budget): string {
  return layOut(value, { indent: 0, room: lineWidth, budget })
}

const lineWidth = 80

type Layout = { readonly indent: number; readonly room: number; readonly budget: Budget }

function layOut(value: Value, layout: Layout): string {
  const { indent, room, budget } = layout
  const line = repr(sorted(value, budget), budget)
  spendText(budget, line.length)
  if (line.length <= room - indent || !(isDict(value) || isList(value) || isTuple(value))) return line
  return deeper(budget, () => {
    if (isDict(value)) {
      const parts = entriesOf(value, budget).map(([key, member]) => {
        const shown = `${repr(key, budget)}: `
        return shown + layOut(member, { indent: indent + 1 + shown.length, room: room - 1, budget })
      })
      return `{${parts.join(`,\n${' '.repeat(indent + 1)}`)}}`
    }
    const parts = value.items.map((item) => layOut(item, { indent: indent + 1, room: room - 1, budget }))
    const text = parts.join(`,\n${' '.repeat(indent + 1)}`)
    return isList(value) ? `[${text}]` : `(${text}${parts.length === 1 ? ',' : ''})`
  })
}

function entriesOf({ entries }: Dict, budget: Budget): (readonly [Value, Value])[] {
  return Array.from(entries.values(), ({ key, value }) => [key, value] as const).toSorted(([left], [right]) =>
    orderOfTexts(textOf(left) ?? printed(left, budget), textOf(right) ?? printed(right, budget)),
  )
}

/** The same value with the keys of all dicts in order. */
function sorted(value: Value, budget: Budget): Value {
  return deeper(budget, () => {
    if (isDict(value)) return dictOf(entriesOf(value, budget).map(([key, member]) => [key, sorted(member, budget)]))
    if (!isList(value) && !isTuple(value)) return value
    spendItems(budget, value.items.length)
    const items = value.items.map((item) => sorted(item, budget))
    return isList(value) ? list(items) : tuple(items)
  })
}
