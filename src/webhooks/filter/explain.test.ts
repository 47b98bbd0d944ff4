import { describe, expect, it } from 'vitest'
import { explain } from './explain.ts'
import type { Filter } from './filter.ts'
import type { FilterRecord } from './record.ts'

const event: FilterRecord = {
  service: { id: 'SV1', name: 'Checkout' },
  integration: null,
  team: null,
  schedule: null,
  urgency: 'low',
  labels: { env: 'test', long: 'x'.repeat(101) },
  payload: () => ({ isWhole: true, json: { tags: ['a', 'b', 'c', 'd', 'e'], host: {} } }),
}

const reasonFor = (filter: Filter, record = event): string | null => explain(filter, record, { left: 1_000_000 }).reason

const urgent: Filter = { field: 'urgency', operator: 'greater', value: 'medium' }
const tested: Filter = { field: 'labels.env', operator: 'is', value: 'test' }

describe('why a filter does not pass', () => {
  it('says what there is and what there must be', () => {
    expect(reasonFor(urgent)).toBe('urgency is "low", but must be greater than "medium".')
    expect(reasonFor({ field: 'team', operator: 'in', value: ['Harbour', 7] })).toBe(
      'team is missing, but must be one of "Harbour", 7.',
    )
    expect(reasonFor({ field: 'service', operator: 'is_not', value: 'SV1' })).toBe(
      'service is "Checkout", "SV1", but must not be "SV1".',
    )
    expect(reasonFor({ field: 'payload.tags', operator: 'matches', value: '^x' })).toBe(
      'payload.tags is "a", "b", "c" and 2 more, but must match "^x".',
    )
    expect(reasonFor({ field: 'payload.host', operator: 'exists', value: false })).toBe(
      'payload.host is there without a text, but must be missing.',
    )
    expect(reasonFor({ field: 'labels.long', operator: 'contains', value: 'y' })).toBe(
      `labels.long is "${'x'.repeat(100)}…", but must contain "y".`,
    )
  })

  it('names the place, however deep it is', () => {
    expect(reasonFor({ all: [tested, { all: [tested, urgent] }] })).toBe(
      'all[1].all[1]: urgency is "low", but must be greater than "medium".',
    )
    expect(reasonFor({ none: [urgent, tested] })).toBe('none[1]: labels.env is "test", which must not be.')
    expect(reasonFor({ none: [{ any: [urgent, tested] }] })).toBe('none[0] is true, which must not be.')
  })

  it('names some of those of which one would be enough', () => {
    expect(reasonFor({ any: [urgent, { all: [urgent] }] })).toBe(
      'any[0]: urgency is "low", but must be greater than "medium"; any[1].all[0]: urgency is "low", but must be greater than ' +
        '"medium"; one of them would be enough.',
    )
    expect(reasonFor({ any: Array.from({ length: 5 }, () => urgent) })).toContain('; and so are 2 more; one of them')
  })

  it('is not told of one that passes, and tells of one that cannot be judged', () => {
    expect(reasonFor(tested)).toBeNull()
    const cut: FilterRecord = { ...event, payload: () => ({ isWhole: false }) }
    expect(explain({ field: 'payload.host', operator: 'exists', value: true }, cut, { left: 1000 })).toEqual({
      verdict: 'undecided',
      reason:
        'The filter cannot be judged, because the payload was cut or holds too much to search; the event is sent as if it passed.',
    })
  })
})
