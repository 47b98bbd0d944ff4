import { type Effort, finds, spend } from './expression.ts'
import { type Field, readField } from './field.ts'
import { type Condition, type Filter, type Group, isCondition, urgencies } from './filter.ts'
import { type FilterRecord, type Found, lookUp } from './record.ts'

/** `undecided`: what it would take is unreadable, or takes too long to search. */
export type Verdict = 'passes' | 'fails' | 'undecided'

/** What a filter says of an event. Conditions are looked at in their order, and no more of them than it takes. */
export function judge(filter: Filter, record: FilterRecord, effort: Effort): Verdict {
  if (isCondition(filter)) return judgeCondition(filter, record, effort)
  return judgeGroup(filter, (one) => judge(one, record, effort))
}

function judgeGroup({ all, any, none }: Group, judgeOne: (filter: Filter) => Verdict): Verdict {
  const lists = [
    () => (all === undefined ? 'passes' : everyOf(all, judgeOne)),
    () => (any === undefined ? 'passes' : someOf(any, judgeOne)),
    () => (none === undefined ? 'passes' : opposite(someOf(none, judgeOne))),
  ]
  return everyOf(lists, (judgeList) => judgeList())
}

/** What is undecided decides nothing where another one does. */
function everyOf<One>(list: readonly One[], judgeOne: (one: One) => Verdict): Verdict {
  let verdict: Verdict = 'passes'
  for (const one of list) {
    const own = judgeOne(one)
    if (own === 'fails') return 'fails'
    if (own === 'undecided') verdict = 'undecided'
  }
  return verdict
}

const someOf = <One>(list: readonly One[], judgeOne: (one: One) => Verdict): Verdict =>
  opposite(everyOf(list, (one) => opposite(judgeOne(one))))

function opposite(verdict: Verdict): Verdict {
  if (verdict === 'undecided') return verdict
  return verdict === 'passes' ? 'fails' : 'passes'
}

function judgeCondition(condition: Condition, record: FilterRecord, effort: Effort): Verdict {
  const field = readField(condition.field)
  const found = field.ok ? lookUp(record, field.value, effort) : null
  if (!field.ok || found === null) return 'undecided'
  const holds = isTrue(condition, { field: field.value, found, effort })
  if (holds === null) return 'undecided'
  return holds ? 'passes' : 'fails'
}

type Subject = { readonly field: Field; readonly found: Found; readonly effort: Effort }

/** Null: to tell takes more than is left. */
function isTrue(condition: Condition, { field, found, effort }: Subject): boolean | null {
  const { texts, isThere } = found
  // All else is short, and is always told.
  if (field.kind === 'payload' && !spend(effort, workOf(condition, texts))) return null
  switch (condition.operator) {
    case 'is':
      return texts.includes(String(condition.value))
    case 'is_not':
      return !texts.includes(String(condition.value))
    case 'in':
      return condition.value.some((value) => texts.includes(String(value)))
    case 'contains':
      return texts.some((text) => text.includes(condition.value))
    case 'matches':
      return isFoundInOne(condition.value, texts, effort)
    case 'exists':
      return isThere === condition.value
    case 'greater':
    case 'less': {
      const sign = condition.operator === 'greater' ? 1 : -1
      const limit = rankOf(field, String(condition.value))
      return texts.some((text) => (rankOf(field, text) - limit) * sign > 0)
    }
  }
}

/** What comparing takes at most; an expression that is searched for is counted by itself. */
function workOf(condition: Condition, texts: readonly string[]): number {
  switch (condition.operator) {
    case 'in':
      return Math.ceil((texts.length * condition.value.length) / comparedAtOnce)
    case 'contains':
      return texts.reduce((sum, text) => sum + Math.ceil((text.length * condition.value.length) / comparedAtOnce), 0)
    default:
      return texts.length
  }
}

/** So many characters, or short texts, are compared in the time of one instruction of an expression. */
const comparedAtOnce = 64

function isFoundInOne(expression: string, texts: readonly string[], effort: Effort): boolean | null {
  const verdict = someOf(texts, (text) => {
    const isFound = finds(expression, text, effort)
    if (isFound === null) return 'undecided'
    return isFound ? 'passes' : 'fails'
  })
  return verdict === 'undecided' ? null : verdict === 'passes'
}

/** By what texts are greater or less; NaN, which is neither, for what is no number. */
function rankOf({ kind }: Field, text: string): number {
  if (kind === 'urgency') return urgencies.findIndex((urgency) => urgency === text)
  return numberOf(text)
}

/** NaN for a text that is no number. */
export const numberOf = (text: string): number => (numeral.test(text) ? Number(text) : Number.NaN)

const numeral = /^\s{0,9}[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?\s{0,9}$/
