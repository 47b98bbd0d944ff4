import { type Budget, spendText } from './budget.ts'
import { itemOf } from './member.ts'
import { isUndefined, textOf, type Value } from './value.ts'

/** How `sort`, `map` and others get at a part of each item: `labels.severity` or `0.name`; null stands for the item itself. */
export function getterOf(attribute: Value, otherwise: Value, budget: Budget): (item: Value) => Value {
  const parts = partsOf(attribute)
  return (item) => {
    let value = item
    for (const part of parts) {
      value = itemOf(value, part, budget)
      if (otherwise !== null && isUndefined(value)) value = otherwise
    }
    return value
  }
}

/** Several of them with commas between. */
export function gettersOf(attribute: Value, budget: Budget): readonly ((item: Value) => Value)[] {
  const text = textOf(attribute)
  return (text === null ? [attribute] : text.split(',')).map((one) => getterOf(one, null, budget))
}

function partsOf(attribute: Value): readonly Value[] {
  if (attribute === null) return []
  const text = textOf(attribute)
  return text === null ? [attribute] : text.split('.').map((part) => (/^\d+$/.test(part) ? BigInt(part) : part))
}

/** Texts in small letters, so that their case does not matter. */
export function ignoringCase(value: Value, budget: Budget): Value {
  const text = textOf(value)
  if (text === null) return value
  spendText(budget, text.length)
  return text.toLowerCase()
}
