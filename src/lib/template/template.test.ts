import { describe, expect, it, test } from 'vitest'
import { dictOf } from '../jinja/dict.ts'
import { lazyDict, lazyList } from '../jinja/lazy.ts'
import { instant } from '../time.ts'
import { jsonData, objectOf, plainData, type TemplateData } from './data.ts'
import {
  isTrueForAlert,
  isTrueForWebhook,
  judgeForAlert,
  readTemplate,
  renderTemplate,
  resultMax,
  templateFault,
  templateMax,
  titleMax,
} from './template.ts'

const now = instant(Date.parse('2024-03-07T10:15:30.250Z'))

function outcome(template: string, data: TemplateData, lengthMax = resultMax): string {
  const read = readTemplate(template)
  if (!read.ok) return read.reason.text
  const rendered = renderTemplate(read.value, { data, now, random: () => 0.99, isLate: () => false, lengthMax })
  return rendered.ok ? rendered.value : rendered.reason.text
}

const object = (value: unknown) => objectOf(JSON.stringify(value))
const none = plainData(object({}))

describe('failures have the words of the contract', () => {
  const data = plainData(object({ a: 1, d: {}, t: 'text' }))

  it.each([
    ['{{ }}', "Template Error: Expected an expression, got 'end of print statement'"],
    ['{{ a | invalid }}', "Template Error: No filter named 'invalid'."],
    ['{{ a | to_json }}', "Template Error: No filter named 'to_json'."],
    ['{{ a is wrong }}', "Template Error: No test named 'wrong'."],
    ['{{ range(3) }}', "Template Error: use of 'range' is restricted"],
    ['{{ missing | tojson }}', 'Template Warning: Object of type Undefined is not JSON serializable'],
    ['{{ d.x.y }}', "Template Warning: 'dict object' has no attribute 'x'"],
    ['{{ missing.x }}', "Template Warning: 'missing' is undefined"],
    ["{{ t | regex_match('(') }}", 'Template Error: missing ) at position 1'],
    ["{{ t | regex_replace('a(', '') }}", 'Template Error: missing ) at position 2'],
    ["{{ t | regex_search('(?=x)') }}", expect.stringMatching(/^Template Error: invalid or unsupported Perl syntax/)],
    ["{{ time() | datetimeformat_as_timezone('%H', 'Mars/Phobos') }}", "Template Error: unknown time zone 'Mars/Phobos'"],
    ['{{ 1 / 0 }}', 'Template Error: division by zero'],
    ["{{ '%(a)s' | format(b=1) }}", "Template Warning: 'a'"],
    ['{{ t + 1 }}', 'Template Warning: can only concatenate str (not "int") to str'],
    ["{{ '{:d}'.format(t) }}", "Template Warning: Unknown format code 'd' for object of type 'str'"],
  ])('%s', (template, text) => {
    expect(outcome(template, data)).toEqual(text)
  })

  it('and say in which line', () => {
    const wrong = readTemplate('\n\n{% if x %}\n{{ }}')
    expect(wrong).toMatchObject({ ok: false, reason: { line: 4, isWarning: false } })
    const read = readTemplate('{{ 1 }}\n{% if true %}\n\n{{ missing.x }}{% endif %}')
    const world = { now, random: () => 0, isLate: () => false, lengthMax: 100 }
    expect(read.ok && renderTemplate(read.value, { data: none, ...world })).toMatchObject({
      ok: false,
      reason: { line: 4, isWarning: true },
    })
  })
})

describe('what is not there prints nothing, and is a warning when it is used', () => {
  it.each([
    ['[{{ missing }}]', '[]'],
    ['[{{ d.missing }}]', '[]'],
    ['[{{ nothing.x }}]', '[]'],
    ['{{ nothing }} {{ yes }} {{ number }} {{ d }}', "None True 1.50 {'a': 1}".replace('1.50', '1.5')],
    ['{{ whole }} {{ float }}', '1 1.0'],
    ['{{ d.missing.x }}', "Template Warning: 'dict object' has no attribute 'missing'"],
  ])('%s', (template, text) => {
    const data = objectOf('{"d": {"a": 1}, "nothing": null, "yes": true, "number": 1.50, "whole": 1, "float": 1.0}')
    expect(outcome(template, plainData(data))).toBe(text)
  })
})

test('time() is now, in UTC', () => {
  expect(outcome('{{ time() }}', none)).toBe('2024-03-07 10:15:30.250000+00:00')
  expect(outcome('{{ time() | datetimeformat }} {{ time().timestamp() }}', none)).toBe('10:15 / 07-03-2024 1709806530.25')
})

test('random picks by the randomness that it is given', () => {
  expect(outcome("{{ ['a', 'b', 'c'] | random }}{{ [] | random }}", none)).toBe('c')
})

describe('lengths are in characters', () => {
  const smileys = (count: number): string => '😀'.repeat(count)

  it('a template may be just so long', () => {
    expect(outcome(smileys(templateMax), none)).toBe(smileys(templateMax))
    expect(outcome(smileys(templateMax + 1), none)).toBe('Template Error: Template exceeds length limit (50001 > 50000)')
  })

  it('a result that is longer is cut', () => {
    expect(outcome("{{ 'ab' * 25000 }}", none)).toBe('ab'.repeat(25_000))
    expect(outcome("{{ 'ab' * 25000 }}c", none)).toBe(`${'ab'.repeat(25_000)}..`)
    expect(outcome("{{ '😀' * 501 }}", none, titleMax)).toBe(`${smileys(500)}..`)
  })
})

describe('a template that writes JSON', () => {
  const text = 'say "hi"\n\tC:\\temp é \u0001'
  const data = jsonData(
    object({ payload: { text, list: [text], plain: 'x', key: { 'a"b': 'c' } }, raw: '{"a": "b\\n"}', n: null }),
  )

  it('has texts that fit between quotes, and says None as it is', () => {
    expect(JSON.parse(outcome('{"t": "{{ payload.text }}", "l": "{{ payload.list[0] }}"}', data))).toEqual({ t: text, l: text })
    expect(outcome('{{ payload.text }}', data)).toBe('say \\"hi\\"\\n\\tC:\\\\temp é \\u0001')
    expect(outcome('{{ n }}', data)).toBe('None')
  })

  it('prints dicts and lists, and names of members, so that they fit between quotes, too', () => {
    expect(outcome('{{ payload.key }} {{ [payload.key] }}', data)).toBe(`{'a\\"b': 'c'} [{'a\\"b': 'c'}]`)
    expect(outcome('{% for name in payload.key %}{{ name }}{% endfor %}', data)).toBe('a\\"b')
  })

  it.each([
    [String.raw`{{ x | replace('\\', '') }}`, '","admin":true,"b":"'],
    ['{{ x | reverse }}', '"\\:"b",eurt:"nimda","'],
    ['{{ x[:1] }}{{ x[1:] }}', '","admin":true,"b":"'],
    ["{{ x | regex_replace('[^a-z:,\"]', '') }}", '","admin":true,"b":"'],
  ])('lets no text out of its quotes: {"a": "%s"}', (template, x) => {
    const rendered = outcome(`{"a": "${template}"}`, jsonData(object({ x })))
    expect(Object.keys(Object(JSON.parse(rendered)))).toEqual(['a'])
  })

  it('lets filters see texts as they are, so that nothing is cut within an escape', () => {
    const template =
      '["{{ payload.text[:5] }}", "{{ payload.text | upper }}", {{ payload.text | length }}, "{{ payload.text | wordwrap(8) }}"]'
    const texts = ['say "', 'SAY "HI"\n\tC:\\TEMP É \u0001', 21, 'say "hi"\n\tC:\\temp\né \u0001']
    expect(JSON.parse(outcome(template, data))).toEqual(texts)
    expect(outcome(String.raw`{{ payload.text == 'say "hi"\n\tC:\\temp é \x01' }} {{ '"' in payload.text }}`, data)).toBe(
      'True True',
    )
  })

  it.each(['tojson', 'tojson_pretty', 'json_dumps'])('escapes once with %s, too', (filter) => {
    expect(JSON.parse(outcome(`{"t": {{ payload.text | ${filter} }}}`, data))).toEqual({ t: text })
    expect(JSON.parse(outcome(`{{ payload | ${filter} }}`, data))).toEqual({
      text,
      list: [text],
      plain: 'x',
      key: { 'a"b': 'c' },
    })
  })

  it('also escapes once what was put together or changed', () => {
    expect(JSON.parse(outcome("{{ (payload.plain ~ ': ' ~ payload.text) | tojson }}", data))).toBe(`x: ${text}`)
    expect(JSON.parse(outcome("{{ payload.text | replace('hi', 'ho') | tojson }}", data))).toBe(text.replace('hi', 'ho'))
  })

  it.each([
    [String.raw`{{ 'C:\\new' | tojson }}`, String.raw`"C:\\new"`],
    [`{{ '"' ~ payload.text[:8] ~ '"' }}`, String.raw`"say \"hi\""`],
    [`{% set object = '{"a": "%s"}' %}{{ object % payload.text[:8] }}`, String.raw`{"a": "say \"hi\""}`],
    [`{% macro m(x) %}{"m": "{{ x }}"}{% endmacro %}{{ m(payload.text[4:8]) | replace('m', '"') }}`, String.raw`{""": "\"hi\""}`],
    [`{% set list %}["{{ payload.text[4:8] }}", ]{% endset %}{{ list[:-3] ~ ']' }}`, String.raw`["\"hi\""]`],
    [String.raw`{{ payload.text[:10] | replace('"', "\\'") | replace('\t', '\\n') }}`, String.raw`say \'hi\'\n\n`],
    [`{{ payload.text | regex_replace('(?s)^say "(.*)".*$', '"\\\\1"') }}`, '"hi"'],
  ])('leaves alone what it writes out itself, and nothing else: %s', (template, written) => {
    expect(outcome(template, data)).toBe(written)
  })

  it.each([
    ['split', String.raw`.split('\\n') | join(' / ')`],
    ['replace', String.raw` | replace('\\n', ' / ')`],
    ['the method of that name', String.raw`.replace('\\n', ' / ')`],
  ])('finds the escapes that it looks for with %s', (_way, changed) => {
    const texts = object({ lines: 'one "1"\ntwo', literal: String.raw`one\ntwo` })
    const template = `{{ lines${changed} }} {{ literal${changed} }}`
    expect(outcome(template, jsonData(texts))).toBe(String.raw`one \"1\" / two one / two`)
    expect(outcome(template, plainData(texts))).toBe('one "1"\ntwo one / two')
  })

  it('finds escapes in data only, not what it has written itself', () => {
    const kept = String.raw`{% set kept %}"{{ x }}",
{% endset %}{{ kept | replace('\\n', ';') | replace('\\"', "'") }} {{ kept.split('\\n', 1) | join('|') }}`
    expect(outcome(kept, jsonData(object({ x: 'a\n"b"' })))).toBe(`"a;'b'",\n "a|\\"b\\"",\n`)
  })

  it('reads JSON that it has put together as it would be sent, so that no text of the data adds to it', () => {
    const evil = jsonData(object({ x: 'a", "b": "c', raw: `{'n': "it's"}` }))
    expect(outcome(`{{ ('{"a": "' ~ x ~ '"}') | parse_json | tojson }}`, evil)).toBe(String.raw`{"a": "a\", \"b\": \"c"}`)
    expect(outcome(`{{ (raw | replace("{'n'", '{"n"') | parse_json).n }}`, evil)).toBe("it's")
  })

  it.each([
    ['parse_json', JSON.stringify({ path: 'C:\\new "x"\n' }), '(raw | parse_json).path'],
    ['parse_json within lists', JSON.stringify([[{ a: ['C:\\new "x"\n'] }]]), '(raw | parse_json)[0][0].a[0]'],
    [
      'b64decode of wrapped lines',
      Buffer.from('C:\\new "x"\n')
        .toString('base64')
        .replace(/(.{4})/g, '$1\r\n'),
      'raw | b64decode',
    ],
    ['b64decode', Buffer.from('C:\\new "x"\n').toString('base64'), 'raw | b64decode'],
  ])('has texts from %s that fit between quotes, and are escaped once as JSON', (_filter, raw, expression) => {
    const rendered = outcome(`["{{ ${expression} }}", {{ (${expression}) | tojson }}]`, jsonData(object({ raw })))
    expect(JSON.parse(rendered)).toEqual(['C:\\new "x"\n', 'C:\\new "x"\n'])
  })

  it('is not what URLs and triggers are: these see texts as they are', () => {
    const plain = plainData(object({ payload: { text } }))
    expect(outcome('{{ payload.text }}', plain)).toBe(text)
    expect(JSON.parse(outcome('{{ payload.text | tojson }}', plain))).toBe(text)
  })
})

describe('what a template does not look at', () => {
  const untouched = {
    dict: lazyDict(() => expect.unreachable('nobody looks at it')),
    list: lazyList(() => expect.unreachable('nobody looks at it')),
  }
  const seen = dictOf([
    ['inner', dictOf(Object.entries(untouched))],
    ['title', 'Disk "full"'],
  ])

  it.each([
    ['as it is', plainData, 'Disk "full" True True'],
    ['escaped', jsonData, 'Disk \\"full\\" True True'],
  ])('is not copied %s, since it may be megabytes', (_how, dataOf, text) => {
    expect(outcome('{{ title }} {{ inner.dict is mapping }} {{ inner.list is sequence }}', dataOf(seen))).toBe(text)
  })
})

describe('the JSON of what several templates see', () => {
  const seen = object({ payload: { b: [1, { c: 'é <"x">' }], a: {} } })
  const whole = String.raw`{"a": {}, "b": [1, {"c": "\u00e9 \u003c\"x\"\u003e"}]}`

  it.each([
    ['is the same each time', '{{ payload | tojson }}', whole],
    [
      'is the same beside other forms of it',
      '{{ payload | json_dumps }} {{ payload | tojson }}',
      expect.stringMatching(/^\{"b": .* \{"a": \{\}/),
    ],
    [
      'has lines where it is asked for them',
      '{{ payload.a | tojson(2) }}{{ payload.b | tojson(1) }}',
      expect.stringMatching(/^\{\}\[\n 1,\n \{/),
    ],
    ['says what the template has changed', '{% set _ = payload.update({"b": 2}) %}{{ payload | tojson }}', '{"a": {}, "b": 2}'],
    [
      'says what it has changed inside',
      '{% set _ = payload.b.append(2) %}{{ payload.b | tojson }}',
      expect.stringMatching(/, 2\]$/),
    ],
    [
      'says it also where it was asked before',
      '{{ payload | tojson }}{% set _ = payload.update({"b": 2}) %} {{ payload | tojson }}',
      `${whole} {"a": {}, "b": 2}`,
    ],
    ['is not what another template has changed', '{{ payload | tojson }}', whole],
  ])('%s', (_what, template, text) => {
    expect(outcome(template, plainData(seen))).toEqual(text)
  })

  it('takes as many steps when it is known as when it is not', () => {
    const steps = (payload: object): readonly number[] => {
      const read = readTemplate('{{ payload | tojson | length }}')
      const data = object({ payload })
      const judge = () =>
        read.ok && judgeForAlert(read.value, { data: plainData(data), now, random: () => 0, stepsMax: 100_000 }).steps
      return [Number(judge()), Number(judge())]
    }
    const [first, second] = steps({ list: Array.from({ length: 500 }, (_, index) => ({ index })) })
    expect(first).toBeGreaterThan(1000)
    expect(second).toBe(first)
  })

  it('is refused where it is nested too deep for one of them', () => {
    const deep = object({ payload: JSON.parse(`${'['.repeat(350)}${']'.repeat(350)}`) })
    const within = (levels: number) =>
      `${'{% if true %}'.repeat(levels)}{{ payload | tojson | length }}${'{% endif %}'.repeat(levels)}`
    expect(outcome(within(1), plainData(deep))).toBe('700')
    expect(outcome(within(90), plainData(deep))).toContain('nested more than 400 levels deep')
  })
})

describe('what is wrong with a template that is saved', () => {
  it.each([
    ['{{ alert_payload.anything }} {{ alert_payload["x"] }} {{ alert_group_id }}', null],
    ['{{ alert_payload.labels.severity }}', null],
    ['{{ alert_group.title }} {{ 1 + "a" }}', null],
    ['{{ nothing | tojson }}', null],
    ["{{ alert_payload.get('x') }}{{ 'x' in alert_payload }}", null],
    ['{{ }}', "Template Error: Expected an expression, got 'end of print statement'"],
    ['{{ alert_payload | to_json }}', "Template Error: No filter named 'to_json'."],
    ['{% for x in range(3) %}{% endfor %}', "Template Error: use of 'range' is restricted"],
    ["{{ ''.__class__.__mro__ }}", "Template Error: access to attribute '__class__' of 'str' object is unsafe."],
    ["{% include 'x' %}", "Template Error: 'include' is not available: there are no other templates"],
    ['x'.repeat(50_001), 'Template Error: Template exceeds length limit (50001 > 50000)'],
  ])('%s', (template, text) => {
    expect(templateFault(template)?.text ?? null).toBe(text)
  })
})

test('a trigger says yes with one of two words, and nothing around them', () => {
  expect(['true', 'True', '1', 'TRUE'].map(isTrueForWebhook)).toEqual([true, true, true, true])
  expect(['', ' True', 'true\n', 'ok', 'yes', '01', '1.0'].map(isTrueForWebhook)).toEqual(Array(7).fill(false))
})

test('a route says yes with one of three words, with blanks around them or not', () => {
  expect(['true', ' True\n', '1', 'OK'].map(isTrueForAlert)).toEqual([true, true, true, true])
  expect(['', 'yes', 'false', 'None', 'true false'].map(isTrueForAlert)).toEqual(Array(5).fill(false))
})

test('a time of another zone is told by its rules, however far ahead', () => {
  const data = plainData(object({ t: '2900-07-01T12:00:00Z' }))
  expect(outcome("{{ t | iso8601_to_time | datetimeformat_as_timezone('%H:%M %Z', 'europe/berlin') }}", data)).toBe('14:00 CEST')
})

test('what is nested deeply is a failure only where it is looked at, and a number that is too long is a text', () => {
  const deep = `${'['.repeat(500)}${']'.repeat(500)}`
  const data = plainData(objectOf(`{"title": "Disk full", "payload": {"deep": ${deep}, "long": ${'9'.repeat(5000)}}}`))
  expect(outcome('{{ title }} {{ payload.deep[0][0] is sequence }}', data)).toBe('Disk full True')
  expect(outcome('{{ payload.deep }}', data)).toMatch(/^Template Error: .*nested/)
  expect(outcome('{{ payload | tojson }}', data)).toMatch(/^Template Error: .*nested/)
  expect(outcome('{{ payload.long }}', data)).toBe('9'.repeat(5000))
  expect(outcome('{{ payload.long > 7 }}', data)).toMatch(/^Template Warning: '>' not supported/)
})
