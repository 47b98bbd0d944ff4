import type { Effort } from './expression.ts'
import { readField } from './field.ts'
import { type Condition, type Filter, type Group, groupNames, isCondition, placeIn } from './filter.ts'
import { judge, type Verdict } from './judge.ts'
import { type FilterRecord, lookUp } from './record.ts'

/** What a filter says of an event, and in a sentence why it does not pass; null where it does. */
export type Explanation = { readonly verdict: Verdict; readonly reason: string | null }

/** Judges as `judge` does, and tells why. */
export function explain(filter: Filter, record: FilterRecord, effort: Effort): Explanation {
  const verdict = judge(filter, record, effort)
  switch (verdict) {
    case 'passes':
      return { verdict, reason: null }
    case 'undecided':
      return { verdict, reason: undecided }
    case 'fails':
      return { verdict, reason: `${reasonOf(filter, '', { record, effort })}.` }
  }
}

const undecided =
  'The filter cannot be judged, because the payload was cut or holds too much to search; the event is sent as if it passed.'

type Event = { readonly record: FilterRecord; readonly effort: Effort }

/** Why a filter fails, which it is known to do. */
function reasonOf(filter: Filter, place: string, event: Event): string {
  if (!isCondition(filter)) return reasonOfGroup(filter, place, event)
  return `${place === '' ? '' : `${place}: `}${shownFound(filter, event)}, but must ${demandOf(filter)}`
}

function reasonOfGroup(group: Group, place: string, event: Event): string {
  const entries = groupNames.flatMap((name) =>
    (group[name] ?? []).map((filter, index) => {
      const own = placeIn(place, name, index)
      return { name, filter, own, verdict: judge(filter, event.record, event.effort) }
    }),
  )
  const wrong = entries.find(({ name, verdict }) => name === 'all' && verdict === 'fails')
  if (wrong !== undefined) return reasonOf(wrong.filter, wrong.own, event)
  const choices = entries.filter(({ name }) => name === 'any')
  if (choices.length > 0 && choices.every(({ verdict }) => verdict === 'fails')) {
    const reasons = choices.slice(0, shownMax).map(({ filter, own }) => reasonOf(filter, own, event))
    const others = choices.length - reasons.length
    return `${reasons.join('; ')}${others > 0 ? `; and so are ${others} more` : ''}; one of them would be enough`
  }
  const unwanted = entries.find(({ name, verdict }) => name === 'none' && verdict === 'passes')
  // The second look may have come to the end of what searching may take.
  if (unwanted === undefined) return `${place === '' ? 'The filter' : place} is not true`
  const { filter, own } = unwanted
  return isCondition(filter) ? `${own}: ${shownFound(filter, event)}, which must not be` : `${own} is true, which must not be`
}

const shownMax = 3

/** One filter is explained to one person, who has waited for its judgement before. */
const plenty = (): Effort => ({ left: Number.POSITIVE_INFINITY })

function shownFound({ field: name }: Condition, { record }: Event): string {
  const field = readField(name)
  const found = field.ok ? lookUp(record, field.value, plenty()) : null
  if (found === null || !found.isThere) return `${name} is missing`
  if (found.texts.length === 0) return `${name} is there without a text`
  const others = found.texts.length - shownMax
  const texts = found.texts.slice(0, shownMax).map(shownValue).join(', ')
  return `${name} is ${texts}${others > 0 ? ` and ${others} more` : ''}`
}

function demandOf(condition: Condition): string {
  switch (condition.operator) {
    case 'is':
      return `be ${shownValue(condition.value)}`
    case 'is_not':
      return `not be ${shownValue(condition.value)}`
    case 'in':
      return `be one of ${condition.value.map(shownValue).join(', ')}`
    case 'contains':
      return `contain ${shownValue(condition.value)}`
    case 'matches':
      return `match ${shownValue(condition.value)}`
    case 'exists':
      return condition.value ? 'be there' : 'be missing'
    case 'greater':
      return `be greater than ${shownValue(condition.value)}`
    case 'less':
      return `be less than ${shownValue(condition.value)}`
  }
}

const shownLengthMax = 100

const shownValue = (value: string | number | boolean): string => {
  const text = String(value)
  return JSON.stringify(text.length > shownLengthMax ? `${text.slice(0, shownLengthMax).toWellFormed()}…` : value)
}
