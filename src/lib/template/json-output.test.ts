import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from '../time.ts'
import { jsonData, objectOf, plainData, type TemplateData } from './data.ts'
import { readTemplate, renderTemplate } from './template.ts'

const world = { now: instant(0), random: () => 0.5, isLate: () => false, lengthMax: 10_000_000 }

/** The text, or null for a failure. */
function render(template: string, data: TemplateData): string | null {
  const read = readTemplate(template)
  const rendered = read.ok ? renderTemplate(read.value, { data, ...world }) : read
  return rendered.ok ? rendered.value : null
}

const object = (value: unknown) => objectOf(JSON.stringify(value))

/** What a sender would try: pieces of JSON, of escapes and of templates, and halves of pairs that look like what we keep quotes apart by. */
const hostile = fc
  .array(
    fc.constantFrom(
      ...['"', '\\', '\n', '\r', '\t', '\u0001', "'", '","b":"', '"}', '\\"', '\\n', '\\u0022', '\r\n', '\u2028', '\u0085'],
      ...['{{', '}}', '{%', '{{ x }}', '%s', '%', '{}', '{0}', '<b>', '&', '&#34;', 'https://a.example/"b" '],
      ...['\ud800', '\udc22', '\udc5c', '\udc0a', '\u{10022}', '\u{1f422}', '\u{1005c}', '\u{1040a}', '😀', 'ß', 'İ', 'é'],
      ...['a', 'B', ' ', '  ', ',', '-', '.', '/', '1', 'word'],
    ),
    { maxLength: 12 },
  )
  .map((all) => all.join(''))

const changes = fc.constantFrom(
  ...[
    '[1:]',
    '[:3]',
    '[:-1]',
    '[::2]',
    '[::-1]',
    '[0]',
    '[-1]',
    '[2:5]',
    '.upper()',
    '.title()',
    '.swapcase()',
    '.split()',
    '.splitlines()',
  ],
  ...[
    '.split("a")',
    ".split('\"')",
    ".split('\\n', 1)",
    '.rsplit(none, 1)',
    ".partition('\"')",
    ".strip('\"')",
    '.strip()',
    '.rstrip(x)',
  ],
  ...[
    '.removeprefix(y)',
    '.removesuffix(y)',
    '.replace(x, y)',
    '.replace("a", y, 1)',
    '.join(xs)',
    '.zfill(9)',
    '.center(9)',
    '.expandtabs(3)',
  ],
  ...[
    '.format(x, y)',
    '.ljust(7, "-")',
    '.capitalize()',
    '.encode',
    '.partition(y)',
    '.find(y)',
    '.count(y)',
    '.lower()',
    '.casefold()',
  ],
  ...[
    '|upper',
    '|lower',
    '|title',
    '|capitalize',
    '|trim',
    "|trim('\"a')",
    '|reverse',
    '|length',
    '|string',
    '|list',
    '|first',
    '|last',
  ],
  ...[
    '|truncate(3, true, "", 0)',
    '|truncate(5, false, "-", 0)',
    '|wordwrap(3)',
    '|wordwrap(4, false)',
    '|indent(1)',
    '|indent(x, true)',
  ],
  ...[
    '|replace("a", x)',
    "|replace('\"', y)",
    "|replace('\\n', ' ')",
    "|replace('\\\\', '/')",
    '|replace(x, y)',
    '|replace("", "-", 2)',
  ],
  ...[
    '|regex_replace(".", y)',
    '|regex_replace("(.)(.)", "\\\\2-\\\\1")',
    "|regex_replace('\"', '')",
    '|regex_replace("[^a-z]", "")',
  ],
  ...[
    '|join',
    '|join(y)',
    '|join("; ")',
    '|sort',
    '|unique|join',
    '|batch(2)|map("join")|join',
    '|map("upper")|join(x)',
    '|default(y)',
  ],
  ...[
    '|format(x)',
    '|center(9)',
    '|e',
    '|forceescape',
    '|safe',
    '|striptags',
    '|urlencode',
    '|urlize',
    '|pprint',
    '|wordcount',
    '|select|join',
  ],
  ...[
    '|parse_json',
    '|b64decode',
    '|datetimeformat',
    '|int',
    '|float',
    '|abs',
    '|dictsort',
    '|items|list',
    '|sum',
    '|max',
    '|min',
  ],
)

/** Expressions without a literal that has to be escaped, but for what they look for: all that they write comes from the data. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(
      'x',
      'y',
      'xs',
      'd',
      'd.values()|join',
      'd.keys()|first',
      'd|first',
      'd[x]',
      'xs[0]',
      '"a%sb"',
      '"{} {1}"',
      'missing',
    ),
    fc.tuple(tie('expression'), changes).map(([of, change]) => `(${of})${change}`),
    fc.tuple(tie('expression'), changes).map(([of, change]) => `(${of})${change}`),
    fc
      .tuple(tie('expression'), fc.constantFrom(' ~ ', ' + ', ' % ', ' or ', ' and '), tie('expression'))
      .map((all) => `(${all.join('')})`),
    tie('expression').map((of) => `(${of}) * 2`),
    fc.tuple(tie('expression'), tie('expression')).map(([of, other]) => `[${of}, {${other}: ${of}}]`),
    fc.tuple(tie('expression'), tie('expression')).map(([of, other]) => `(${of} if '"' in (${other})|string else y)`),
  ),
}))

const { body } = fc.letrec<{ body: string }>((tie) => ({
  body: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    expression.map((of) => `{{ ${of} }}`),
    expression.map((of) => `{{ ${of} }}`),
    expression.map((of) => `{% for y in ${of} %}{{ y }}{{ ", " if not loop.last }}{% endfor %}`),
    fc.tuple(expression, tie('body')).map(([of, inner]) => `{% set x = ${of} %}${inner}`),
    fc.tuple(tie('body'), tie('body')).map(([kept, inner]) => `{% set y %}${kept}{% endset %}${inner}`),
    fc
      .tuple(tie('body'), expression)
      .map(([inner, of]) => `{% macro m(y) %}<${inner}>{% endmacro %}{{ m(${of}) }}{{ m(x)|upper }}`),
    fc
      .tuple(tie('body'), expression)
      .map(([inner, of]) => `{% macro n(y) %}{{ caller() }}-{{ y }}{% endmacro %}{% call n(${of}) %}${inner}{% endcall %}`),
    fc
      .tuple(tie('body'), fc.constantFrom('upper', 'trim', 'reverse', 'replace("a", x)', 'truncate(9)', 'e'))
      .map(([inner, filter]) => `{% filter ${filter} %}${inner}{% endfilter %}`),
    fc
      .tuple(tie('body'), expression)
      .map(([inner, of]) => `{% with y = ${of} %}${inner}{% endwith %}{% block b %}{{ x }}{% endblock %}{{ self.b() }}`),
    fc
      .tuple(expression, tie('body'), tie('body'))
      .map(([of, left, right]) => `{% if ${of} %}${left}{% else %}${right}{% endif %}`),
    tie('body').map((inner) => `{% autoescape true %}${inner}{% endautoescape %}`),
  ),
}))

const senders = fc.record({
  x: hostile,
  y: hostile,
  xs: fc.array(hostile, { maxLength: 3 }),
  d: fc.dictionary(hostile, hostile, { maxKeys: 2 }),
})

test('whatever data say, and whatever a template does with them, they stay between their quotes and say what they say', () => {
  fc.assert(
    fc.property(body, senders, (inner, seen) => {
      const plain = render(inner, plainData(object(seen)))
      const json = render(`{"a": "${inner}"}`, jsonData(object(seen)))
      expect(json === null ? null : JSON.parse(json)).toEqual(plain === null ? null : { a: plain })
    }),
    { numRuns: 600 },
  )
})

/** Templates that write quotes and more themselves, around an expression in one place. All of them make the same. */
const ways: readonly ((of: string) => string)[] = [
  (of) => `{"a": {{ '"' ~ (${of}) ~ '"' }}}`,
  (of) => `{{ '{"a": "' + ((${of}) ~ '') + '"}' }}`,
  (of) => `{"a": {{ '"%s"' | format(${of}) }}}`,
  (of) => `{{ '{"a": "%s"}' % (${of},) }}`,
  (of) => `{{ '{{"a": "{}"}}'.format((${of})|string) }}`,
  (of) => `{{ ['{"a": "', ${of}, '"}'] | join }}`,
  (of) => `{"a": {{ ['"', ${of}, '"'] | map('string') | list | join('') }}}`,
  (of) => `{% set quote = '"' %}{% set all %}{"a": {{ quote }}{{ ${of} }}{{ quote }}},{% endset %}{{ all[:-1] }}`,
  (of) => `{% macro m(x) %}{"a": "{{ x }}"}{% endmacro %}{{ m(${of}) | trim }}`,
  (of) => `{% macro m() %}{"a": "{{ caller() }}"}{% endmacro %}{% call m() %}{{ ${of} }}{% endcall %}`,
  (of) => `{% filter replace("NAME", '"a"') | trim %}\n{NAME: "{{ ${of} }}"}\n{% endfilter %}`,
  (of) => `{% set parts = [] %}{% set _ = parts.append('"a": "' ~ (${of}) ~ '"') %}{{ '{' ~ parts | join(', ') ~ '}' }}`,
  (of) => `{"a": {{ (${of}) | string | tojson }}}`,
  (of) => `{{ {'a': (${of}) | string} | tojson }}`,
  (of) => `{{ ('{"a": "' ~ (${of}) ~ '"}') | parse_json | tojson }}`,
  (of) => `{"a": "{{ ((${of}) | string | tojson_pretty)[1:-1] }}"}`,
]

test('what a template writes itself stays as it is, wherever it is joined with what data say', () => {
  fc.assert(
    fc.property(expression, fc.constantFrom(...ways), senders, (of, way, seen) => {
      const plain = render(`{{ ${of} }}`, plainData(object(seen)))
      const json = render(way(of), jsonData(object(seen)))
      expect(json === null ? null : JSON.parse(json)).toEqual(plain === null ? null : { a: plain })
    }),
    { numRuns: 600 },
  )
})
