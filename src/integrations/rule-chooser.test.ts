import { describe, expect, test } from 'vitest'
import { asId, type RouteId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { ruleChooserOf } from './rule-chooser.ts'

const template = (expression: string) => ({ type: 'jinja2', expression }) as const
const regex = (expression: string) => ({ type: 'regex', expression }) as const

/** What an alert with this payload comes to among rules R1, R2 and so on. */
function chosen(rules: readonly ReturnType<typeof template | typeof regex>[], json: string, stepsMax = 16_000_000) {
  const chooser = ruleChooserOf(rules.map((rule, index) => ({ id: asId<RouteId>(`R${index + 1}`), ...rule })))
  return chooser.choose({ json, text: json, labels: { team: 'db' } }, { now: instant(0), stepsMax })
}

const critical = '{"severity": "critical", "hosts": ["db1", "db2"]}'

describe('a template is taken when it says yes', () => {
  test.each([
    ['{{ payload.severity == "critical" }}', 'R1'],
    ['{{ payload.severity == "warning" }}', null],
    ['{{ "db2" in payload.hosts }}', 'R1'],
    ['{{ labels.team == "db" }}', 'R1'],
    [' {% if payload.hosts | length > 1 %} OK {% endif %} ', 'R1'],
    ['1', 'R1'],
    ['yes', null],
    ['{{ payload.missing.deeper }}', null],
    ['{{ 1 / 0 }}', null],
    ['{{ time().year == 1970 }}', 'R1'],
  ])('%s', (expression, routeId) => {
    expect(chosen([template(expression)], critical)).toMatchObject({ routeId, isWhole: true })
  })
})

test('the first route counts, whether it searches or renders', () => {
  const says = template('{{ payload.severity == "critical" }}')
  const found = regex('critical')
  expect(chosen([says, found], critical).routeId).toBe('R1')
  expect(chosen([found, says], critical).routeId).toBe('R1')
  expect(chosen([regex('warning'), template('{{ false }}'), says, found], critical).routeId).toBe('R3')
  expect(chosen([template('{{ false }}'), regex('warning'), found, says], critical).routeId).toBe('R3')
})

test('payloads that are no objects are seen as they are', () => {
  expect(chosen([template('{{ payload[0] == "a" }}')], '["a"]').routeId).toBe('R1')
  expect(chosen([template('{{ payload is none }}')], 'null').routeId).toBe('R1')
})

test('one that takes too long leaves it open, and a later one may still say yes', () => {
  const long = template("{% for a in 'x' * 9000 %}{% for b in 'x' * 9000 %}{% endfor %}{% endfor %}")
  const { routeId, isWhole, steps } = chosen([long, template('{{ true }}')], critical)
  expect([routeId, isWhole]).toEqual(['R2', false])
  expect(steps).toBeLessThan(16_100_000)
  const short = template("{% for a in 'x' * 900 %}{% endfor %}{{ false }}")
  expect(chosen([short, regex('critical')], critical)).toMatchObject({ routeId: 'R2', isWhole: true })
  expect(chosen([short, regex('critical')], critical, 40_000)).toMatchObject({ routeId: 'R2', isWhole: false })
})

test('a payload that was cut off is not rendered, and that is said', () => {
  expect(chosen([template('{{ true }}')], '{"a": "b')).toMatchObject({ routeId: null, isWhole: false })
})
