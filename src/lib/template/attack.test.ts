import { describe, expect, it } from 'vitest'
import { instant } from '../time.ts'
import { objectOf, plainData } from './data.ts'
import { readTemplate, renderTemplate, resultMax, templateLimits } from './template.ts'

const data = plainData(
  objectOf(
    JSON.stringify({
      x: 'text',
      n: 5,
      xs: [1, 2, 3],
      long: 'a'.repeat(20_000),
      many: Array.from({ length: 2000 }, (_item, index) => index),
      payload: { a: { b: 'c' }, constructor: 'own', length: 7 },
    }),
  ),
)

/** The text or the failure, whatever a template tries. */
function outcome(template: string): string {
  const read = readTemplate(template)
  if (!read.ok) return read.reason.text
  const world = { now: instant(0), random: () => 0.5, isLate: () => false }
  const rendered = renderTemplate(read.value, { data, ...world, lengthMax: resultMax })
  return rendered.ok ? rendered.value : rendered.reason.text
}

const steps = `Template Error: The template takes more than ${templateLimits.stepsMax} steps`
const memory = `Template Error: The template takes more than ${templateLimits.memoryMax} bytes of memory`
const depth = `Template Error: The template is nested more than ${templateLimits.depthMax} levels deep`
const levels = 'Template Error: too many levels within each other'
const unsafe = (name: string, type: string): string =>
  `Template Error: access to attribute '${name}' of '${type}' object is unsafe.`
const noAttribute = (name: string, type: string): string => `Template Warning: '${type} object' has no attribute '${name}'`

describe('no way leads out of a template', () => {
  it.each([
    // What JavaScript would hand out.
    ["{{ x.constructor.constructor('return process')() }}", noAttribute('constructor', 'str')],
    ["{{ xs['constructor']['constructor']('return 1')() }}", noAttribute('constructor', 'list')],
    ["{{ n.constructor('return 1') }}", noAttribute('constructor', 'int')],
    ['{{ {}.constructor.name }}', noAttribute('constructor', 'dict')],
    ['{{ payload.constructor }}', 'own'],
    ['{{ payload.length }} {{ payload.a.length }}', '7 '],
    ['{{ x.length }}{{ xs.length }}', ''],
    ['{{ {}.__proto__ }}{{ xs.__proto__ }}{{ x.prototype }}', ''],
    ['{{ {}.__proto__.polluted }}', noAttribute('__proto__', 'dict')],
    ["{% set _ = payload.update({'__proto__': {'polluted': 1}}) %}{{ {}.polluted }}", ''],
    ["{% set d = {} %}{% set _ = d.update({'__proto__': 5}) %}{{ d }} {{ {}.__proto__ }}", "{'__proto__': 5} "],
    ["{{ {'__proto__': {'x': 1}}.x }}", ''],
    ['{{ dict(__proto__=1, constructor=2) }} {{ dict(__proto__=1).hasOwnProperty }}', "{'__proto__': 1, 'constructor': 2} "],
    ['{{ x.toString() }}', noAttribute('toString', 'str')],
    ['{{ xs.valueOf() }}', noAttribute('valueOf', 'list')],
    ['{{ x.at(0) ~ x.codePointAt(0) }}', noAttribute('at', 'str')],
    ["{{ xs.map('upper') }}", noAttribute('map', 'list')],
    ['{{ xs.__defineGetter__ }}{{ {}.__lookupGetter__ }}{{ x.hasOwnProperty }}', ''],
    ['{{ cycler.constructor }}{{ joiner.prototype }}{{ namespace.bind }}{{ dict.call }}', ''],
    ['{{ time.apply(1) }}', noAttribute('apply', 'builtin_function_or_method')],
    ['{{ x.upper.call() }}', noAttribute('call', 'builtin_function_or_method')],
    ["{{ xs | map(attribute='constructor') | list }}", '[Undefined, Undefined, Undefined]'],
    ["{{ x | attr('constructor') }}{{ x | attr('__proto__') }}", ''],
    ["{{ [x] | map(attribute='__proto__.constructor') | list }}", noAttribute('__proto__', 'str')],
    ['{{ process }}{{ globalThis }}{{ require }}{{ module }}{{ Symbol }}{{ Object }}{{ this }}', ''],
    ["{{ xs['Symbol(Symbol.iterator)'] }}{{ xs['@@iterator'] }}", ''],
    ['{% set constructor = 5 %}{% set toString = 6 %}{{ constructor }}{{ toString }}', '56'],
    ["{{ {'get': 1}.get }}", '<built-in method get of dict object>'],
    ["{{ ''|hasOwnProperty }}", "Template Error: No filter named 'hasOwnProperty'."],
    ["{{ ''|constructor }}", "Template Error: No filter named 'constructor'."],
    ["{{ '' is __proto__ }}", "Template Error: No test named '__proto__'."],
    ["{{ xs | map('constructor') | list }}", "Template Error: No filter named 'constructor'."],
    ["{{ xs | select('toString') | list }}", "Template Error: No test named 'toString'."],
    ["{{ 'x' | map(attribute='x') | attr('items') }}", ''],
    // What Python would hand out.
    ['{{ x.__class__.__mro__ }}', unsafe('__class__', 'str')],
    ["{{ x['__class__']['__mro__'] }}", unsafe('__class__', 'str')],
    ["{{ (x | attr('__class__')).__mro__ }}", unsafe('__class__', 'str')],
    ['{{ self.__init__.__globals__ }}', unsafe('__init__', 'TemplateReference')],
    ['{{ cycler.__init__.__globals__.os }}', unsafe('__init__', 'type')],
    ['{{ joiner.__init__.__globals__ }}', unsafe('__init__', 'type')],
    ["{{ cycler('a').__class__.__base__ }}", unsafe('__class__', 'Cycler')],
    ['{{ lipsum.__globals__.os }}', unsafe('__globals__', 'builtin_function_or_method')],
    ['{{ range.__self__ }}', ''],
    ["{{ '{0.__class__}'.format(x) }}|{{ '{0.__class__.__mro__}'.format(x) }}", unsafe('__class__', 'str')],
    ["{{ '{a[__class__]}'.format(a=payload) }}", ''],
    ["{{ '{0.constructor.constructor}'.format(x) }}", noAttribute('constructor', 'str')],
    ["{{ '%(constructor)s' | format(a=1) }}", "Template Warning: 'constructor'"],
    ['{% macro m() %}{% endmacro %}{{ m.__call__.x }}{{ m._invoke }}', unsafe('__call__', 'Macro')],
    ['{% for a in xs %}{{ loop.__class__.x }}{% endfor %}', unsafe('__class__', 'LoopContext')],
    ['{{ missing.__class__ }}', ''],
    ['{{ x.format.__self__ }}{{ x.join.__name__ }}', ''],
    ['{{ [].__class__.__base__.__subclasses__() }}', unsafe('__class__', 'list')],
    // Other templates and the world.
    ["{% include '/etc/passwd' %}", "Template Error: 'include' is not available: there are no other templates"],
    ["{% import 'x' as y %}", "Template Error: 'import' is not available: there are no other templates"],
    ["{% from 'x' import y %}", "Template Error: 'from' is not available: there are no other templates"],
    ["{% extends 'x' %}", "Template Error: 'extends' is not available: there are no other templates"],
    ['{{ range(10**9) }}', "Template Error: use of 'range' is restricted"],
    ['{% set xs.length = 0 %}', 'Template Error: cannot assign attribute on non-namespace object'],
    ['{% set ns = namespace() %}{% set ns.__proto__ = xs %}{{ ns.__proto__ }}{{ ns.x }}', '[1, 2, 3]'],
  ])('%s', (template, expected) => {
    expect(outcome(template)).toBe(expected)
  })
})

const doubling = "{% set s = namespace(v='ab') %}{% for a in many %}{% set s.v = s.v ~ s.v %}{% endfor %}{{ s.v | length }}"
const nested = '{% set ns = namespace(v=[]) %}{% for a in many %}{% set ns.v = [ns.v] %}{% endfor %}'

describe('no template takes more than it may', () => {
  it.each([
    ['{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}', steps],
    ['{% for a in many %}{% for b in many %}{{ b }}{% endfor %}{% endfor %}', steps],
    ['{{ many | map("string") | map("upper") | join * 200000 }}', memory],
    ["{{ 'x' * 10**12 }}", memory],
    ["{{ 10**12 * 'x' }}", memory],
    ['{{ [0] * 10**12 }}', memory],
    ['{{ (0,) * 10**9 }}', memory],
    ["{{ 'x'.center(10**12) }}", memory],
    ["{{ 'x' | center(10**9) }}", memory],
    ["{{ 'x'.ljust(10**9) }}{{ 'x'.rjust(10**9) }}", memory],
    ["{{ 'x'.zfill(10**9) }}", memory],
    ["{{ '\\t'.expandtabs(10**9) }}", memory],
    ["{{ 'x' | indent(10**9) }}", memory],
    ["{{ '%1000000000d' | format(1) }}", memory],
    ["{{ '%*d' | format(10**9, 1) }}", memory],
    ["{{ '{:>1000000000}'.format(1) }}", memory],
    ["{{ '{:{}}'.format(1, 10**9) }}", memory],
    ["{{ '%.1000000000f' | format(1.5) | length }}", '1102'],
    ["{{ 'a'.replace('', 'x' * 1000000).replace('x', 'y' * 1000) }}", memory],
    ["{{ long.replace('a', long) }}", memory],
    ['{{ many | join(long) }}', steps],
    ["{{ long.join(many | map('string')) }}", steps],
    [doubling, memory],
    ['{% set ns = namespace(v=[1]) %}{% for a in many %}{% set ns.v = ns.v + ns.v %}{% endfor %}', steps],
    ['{% set ns = namespace(v=[1]) %}{% for a in many %}{% set _ = ns.v.extend(ns.v) %}{% endfor %}', steps],
    ['{{ 10**(10**10) }}', 'Template Error: A whole number is too large'],
    [
      '{% set ns = namespace(v=3) %}{% for a in many %}{% set ns.v = ns.v * ns.v %}{% endfor %}',
      'Template Error: A whole number is too large',
    ],
    ['{{ 2**20000 }}', expect.stringMatching(/^Template Warning: Exceeds the limit \(4300 digits\)/)],
    ["{{ ('9' * 5000) | int }}", '0'],
    ['{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', depth],
    ['{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}', depth],
    [
      '{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ caller() }}{% endcall %}',
      'Template Warning: No caller defined',
    ],
    ['{% block a %}{{ self.a() }}{% endblock %}', depth],
    ['{% for a in xs recursive %}{{ loop(xs) }}{% endfor %}', depth],
    ['('.repeat(5000), '('.repeat(5000)],
    [`{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`, levels],
    [`{{ ${'['.repeat(5000)}${']'.repeat(5000)} }}`, levels],
    [`{{ ${'not '.repeat(9000)}1 }}`, levels],
    [`{{ ${'-'.repeat(9000)}1 }}`, levels],
    [`{{ 1${' if 1 else 1'.repeat(2000)} }}`, levels],
    [`{{ 1${'+1'.repeat(20_000)} }}`, depth],
    [`{{ x${'.a'.repeat(20_000)} }}`, depth],
    [`{{ x${'|e'.repeat(20_000)} }}`, depth],
    [`{{ x${' or x'.repeat(9000)} }}`, depth],
    [`{{ x${'[0]'.repeat(9000)} }}`, depth],
    [`{% if 1 %}${'{% if 1 %}'.repeat(3000)}`, levels],
    [`${nested}{{ ns.v }}`, depth],
    [`${nested}{{ ns.v | tojson }}`, depth],
    [`${nested}{{ ns.v | pprint }}`, depth],
    [`${nested}{{ ns.v == [ns.v] }}`, depth],
    [`${nested}{{ ns.v < [ns.v] }}`, depth],
    ['{% set l = [] %}{% set _ = l.append(l) %}{{ l }}', depth],
    ['{% set d = {} %}{% set _ = d.update(a=d) %}{{ d | tojson }}', depth],
    ['{% set l = [1] %}{% for a in l %}{% set _ = l.append(1) %}{% endfor %}{{ l | length }}', '2'],
    ["{{ long | regex_replace('(a*)*$', 'b') | length }}", expect.stringMatching(/^\d+$/)],
    ["{{ long | regex_search('(a+)+b') }}", 'False'],
    ["{{ long | regex_match('(a|a)*b') }}", 'False'],
    ["{{ long | regex_search('(a?){500}a{500}') }}", steps],
    ["{{ long | regex_search('((a{1,100}){1,100}){1,100}') }}", expect.stringMatching(/^Template Error/)],
    ["{{ 'x' | regex_search('(' * 2000) }}", 'Template Error: A regular expression is longer than 1000 characters'],
    ['{{ many | sort | sort | sort | sort | sort | list | length }}', '2000'],
    ['{% for a in many %}{{ many | sort }}{% endfor %}', steps],
    ['{% for a in many %}{{ long | upper | length }}{% endfor %}', steps],
    ['{% for a in many %}{{ long in long }}{% endfor %}', steps],
    ['{% for a in many %}{{ long | e | urlencode | wordcount }}{% endfor %}', steps],
    ['{% for a in many %}{{ long }}{% endfor %}', expect.stringMatching(/^Template Error: The text is longer than/)],
    ['{{ lipsum(10**9) }}', memory],
    ['{% set l = [0] * 160000 %}{% set _ = l.extend(l) %}{{ l | length }}', '320000'],
    ['{% set l = [0] * 150000 %}{% set _ = l.sort() %}{{ l | length }}', '150000'],
    ['{% macro m() %}{{ varargs | length }}{% endmacro %}{{ m(*[0] * 140000) }}', '140000'],
    ["{% set s = '😀' * 20000 %}{% for a in many %}{% for b in many %}{% set c = s[5] %}{% endfor %}{% endfor %}", steps],
    ["{% set s = '😀' * 200000 %}{% for a in many %}{% for b in many %}{% set c = s | length %}{% endfor %}{% endfor %}", steps],
    ['{% set i = 7**5000 %}{% for a in many %}{% for b in many %}{% set c = i | string %}{% endfor %}{% endfor %}', steps],
    ['{% set i = 7**7000 %}{% for a in many %}{% for b in many %}{% set c = i // 3**5000 %}{% endfor %}{% endfor %}', steps],
    ["{% set s = 'z' * 4300 %}{% for a in many %}{% for b in many %}{% set c = s | int(0, 36) %}{% endfor %}{% endfor %}", steps],
    ["{% for a in many %}{% for b in many %}{% set c = '%.1100f' | format(1e-300) %}{% endfor %}{% endfor %}", steps],
    ["{% for a in many %}{{ ('a' * 20000) | wordwrap(1) | length }}{% endfor %}", steps],
    ["{% for a in many %}{{ ('-' * 20000) | wordwrap(1) | length }}{% endfor %}", steps],
    ["{% for a in many %}{{ 'x' | regex_search('[a-z0-9]{1,500}') }}{% endfor %}", steps],
    ['{{ many | batch(10**9, 0) | list }}', memory],
    ['{{ many | slice(10**9) | list }}', memory],
    ["{{ dict(many | map('string') | batch(2)) | length }}", '1000'],
    [`{% set s = ('"' ~ x) * 3000000 %}{{ s == x }}`, 'False'],
    [`{% set s = ('"' ~ x) * 800000 %}{{ s }}`, expect.stringMatching(/^("text){10000}\.\.$/)],
    [`{% set s = ('"' ~ x) * 3000000 %}{{ s | replace('"', '') | length }}`, steps],
    [`{% set s = '"' * 100000 %}{% for a in many %}{{ (s ~ x) | upper | length }}{% endfor %}`, steps],
    [
      `{% macro m() %}${'"\\'.repeat(10_000)}{% endmacro %}{% for a in many %}{% set c = m() %}{% endfor %}`,
      expect.stringMatching(/longer/),
    ],
    ['{{ 10**-400 }} {{ 1e308 * 10 }}', '0.0 inf'],
    ['{{ long | wordwrap(1) | length }}', '39999'],
    [
      "{{ ('<' * 20000) | striptags | length }} {{ ('<!--' * 9000) | striptags | length }} {{ ('&' * 20000) | urlize | length }}",
      expect.stringMatching(/^\d+ \d+ \d+$/),
    ],
    ["{{ ('(' * 9000 ~ 'www.x.com') | urlize | length }}", expect.stringMatching(/^\d+$/)],
    ["{{ ('a' * 9000) | datetimeparse('%Y' * 3000) }}{{ 'x' | datetimeparse(' %d ' * 100) }}", 'NoneNone'],
    ["{{ ('[' * 50000) | parse_json }}", 'None'],
    ["{{ ('[1,' * 150 ~ '1' ~ ']' * 150) | parse_json | tojson | length }}", expect.stringMatching(/^\d+$/)],
  ])('%s', (template, expected) => {
    const begun = process.cpuUsage()
    expect(outcome(template)).toEqual(expected)
    const { user, system } = process.cpuUsage(begun)
    // On a machine of its own, the slowest of these takes some 300 ms.
    expect((user + system) / 1000).toBeLessThan(5000)
  })
})

it('a render ends when it is late, wherever it is', () => {
  const read = readTemplate('{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}')
  let asked = 0
  const isLate = (): boolean => (asked += 1) > 3
  const rendered = read.ok
    ? renderTemplate(read.value, { data, now: instant(0), random: () => 0, isLate, lengthMax: resultMax })
    : read
  expect(rendered).toEqual({
    ok: false,
    reason: { text: 'Template Error: The template takes too long', isWarning: false, line: 1 },
  })
  expect(asked).toBe(4)
})
