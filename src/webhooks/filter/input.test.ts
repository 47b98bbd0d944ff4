import { describe, expect, it, test } from 'vitest'
import { readFilter } from './input.ts'

const is = (field: string, value: unknown) => ({ field, operator: 'is', value })
const reasonOf = (value: unknown): string => {
  const read = readFilter(value)
  return read.ok ? 'taken' : read.reason
}

describe('a filter', () => {
  it('is taken as it was written', () => {
    const written = {
      all: [
        { field: 'urgency', operator: 'in', value: ['high', 'critical'] },
        { any: [is('service', 'Checkout'), { field: 'payload.alerts[0].load', operator: 'greater', value: 97.5 }] },
      ],
      none: [is('labels.env', 'test')],
    }
    expect(readFilter(written)).toEqual({ ok: true, value: written })
  })

  it('may leave out the value of exists, and write a limit as a text', () => {
    expect(readFilter({ field: 'team', operator: 'exists' })).toEqual({
      ok: true,
      value: { field: 'team', operator: 'exists', value: true },
    })
    expect(readFilter({ field: 'severity', operator: 'less', value: '2.5' })).toEqual({
      ok: true,
      value: { field: 'severity', operator: 'less', value: 2.5 },
    })
  })
})

const eitherForm = 'an object with all, any or none, or one with field, operator and value'
const example = '{"field": "urgency", "operator": "is", "value": "high"}'
const operators = 'is, is_not, in, contains, matches, exists, greater, less'
const fields = 'service, integration, team, schedule, urgency, severity, labels.KEY, payload.PATH'

test.each<readonly [unknown, string]>([
  [[], `A list stands in a group: {"all": [${example}]}.`],
  [[is('team', 'a')], `A list stands in a group: {"all": [${example}]}.`],
  ['urgency', `A filter is ${eitherForm}: ${example}.`],
  [5, `A filter is ${eitherForm}: ${example}.`],
  [{}, `An empty object says nothing: null is no filter. A filter is ${eitherForm}: ${example}.`],
  [{ operator: 'is', value: 'a' }, `field: The name of a field is needed: ${fields}.`],
  [{ all: [{}] }, `all[0]: A condition is needed here, like ${example}, or a group.`],
  [{ or: [] }, `"or" means nothing here: a filter is ${eitherForm}.`],
  [{ all: [], value: 1 }, `"value" means nothing here: a filter is ${eitherForm}.`],
  [{ all: [] }, `all: A list is needed, with at least one condition or group: "all": [${example}].`],
  [{ none: null }, `none: A list is needed, with at least one condition or group: "none": [${example}].`],
  [{ all: [is('team', 'a'), { any: is('team', 'a') }] }, 'all[1].any: A list is needed, also of one: "any": [{...}].'],
  [{ all: [is('team', 'a'), null] }, `all[1]: A condition is needed here, like ${example}, or a group.`],
  [{ all: [[is('team', 'a')]] }, `all[0]: A condition is needed here, like ${example}, or a group.`],
  [
    { all: [is('team', 'a'), { any: [{ field: 'team', operator: 'equals', value: 'a' }] }] },
    `all[1].any[0].operator: There is no operator "equals": it may be ${operators}.`,
  ],
  [
    { field: 'team', operator: 'isnot', value: 'a' },
    `operator: There is no operator "isnot": it may be ${operators}. Is is_not meant?`,
  ],
  [{ field: 'team', value: 'a' }, `operator: An operator is needed: ${operators}.`],
  [{ none: [is('servce', 'a')] }, `none[0].field: There is no field "servce": it may be ${fields}. Is service meant?`],
  [is('labels', 'a'), 'field: A label is named by its key: labels.KEY.'],
  [is('payload', 'a'), 'field: A part of the payload is named by its path: payload.PATH.'],
  ...['payload.', 'payload.a..b', 'payload[x]', "payload['']", 'payload.a[1', 'payload.a]'].map(
    (path): readonly [unknown, string] => [
      is(path, 'a'),
      "field: A path is written like payload.host.name, payload.alerts[0].state or payload.tags['a.b'].",
    ],
  ),
  [is(`payload${'.a'.repeat(21)}`, 'a'), 'field: A path has no more than 20 steps.'],
  [is(`labels.${'a'.repeat(500)}`, 'a'), 'field: A field has no more than 500 characters.'],
  [is('team', null), 'value: Null is no value: "operator": "exists", "value": false asks for what is missing.'],
  [is('team', { id: 1 }), 'value: A text, a number, true or false is needed.'],
  [is('team', undefined), 'value: A text, a number, true or false is needed.'],
  [is('team', Number.POSITIVE_INFINITY), 'value: This number is too large.'],
  [is('team', 'a'.repeat(1001)), 'value: A text has 1000 characters at most.'],
  [is('urgency', 'hihg'), 'value: An urgency is needed: low, medium, high, critical.'],
  [{ field: 'urgency', operator: 'in', value: ['low', 'none'] }, 'value: An urgency is needed: low, medium, high, critical.'],
  [{ field: 'urgency', operator: 'greater', value: 2 }, 'value: An urgency is needed: low, medium, high, critical.'],
  [is('team', ['a']), 'value: One value is needed: for any of a list there is the operator in.'],
  [
    { field: 'team', operator: 'is_not', value: ['a'] },
    'value: One value is needed: for no value of a list, put a condition with the operator in under "none".',
  ],
  [{ field: 'team', operator: 'in', value: 'a' }, 'value: A list is needed: for one value there is the operator is.'],
  [{ field: 'team', operator: 'in', value: [['a']] }, 'value: A text, a number, true or false is needed.'],
  [{ field: 'team', operator: 'in', value: [] }, 'value: A list is needed, with at least one value.'],
  [{ field: 'team', operator: 'in', value: Array.from({ length: 101 }, () => 'a') }, 'value: A list has 100 values at most.'],
  [{ field: 'team', operator: 'contains', value: '' }, 'value: A text is needed that is not empty.'],
  [{ field: 'team', operator: 'matches', value: 7 }, 'value: A text is needed: "7", in quotes.'],
  [{ field: 'team', operator: 'contains', value: ['a'] }, 'value: A text is needed that is not empty.'],
  ...['(', 'a(?=b)', '(a)\\1', '(a{100}){10}'].map((expression): readonly [unknown, string] => [
    { field: 'team', operator: 'matches', value: expression },
    'value: This is no regular expression that RE2 takes, or its repetitions are too many.',
  ]),
  [{ field: 'team', operator: 'matches', value: 'a'.repeat(501) }, 'value: A text has 500 characters at most here.'],
  [{ field: 'team', operator: 'exists', value: 'yes' }, 'value: True or false is needed, without quotes.'],
  [{ field: 'team', operator: 'less', value: 1 }, 'operator: What has a name is neither greater nor less.'],
  [
    { field: 'severity', operator: 'less', value: 'warning' },
    'value: A number is needed. A text is compared by is, in, contains or matches.',
  ],
])('%j is refused with the place of the fault', (value, reason) => {
  expect(reasonOf(value)).toBe(reason)
})

describe('the limits', () => {
  const nested = (depth: number): unknown => (depth === 0 ? is('team', 'a') : { all: [nested(depth - 1)] })

  it('take groups five deep', () => {
    expect(reasonOf(nested(5))).toBe('taken')
    expect(reasonOf(nested(6))).toBe(
      'all[0].all[0].all[0].all[0].all[0]: Groups stand within each other 5 deep at most: put these conditions into a group further out.',
    )
  })

  it('take fifty conditions in all groups together', () => {
    const some = (count: number) => ({ any: Array.from({ length: count }, () => is('team', 'a')) })
    expect(reasonOf({ all: [some(25), some(25)] })).toBe('taken')
    expect(reasonOf({ all: [some(25), some(26)] })).toBe('all[1].any[25]: A filter has 50 conditions at most.')
  })

  it('take expressions as large as some large ones together', () => {
    const large = (count: number) => ({
      any: Array.from({ length: count }, () => ({ field: 'team', operator: 'matches', value: '[a-z]{240}' })),
    })
    expect(reasonOf(large(4))).toBe('taken')
    expect(reasonOf(large(5))).toBe('any[4].value: The expressions are too large together.')
  })
})
