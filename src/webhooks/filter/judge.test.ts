import { describe, expect, it, test } from 'vitest'
import type { Effort } from './expression.ts'
import type { Condition, Filter } from './filter.ts'
import { judge } from './judge.ts'
import type { FilterRecord } from './record.ts'

const plenty = (): Effort => ({ left: 1_000_000 })

const payload = {
  host: { name: 'db12', cores: 16, 'os.family': 'linux', tags: ['eu', 'prod', 7], spare: null, disks: [] },
  alerts: [{ state: 'firing', load: 97.5 }, { state: 'resolved' }, 'no object', null],
  flag: false,
}

const event: FilterRecord = {
  service: { id: 'SV1', name: 'Checkout' },
  integration: { id: 'C1', name: 'Prometheus (eu)' },
  team: null,
  schedule: null,
  urgency: 'high',
  labels: { severity: 'warning', 'kubernetes.io/zone': 'eu-1', percent: ' 95.5 ', '': 'nameless', constructor: 'own' },
  payload: () => ({ isWhole: true, json: payload }),
}

const verdictOf = (filter: Filter, record = event) => judge(filter, record, plenty())

describe('a condition', () => {
  test.each<readonly [Filter, boolean]>([
    [{ field: 'service', operator: 'is', value: 'Checkout' }, true],
    [{ field: 'service', operator: 'is', value: 'SV1' }, true],
    [{ field: 'service', operator: 'is', value: 'checkout' }, false],
    [{ field: 'service', operator: 'is_not', value: 'SV1' }, false],
    [{ field: 'service', operator: 'is_not', value: 'SV2' }, true],
    [{ field: 'integration', operator: 'contains', value: '(eu)' }, true],
    [{ field: 'integration', operator: 'matches', value: '^Prom.*eu\\)$' }, true],
    [{ field: 'integration', operator: 'matches', value: '^eu' }, false],
    [{ field: 'team', operator: 'is', value: 'Harbour' }, false],
    [{ field: 'team', operator: 'is_not', value: 'Harbour' }, true],
    [{ field: 'team', operator: 'exists', value: false }, true],
    [{ field: 'schedule', operator: 'exists', value: true }, false],
    [{ field: 'urgency', operator: 'in', value: ['high', 'critical'] }, true],
    [{ field: 'urgency', operator: 'in', value: ['low'] }, false],
    [{ field: 'urgency', operator: 'greater', value: 'medium' }, true],
    [{ field: 'urgency', operator: 'greater', value: 'high' }, false],
    [{ field: 'urgency', operator: 'less', value: 'critical' }, true],
    [{ field: 'severity', operator: 'is', value: 'warning' }, true],
    [{ field: 'labels.severity', operator: 'is', value: 'warning' }, true],
    [{ field: 'labels.kubernetes.io/zone', operator: 'is', value: 'eu-1' }, true],
    [{ field: 'labels.percent', operator: 'greater', value: 95 }, true],
    [{ field: 'labels.percent', operator: 'less', value: 95 }, false],
    [{ field: 'labels.severity', operator: 'greater', value: 0 }, false],
    [{ field: 'labels.toString', operator: 'exists', value: true }, false],
    [{ field: 'labels.constructor', operator: 'is', value: 'own' }, true],
    [{ field: 'payload.host.name', operator: 'is', value: 'db12' }, true],
    [{ field: "payload.host['os.family']", operator: 'is', value: 'linux' }, true],
    [{ field: 'payload["host"].cores', operator: 'is', value: 16 }, true],
    [{ field: 'payload.host.cores', operator: 'is', value: '16' }, true],
    [{ field: 'payload.host.cores', operator: 'greater', value: 15.5 }, true],
    [{ field: 'payload.host.tags', operator: 'is', value: 'prod' }, true],
    [{ field: 'payload.host.tags[2]', operator: 'is', value: 7 }, true],
    [{ field: 'payload.host.tags', operator: 'is_not', value: 'prod' }, false],
    [{ field: 'payload.host.tags[3]', operator: 'exists', value: false }, true],
    [{ field: 'payload.host.spare', operator: 'exists', value: false }, true],
    [{ field: 'payload.host.disks', operator: 'exists', value: true }, true],
    [{ field: 'payload.host', operator: 'exists', value: true }, true],
    [{ field: 'payload.host', operator: 'contains', value: 'db12' }, false],
    [{ field: 'payload.host.__proto__', operator: 'exists', value: true }, false],
    [{ field: 'payload.alerts.state', operator: 'is', value: 'resolved' }, true],
    [{ field: 'payload.alerts[0].state', operator: 'is', value: 'resolved' }, false],
    [{ field: 'payload.alerts.0.state', operator: 'is', value: 'firing' }, true],
    [{ field: 'payload.alerts.load', operator: 'greater', value: 97 }, true],
    [{ field: 'payload.flag', operator: 'is', value: false }, true],
    [{ field: 'payload.flag.deeper', operator: 'exists', value: true }, false],
  ])('%j of the example is %s', (filter, expected) => {
    expect(verdictOf(filter)).toBe(expected ? 'passes' : 'fails')
  })

  it('about what the event is not about is false, but for those that ask for that', () => {
    const nothing: FilterRecord = {
      service: null,
      integration: null,
      team: null,
      schedule: null,
      urgency: null,
      labels: {},
      payload: () => ({ isWhole: true, json: undefined }),
    }
    const about = (operator: 'is' | 'is_not') => verdictOf({ field: 'payload.host', operator, value: 'a' }, nothing)
    expect([about('is'), about('is_not')]).toEqual(['fails', 'passes'])
    expect(verdictOf({ field: 'urgency', operator: 'less', value: 'critical' }, nothing)).toBe('fails')
  })
})

describe('a filter', () => {
  const yes: Filter = { field: 'urgency', operator: 'is', value: 'high' }
  const not: Filter = { field: 'urgency', operator: 'is', value: 'low' }
  const cut: FilterRecord = { ...event, payload: () => ({ isWhole: false }) }
  const unknown: Filter = { field: 'payload.host', operator: 'exists', value: true }

  it('of several lists needs each of them', () => {
    expect(verdictOf({ all: [yes], any: [not, yes], none: [not] })).toBe('passes')
    expect(verdictOf({ all: [yes], any: [not, yes], none: [yes] })).toBe('fails')
    expect(verdictOf({ all: [yes], any: [not, not], none: [not] })).toBe('fails')
    expect(verdictOf({ all: [yes, not], any: [yes], none: [not] })).toBe('fails')
  })

  it('is decided where what cannot be told does not matter', () => {
    expect(verdictOf(unknown, cut)).toBe('undecided')
    expect(verdictOf({ all: [unknown, not] }, cut)).toBe('fails')
    expect(verdictOf({ all: [unknown, yes] }, cut)).toBe('undecided')
    expect(verdictOf({ any: [unknown, yes] }, cut)).toBe('passes')
    expect(verdictOf({ none: [unknown] }, cut)).toBe('undecided')
    expect(verdictOf({ none: [unknown, yes] }, cut)).toBe('fails')
  })

  it('does not read the payload for conditions that are not about it, nor where others have decided', () => {
    const unread: FilterRecord = {
      ...event,
      payload: () => {
        throw new Error('read')
      },
    }
    expect(verdictOf({ all: [yes, not, unknown] }, unread)).toBe('fails')
    expect(verdictOf({ any: [yes, unknown] }, unread)).toBe('passes')
    expect(() => verdictOf(unknown, unread)).toThrow('read')
  })

  it('stops searching where its expressions take too much, and is undecided then', () => {
    const text = 'a'.repeat(100_000)
    const long: FilterRecord = { ...event, payload: () => ({ isWhole: true, json: { text } }) }
    const evil: Filter = { field: 'payload.text', operator: 'matches', value: '(a?){100}b' }
    const effort = plenty()
    expect(judge(evil, long, effort)).toBe('undecided')
    expect(judge({ any: [evil, yes] }, long, effort)).toBe('passes')
    expect(judge({ field: 'payload.text', operator: 'matches', value: 'a$' }, long, effort)).toBe('passes')
    expect(effort.left).toBeLessThan(700_000)
  })

  it('stops looking for a text where that takes too much, as with one that is almost found everywhere', () => {
    const text = 'a'.repeat(1_000_000)
    const long: FilterRecord = { ...event, payload: () => ({ isWhole: true, json: { text } }) }
    const almost = `${'a'.repeat(500)}b${'a'.repeat(499)}`
    expect(verdictOf({ field: 'payload.text', operator: 'contains', value: almost }, long)).toBe('undecided')
    expect(verdictOf({ field: 'payload.text', operator: 'contains', value: 'disk full' }, long)).toBe('fails')
  })

  test.each<Condition>([
    { field: 'payload.list', operator: 'is', value: 'b' },
    { field: 'payload.list', operator: 'in', value: ['b', 'c'] },
    { field: 'payload.list', operator: 'greater', value: 5 },
    { field: 'payload.list', operator: 'exists', value: false },
  ])('stops looking at long lists where that takes too much, and is undecided then: $operator', (condition) => {
    const long: FilterRecord = {
      ...event,
      payload: () => ({ isWhole: true, json: { list: Array.from({ length: 1000 }, () => 'a') } }),
    }
    const effort = plenty()
    const verdicts = Array.from({ length: 300 }, () => judge(condition, long, effort))
    expect([verdicts[0], verdicts[50], verdicts.at(-1)]).toEqual(['fails', 'fails', 'undecided'])
    expect(judge({ field: 'service', operator: 'is', value: 'SV1' }, long, effort)).toBe('passes')
  })

  it('is undecided where a path leads to more than a thousand values', () => {
    const list = (length: number): FilterRecord => ({
      ...event,
      payload: () => ({ isWhole: true, json: { list: Array.from({ length }, () => ({ name: 'a' })) } }),
    })
    const named: Filter = { field: 'payload.list.name', operator: 'is', value: 'a' }
    expect(verdictOf(named, list(1000))).toBe('passes')
    expect(verdictOf(named, list(1001))).toBe('undecided')
  })

  it('of an expression or a field that this version does not know is undecided', () => {
    expect(verdictOf({ field: 'integration', operator: 'matches', value: '(' })).toBe('undecided')
    expect(verdictOf({ field: 'colour', operator: 'is', value: 'red' })).toBe('undecided')
  })
})
