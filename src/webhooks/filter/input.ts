import { isObject, storable } from '../../lib/json.ts'
import { nearest } from '../../lib/nearest.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { readComparison } from './comparison-input.ts'
import { programSizeOf } from './expression.ts'
import { fieldNames, readField } from './field.ts'
import { type Condition, type Filter, type Group, type GroupName, groupNames, operators, placeIn } from './filter.ts'

/** How deeply groups stand within each other, how many conditions a filter has, and how large its expressions are together. */
const depthMax = 5
const conditionsMax = 50
const programSizesMax = 1000

/** Reads a filter as people write it; the reason is a sentence after the place of the fault: `all[1].any[0].operator: …`. */
export function readFilter(value: unknown): Result<Filter, string> {
  return readEntry(value, { place: '', depth: 0, sum: { conditions: 0, programSizes: 0 } })
}

type Reading = { readonly place: string; readonly depth: number; readonly sum: { conditions: number; programSizes: number } }

function readEntry(value: unknown, reading: Reading): Result<Filter, string> {
  if (!isObject(value) || Object.keys(value).length === 0) return fault(reading.place, noEntry(value, reading.depth))
  const isGroup = groupNames.some((name) => Object.hasOwn(value, name))
  const members: readonly string[] = isGroup ? groupNames : ['field', 'operator', 'value']
  const strange = Object.keys(value).find((name) => !members.includes(name))
  if (strange !== undefined)
    return fault(reading.place, `"${strange.slice(0, 40)}" means nothing here: a filter is ${eitherForm}.`)
  return isGroup ? readGroup(value, reading) : readCondition(value, reading)
}

const eitherForm = 'an object with all, any or none, or one with field, operator and value'
const example = '{"field": "urgency", "operator": "is", "value": "high"}'

function noEntry(value: unknown, depth: number): string {
  if (depth > 0) return `A condition is needed here, like ${example}, or a group.`
  if (Array.isArray(value)) return `A list stands in a group: {"all": [${example}]}.`
  const none = isObject(value) ? 'An empty object says nothing: null is no filter. ' : ''
  return `${none}A filter is ${eitherForm}: ${example}.`
}

type Members = { readonly [key: string]: unknown }

function readGroup(members: Members, { place, depth, sum }: Reading): Result<Group, string> {
  if (depth === depthMax) return fault(place, tooDeep)
  const lists: (readonly [GroupName, readonly Filter[]])[] = []
  for (const name of groupNames.filter((own) => Object.hasOwn(members, own))) {
    const given = members[name]
    if (!Array.isArray(given) || given.length === 0) return fault(inside(place, name), noList(name, given))
    const list: Filter[] = []
    for (const [index, one] of given.entries()) {
      const read = readEntry(one, { place: placeIn(place, name, index), depth: depth + 1, sum })
      if (!read.ok) return read
      list.push(read.value)
    }
    lists.push([name, list])
  }
  return ok(Object.fromEntries(lists))
}

const tooDeep = `Groups stand within each other ${depthMax} deep at most: put these conditions into a group further out.`

function noList(name: GroupName, given: unknown): string {
  if (isObject(given)) return `A list is needed, also of one: "${name}": [{...}].`
  return `A list is needed, with at least one condition or group: "${name}": [${example}].`
}

function readCondition(members: Members, { place, sum }: Reading): Result<Condition, string> {
  sum.conditions += 1
  if (sum.conditions > conditionsMax) return fault(place, `A filter has ${conditionsMax} conditions at most.`)
  const { field: name, operator: given, value } = members
  if (typeof name !== 'string') return fault(inside(place, 'field'), `The name of a field is needed: ${fieldNames.join(', ')}.`)
  const field = readField(storable(name))
  if (!field.ok) return fault(inside(place, 'field'), field.reason)
  const operator = operators.find((known) => known === given)
  if (operator === undefined) return fault(inside(place, 'operator'), noOperator(given))
  const read = readComparison({ field: field.value, operator, value })
  if (!read.ok) return fault(inside(place, read.reason.member), read.reason.words)
  if (read.value.operator === 'matches') {
    sum.programSizes += programSizeOf(read.value.value) ?? 0
    if (sum.programSizes > programSizesMax) return fault(inside(place, 'value'), 'The expressions are too large together.')
  }
  return ok({ field: storable(name), ...read.value })
}

function noOperator(given: unknown): string {
  if (typeof given !== 'string') return `An operator is needed: ${operators.join(', ')}.`
  const meant = nearest(given.slice(0, 20), operators, 2)
  const question = meant === null ? '' : ` Is ${meant} meant?`
  return `There is no operator "${given.slice(0, 40)}": it may be ${operators.join(', ')}.${question}`
}

const inside = (place: string, member: string): string => (place === '' ? member : `${place}.${member}`)

const fault = (place: string, words: string) => no(place === '' ? words : `${place}: ${words}`)
