import { isObject } from '../../lib/json.ts'
import type { Named } from '../alert-report.ts'
import { type Effort, spend } from './expression.ts'
import type { Field } from './field.ts'
import type { urgencies } from './filter.ts'

/** What a filter can know of an event. What the event is not about is null. */
export type FilterRecord = {
  readonly service: Named | null
  readonly integration: Named | null
  readonly team: Named | null
  readonly schedule: Named | null
  readonly urgency: (typeof urgencies)[number] | null
  readonly labels: Readonly<Record<string, string>>
  /** Asked for only when a condition is about it. Undefined: there is none. */
  readonly payload: () => PayloadReading
}

/** One that had to be cut when it came is no JSON any more. */
type PayloadReading = { readonly isWhole: true; readonly json: unknown } | { readonly isWhole: false }

/** What there is of a field. Objects are there without a text. */
export type Found = { readonly isThere: boolean; readonly texts: readonly string[] }

/** Null: it cannot be told, because the payload is not whole, the path leads to too much, or following it takes more than is left. */
export function lookUp(record: FilterRecord, field: Field, effort: Effort): Found | null {
  switch (field.kind) {
    case 'named': {
      const thing = record[field.name]
      return thing === null ? nothing : { isThere: true, texts: [thing.name, thing.id] }
    }
    case 'urgency':
      return record.urgency === null ? nothing : { isThere: true, texts: [record.urgency] }
    case 'label': {
      const value = Object.hasOwn(record.labels, field.key) ? record.labels[field.key] : undefined
      return value === undefined ? nothing : { isThere: true, texts: [value] }
    }
    case 'payload': {
      const payload = record.payload()
      return payload.isWhole ? foundAt(payload.json, field.path, effort) : null
    }
  }
}

const nothing: Found = { isThere: false, texts: [] }

/** So many values are looked at under one path. */
const valuesMax = 1000

/** What it takes to look at one of them. */
const effortPerValue = 4

function foundAt(json: unknown, path: readonly string[], effort: Effort): Found | null {
  let values: readonly unknown[] = [json]
  for (const step of path) {
    values = values.flatMap((value) => stepInto(value, step)).filter((value) => value !== undefined && value !== null)
    if (values.length > valuesMax || !spend(effort, (values.length + 1) * effortPerValue)) return null
  }
  const leaves = values.flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]))
  if (leaves.length > valuesMax || !spend(effort, leaves.length * effortPerValue)) return null
  return { isThere: values.length > 0, texts: leaves.filter(isScalar).map(String) }
}

/** A name is looked for in each member of a list, a place is a member itself. */
function stepInto(value: unknown, step: string): readonly unknown[] {
  if (!Array.isArray(value)) return isObject(value) ? [memberOf(value, step)] : []
  if (/^\d+$/.test(step)) return [value[Number(step)]]
  return value.map((member: unknown) => (isObject(member) ? memberOf(member, step) : undefined))
}

const memberOf = (object: { readonly [key: string]: unknown }, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)
