import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { instant } from '../time.ts'
import { jsonData, objectOf, plainData, type TemplateData } from './data.ts'
import { readTemplate, renderTemplate, resultMax, type TemplateFailure } from './template.ts'

const world = { now: instant(0), random: () => 0.5, isLate: () => false, lengthMax: resultMax }

function render(template: string, data: TemplateData): string | TemplateFailure {
  const read = readTemplate(template)
  if (!read.ok) return read.reason
  const rendered = renderTemplate(read.value, { data, ...world })
  return rendered.ok ? rendered.value : rendered.reason
}

const parsed = (rendered: string | TemplateFailure): unknown =>
  JSON.parse(typeof rendered === 'string' ? rendered : rendered.text)

const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)) as Json)
const dataOf = (x: Json): TemplateData => plainData(objectOf(JSON.stringify({ x })))
const jsonDataOf = (x: Json): TemplateData => jsonData(objectOf(JSON.stringify({ x })))

/** Python's `repr`, slowly: one character after the other. */
function reprOf(value: Json): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return numberOf(value)
  if (typeof value === 'string') return quotedOf(value)
  if (Array.isArray(value)) return `[${value.map(reprOf).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, member]) => `${quotedOf(key)}: ${reprOf(member)}`)
    .join(', ')}}`
}

function numberOf(value: number): string {
  const source = JSON.stringify(value)
  if (/^-?\d+$/.test(source)) return source
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  if (Number(exponent) < -4 || Number(exponent) >= 16) {
    return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`
  }
  return source
}

function quotedOf(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const body = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (character === quote || character === '\\') return `\\${character}`
    if (character === '\n') return '\\n'
    if (character === '\r') return '\\r'
    if (character === '\t') return '\\t'
    if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
  })
  return quote + body.join('') + quote
}

test('a value prints as Python prints it, and inside of a list as its repr', () => {
  fc.assert(
    fc.property(json, (x) => {
      expect(render('{{ [x] }}', dataOf(x))).toBe(`[${reprOf(x)}]`)
      expect(render('{{ x }}', dataOf(x))).toBe(typeof x === 'string' ? x : reprOf(x))
    }),
  )
})

test('a literal is read as the value that it is written for', () => {
  const literal = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer({ min: 0 }),
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  )
  fc.assert(
    fc.property(literal, (x) => {
      // Line breaks of other systems are made line breaks wherever they stand.
      fc.pre(typeof x !== 'string' || x.isWellFormed())
      expect(render(`{{ ${reprOf(x)} == x }}`, dataOf(x))).toBe('True')
    }),
  )
})

test('tojson is JSON of the same value, also where texts are escaped', () => {
  fc.assert(
    fc.property(json, (x) => {
      for (const data of [dataOf(x), jsonDataOf(x)]) {
        expect(parsed(render('{{ x | tojson }}', data))).toEqual(x)
        expect(parsed(render('{{ [x] | tojson_pretty }}', data))).toEqual([x])
        expect(parsed(render('{{ x | json_dumps }}', data))).toEqual(x)
      }
    }),
  )
})

test('an escaped text fits between the quotes of JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (x) => {
      expect(parsed(render('"{{ x }}"', jsonDataOf(x)))).toBe(x)
      expect(parsed(render('"a {{ x ~ x }}"', jsonDataOf(x)))).toBe(`a ${x}${x}`)
    }),
  )
})

test('what JSON is made of a value, parse_json reads again', () => {
  fc.assert(
    fc.property(json, (x) => {
      expect(render('{{ (x | tojson | parse_json) == x }}', dataOf(x))).toBe('True')
    }),
  )
})

const pieces = fc.constantFrom(
  ...[
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '-',
    '|',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '=',
    '.',
    '~',
    '*',
    '**',
    '/',
    '%',
    '+',
    '<',
  ],
  ...[
    ' if ',
    ' else ',
    'endif',
    ' for ',
    ' in ',
    'endfor',
    ' set ',
    'endset',
    'macro m(a, b=1)',
    'endmacro',
    'call m()',
    'endcall',
  ],
  ...[
    ' and ',
    ' or ',
    ' not ',
    ' is ',
    'defined',
    'x',
    'y',
    'loop',
    'self',
    'm(x)',
    'none',
    'true',
    '1',
    '2.5',
    '"a\\n"',
    "'%s'",
    '10**9',
  ],
  ...[
    'map',
    'join',
    'sort',
    'groupby',
    'default',
    'tojson',
    'length',
    'format',
    'replace',
    'batch',
    'attr',
    '.items()',
    '.upper()',
  ],
  ...['raw', 'endraw', 'with', 'endwith', 'filter', 'upper', 'endfilter', 'block b', 'endblock', '\n', 'text', 'é😀'],
)

/** Each of these has an end, so that rendering is come to more often than with pieces alone. */
const whole = fc.letrec<{ body: string; expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(
      'x',
      'y',
      'x.a',
      'x[0]',
      '1',
      '0',
      '-2.5',
      "'a'",
      '""',
      'none',
      'true',
      '[]',
      '{}',
      'loop.index',
      'loop',
      'm',
      'ns',
      'missing',
    ),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '//', '%', '**', '~', '==', '<', ' in ', ' and ', ' or '),
        tie('expression'),
      )
      .map(([left, operator, right]) => `(${left}${operator}${right})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom(
          ...[
            'upper',
            'length',
            'list',
            'sort',
            'join',
            'first',
            'last',
            'sum',
            'max',
            'unique',
            'reverse',
            'tojson',
            'int',
            'float',
            'round',
          ],
          ...[
            'string',
            'dictsort',
            'items',
            'title',
            'trim',
            'e',
            'urlencode',
            'wordwrap(3)',
            'indent',
            'truncate(3)',
            'batch(2)',
            'slice(2)',
          ],
          ...[
            'groupby("a")',
            'map("string")',
            'map(attribute="a")',
            'select("defined")',
            'selectattr("a")',
            'default(1)',
            'format(1, 2)',
          ],
          ...[
            'replace("a", x)',
            'center(9)',
            'pprint',
            'filesizeformat',
            'striptags',
            'urlize',
            'xmlattr',
            'parse_json',
            'b64decode',
          ],
          ...[
            'regex_search("a")',
            'regex_replace("(.)", "\\\\1")',
            'iso8601_to_time',
            'datetimeformat',
            'timestamp_to_datetime',
            'timedeltaparse',
          ],
        ),
      )
      .map(([of, filter]) => `${of}|${filter}`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('.a', '[0]', '[1:]', '[::-1]', '()', '.upper()', '.items()', '.append(1)', '.get("a")'),
      )
      .map(([of, rest]) => of + rest),
    fc
      .tuple(tie('expression'), fc.constantFrom('defined', 'string', 'odd', 'mapping', 'in(x)', 'gt(1)', 'sameas(y)'))
      .map(([of, name]) => `(${of} is ${name})`),
    fc.tuple(tie('expression'), tie('expression')).map(([left, right]) => `[${left}, {${left}: ${right}}]`),
  ),
  body: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('text', '\n', ' '),
    tie('expression').map((of) => `{{ ${of} }}`),
    fc
      .tuple(tie('expression'), tie('body'), tie('body'))
      .map(([of, body, other]) => `{% if ${of} %}${body}{% else %}${other}{% endif %}`),
    fc
      .tuple(tie('expression'), tie('body'), tie('body'))
      .map(([of, body, other]) => `{% for y in ${of} %}${body}{% else %}${other}{% endfor %}`),
    fc.tuple(tie('expression'), tie('body')).map(([of, body]) => `{% set x = ${of} %}${body}`),
    fc.tuple(tie('body'), tie('body')).map(([body, other]) => `{% macro m(a=1) %}${body}{% endmacro %}${other}{{ m(x) }}`),
    fc.tuple(tie('body'), tie('body')).map(([left, right]) => left + right),
  ),
})).body

test('whatever a template says, there is a text or a failure, and never a defect', () => {
  const template = fc.oneof(
    { weight: 1, arbitrary: fc.array(pieces, { maxLength: 30 }).map((all) => all.join('')) },
    { weight: 3, arbitrary: whole },
  )
  fc.assert(
    fc.property(template, json, (text, x) => {
      for (const data of [dataOf(x), jsonDataOf(x)]) {
        const found = render(text, data)
        if (typeof found === 'string') expect(found.length).toBeLessThanOrEqual(2 * resultMax + 2)
        else expect(found.text).toMatch(/^Template (?:Error|Warning): ./s)
      }
    }),
    { numRuns: 400 },
  )
})
