import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import { type Condition, type Filter, isCondition } from './filter.ts'
import { readFilter } from './input.ts'
import { judge, type Verdict } from './judge.ts'
import type { FilterRecord } from './record.ts'

const words = fc.constantFrom('a', 'b', 'ab', 'abc', '7', 'true')
const scalars = fc.oneof(words, fc.constantFrom(7, 8.5, true, false))
const fields = fc.constantFrom('service', 'team', 'labels.a', 'labels.b', 'payload.a', 'payload.b.a', 'payload.a[1]', 'payload.b')
const numeric = fc.constantFrom('labels.a', 'severity', 'payload.a', 'payload.b.a')
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field: fields, operator: fc.constantFrom('is', 'is_not'), value: scalars }),
  fc.record({ field: fields, operator: fc.constant('in'), value: fc.array(scalars, { minLength: 1, maxLength: 3 }) }),
  fc.record({ field: fields, operator: fc.constantFrom('contains', 'matches'), value: words }),
  fc.record({ field: fields, operator: fc.constant('exists'), value: fc.boolean() }),
  fc.record({ field: numeric, operator: fc.constantFrom('greater', 'less'), value: fc.constantFrom(6, 7, 8.5) }),
)
const { filter } = fc.letrec<{ filter: Filter }>((tie) => {
  const list = fc.array(tie('filter'), { minLength: 1, maxLength: 3 })
  const group = fc.oneof(
    ...(['all', 'any', 'none'] as const).map((name) => list.map((own): Filter => ({ [name]: own }))),
    fc.record({ all: list, none: list }),
  )
  return { filter: fc.oneof({ maxDepth: 3, withCrossShrink: true }, condition, group) }
})

const leaf = fc.oneof(scalars, fc.constant(null))
const part = fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.dictionary(fc.constantFrom('a', 'b'), leaf)), { maxLength: 3 }))
const member = fc.oneof(part, fc.dictionary(fc.constantFrom('a', 'b'), part))
const payload = fc.dictionary(fc.constantFrom('a', 'b'), member)
const thing = fc.oneof(fc.constant(null), fc.record({ id: words, name: words }))
const record = fc
  .record({ service: thing, team: thing, labels: fc.dictionary(fc.constantFrom('a', 'b', 'severity'), words), payload })
  .map((made): FilterRecord & { json: unknown } => ({
    ...made,
    integration: null,
    schedule: null,
    urgency: null,
    json: made.payload,
    payload: () => ({ isWhole: true, json: made.payload }),
  }))

const verdictOf = (one: Filter, event: FilterRecord): Verdict => judge(one, event, { left: 1_000_000 })

/** A second, naive way to judge: all texts first, and no end before the last condition. */
function naive(one: Filter, event: FilterRecord & { json: unknown }): boolean {
  if (isCondition(one)) return naiveCondition(one, event)
  const sides = [
    (one.all ?? []).map((inner) => naive(inner, event)).filter((holds) => !holds).length === 0,
    one.any === undefined || one.any.map((inner) => naive(inner, event)).filter(Boolean).length > 0,
    (one.none ?? []).map((inner) => naive(inner, event)).filter(Boolean).length === 0,
  ]
  return sides.filter(Boolean).length === 3
}

function naiveCondition(one: Condition, event: FilterRecord & { json: unknown }): boolean {
  const values = naiveValues(one.field, event)
  const texts = values.filter((value) => typeof value !== 'object').map(String)
  const count = (holds: (text: string) => boolean): number => texts.filter(holds).length
  switch (one.operator) {
    case 'is':
      return count((text) => text === `${one.value}`) > 0
    case 'is_not':
      return count((text) => text === `${one.value}`) === 0
    case 'in':
      return one.value.filter((value) => count((text) => text === `${value}`) > 0).length > 0
    case 'contains':
    case 'matches':
      return count((text) => text.split(one.value).length > 1) > 0
    case 'exists':
      return values.length > 0 === one.value
    case 'greater':
      return count((text) => /\d/.test(text) && Number(text) > Number(one.value)) > 0
    case 'less':
      return count((text) => /\d/.test(text) && Number(text) < Number(one.value)) > 0
  }
}

/** What is there under a field; the members of a list beside the list. */
function naiveValues(field: string, event: FilterRecord & { json: unknown }): readonly unknown[] {
  if (field === 'service' || field === 'team') return event[field] === null ? [] : Object.values(event[field])
  const steps = (field === 'severity' ? 'labels.severity' : field).replace('[', '.').replace(']', '').split('.')
  let values: readonly unknown[] = [{ labels: event.labels, payload: event.json }]
  for (const step of steps) {
    values = values
      .flatMap((value) => (Array.isArray(value) && !/^\d$/.test(step) ? value : [value]))
      .map((value) =>
        value !== null && typeof value === 'object' ? Object.entries(value).find(([key]) => key === step)?.[1] : null,
      )
      .filter((value) => value !== null && value !== undefined)
  }
  return values.flatMap((value) => (Array.isArray(value) ? [value, ...value.flat()] : [value]))
}

test('a filter says what a naive second implementation says', () => {
  fc.assert(
    fc.property(filter, record, (one, event) => {
      expect(verdictOf(one, event)).toBe(naive(one, event) ? 'passes' : 'fails')
    }),
    { numRuns: 1000 },
  )
})

test('none is the opposite of any, and any that of all the opposites', () => {
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1, maxLength: 4 }), record, (list, event) => {
      expect(verdictOf({ none: list }, event)).not.toBe(verdictOf({ any: list }, event))
      expect(verdictOf({ any: list }, event)).toBe(verdictOf({ none: [{ all: list.map((one) => ({ none: [one] })) }] }, event))
      expect(verdictOf({ all: list }, event)).toBe(verdictOf({ all: list.toReversed() }, event))
      expect(verdictOf({ none: [{ none: [{ all: list }] }] }, event)).toBe(verdictOf({ all: list }, event))
    }),
  )
})

test('what cannot be told changes no verdict that is told all the same', () => {
  fc.assert(
    fc.property(filter, record, (one, event) => {
      const verdict = verdictOf(one, { ...event, payload: () => ({ isWhole: false }) })
      expect(['undecided', verdictOf(one, event)]).toContain(verdict)
    }),
    { numRuns: 500 },
  )
})

test('a filter that is read again from its JSON is the same, and is explained as it is judged', () => {
  fc.assert(
    fc.property(filter, record, (one, event) => {
      expect(readFilter(JSON.parse(JSON.stringify(one)))).toEqual({ ok: true, value: one })
      const { verdict, reason } = explain(one, event, { left: 1_000_000 })
      expect(verdict).toBe(verdictOf(one, event))
      expect(reason === null).toBe(verdict === 'passes')
    }),
  )
})
