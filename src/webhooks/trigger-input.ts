import { type Body, detailRefusal, optional, type Reader, required, type Take, textList } from '../lib/fields.ts'
import { no, ok } from '../lib/result.ts'
import { changedList, isGiven, listed } from './mirror.ts'
import { type TriggerType, triggerTypes } from './trigger.ts'
import type { Several } from './webhook.ts'

/** What a new webhook hears of: a list of trigger types, or one; null: there are no usual ones. */
export function readNewTriggers(body: Body, take: Take, usual: Several<TriggerType> | null): Several<TriggerType> {
  if (!isGiven(body, 'trigger_types')) {
    if (usual !== null && !Object.hasOwn(body, 'trigger_type')) return usual
    return [take(required(body, 'trigger_type', triggerType), 'escalation')]
  }
  const list = take(optional(body, 'trigger_types', triggerList), undefined)
  if (list === undefined) return ['escalation']
  return namesOf(take(listed({ listName: 'trigger_types', first: firstOf(body, take, list[0]) }, list, null), list))
}

/** What a webhook hears of after a change. A PUT with `trigger_type` alone leaves it no other one. */
export function readChangedTriggers(
  body: Body,
  take: Take,
  { current, replaces }: { readonly current: Several<TriggerType>; readonly replaces: boolean },
): Several<TriggerType> {
  const before = entriesOf(current)
  const list = isGiven(body, 'trigger_types') ? take(optional(body, 'trigger_types', triggerList), undefined) : undefined
  const first = firstOf(body, take, (list ?? before)[0])
  const saysFirst = Object.hasOwn(body, 'trigger_type')
  return namesOf(take(changedList({ listName: 'trigger_types', list, first, current: before, saysFirst, replaces }), before))
}

/** In the words of the API, so that a refusal names them. */
type Entry = { readonly trigger_type: TriggerType }

const entriesOf = ([first, ...others]: Several<TriggerType>): Several<Entry> => [
  { trigger_type: first },
  ...others.map((type) => ({ trigger_type: type })),
]

/** Each is there once. */
function namesOf([first, ...others]: Several<Entry>): Several<TriggerType> {
  const names = new Set(others.map((entry) => entry.trigger_type))
  names.delete(first.trigger_type)
  return [first.trigger_type, ...names]
}

/** What the field beside the list says of its first one. */
const firstOf = (body: Body, take: Take, usual: Entry): Entry => ({
  trigger_type: take(optional(body, 'trigger_type', triggerType), undefined) ?? usual.trigger_type,
})

const triggerType: Reader<TriggerType> = (value) => {
  if (value === null) return no('This field may not be null.')
  const type = triggerTypes.find((name) => name === value)
  return type === undefined ? no(detailRefusal(noTriggerType)) : ok(type)
}

/** To the letter (contract grafana-oncall 2.1), so without those of ours. A wrong one of `trigger_types` names all. */
const noTriggerType =
  "trigger_type must one of ['escalation', 'alert group created', 'acknowledge', 'resolve', 'silence', 'unsilence', " +
  "'unresolve', 'unacknowledge', 'status change', 'personal notification']"

const triggerList: Reader<Several<Entry>> = (value) => {
  const read = textList(value)
  if (!read.ok) return read
  const types = read.value.map((name) => triggerTypes.find((type) => type === name))
  const wrong = read.value.find((_, index) => types[index] === undefined)
  if (wrong !== undefined) return no(`There is no trigger "${wrong}": it may be ${triggerTypes.join(', ')}.`)
  const [first, ...others] = types.flatMap((type) => (type === undefined ? [] : [type]))
  return first === undefined ? no('This list may not be empty.') : ok(entriesOf([first, ...others]))
}
