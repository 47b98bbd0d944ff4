import { known } from '../src/lib/check.ts'
import { jsonData, objectOf } from '../src/lib/template/data.ts'
import { readTemplate, renderTemplate, resultMax } from '../src/lib/template/template.ts'
import { instant } from '../src/lib/time.ts'
import { percentile } from './load.ts'
import { type Row, shown } from './row.ts'

/** What people send to Slack: a kilobyte with blocks, a loop over alerts, conditions and filters. */
const template = `{% set firing = alert_payload.alerts | selectattr('status', 'eq', 'firing') | list -%}
{"channel": "#oncall", "username": "Watchbell", "attachments": [{
  "color": "{{ {'critical': '#d00000', 'warning': '#e0a000'}.get(alert_payload.commonLabels.severity, '#808080') }}",
  "title": "{{ alert_group.title | truncate(150) }}", "title_link": "{{ alert_group.permalinks.web }}",
  "text": "{% for alert in firing %}{{ loop.index }}. *{{ alert.labels.instance.split(':')[0] }}*: {{ alert.annotations.summary }}\\n{% endfor %}",
  "fields": [
    {"title": "State", "value": "{{ alert_group.state | capitalize }}", "short": true},
    {"title": "Severity", "value": "{{ alert_payload.commonLabels.severity | default('none') | upper }}", "short": true},
    {% for name, value in alert_payload.commonLabels | dictsort if name not in ('alertname', 'severity') %}{"title": "{{ name }}", "value": "{{ value }}", "short": true}{{ ", " if not loop.last }}{% endfor %}
  ],
  "footer": "{% if alert_group_acknowledged_by %}acknowledged by {{ alert_group_acknowledged_by.username }}{% else %}nobody acknowledged{% endif %}",
  "ts": {{ (alert_group.created_at | iso8601_to_time).timestamp() | int }}
}]}`

const alerts = Array.from({ length: 5 }, (_alert, index) => ({
  status: index === 4 ? 'resolved' : 'firing',
  labels: { alertname: 'DiskFull', instance: `db${index}:9100`, severity: 'critical', mountpoint: '/var' },
  annotations: { summary: `The disk of db${index} is "full"`, description: 'Only 2% is left.\nPlease clean up.' },
}))

const event = JSON.stringify({
  event: { type: 'escalation', time: '2024-03-07T10:15:30.123456+00:00' },
  alert_group: {
    title: 'Disk full on db1',
    state: 'firing',
    created_at: '2024-03-07T10:10:00.000001Z',
    permalinks: { web: 'https://oncall.example/I1' },
  },
  alert_payload: {
    status: 'firing',
    commonLabels: { alertname: 'DiskFull', severity: 'critical', team: 'db', cluster: 'prod' },
    alerts,
  },
  alert_group_acknowledged_by: null,
})

const world = { now: instant(0), random: () => 0, isLate: () => false, lengthMax: resultMax }
const repeats = 2000

/** How fast a usual template is read and rendered, beside what it costs to make JSON of the same data. */
export function measureTemplate(): Promise<readonly Row[]> {
  const readMs = usualMs(() => readTemplate(template))
  const dataMs = usualMs(() => jsonData(objectOf(event)))
  const read = readTemplate(template)
  const parsed = known(read.ok ? read.value : null, 'the template can be read')
  const object = objectOf(event)
  // A copy each time, since it is made of what the template looks at.
  const renderMs = usualMs(() => renderTemplate(parsed, { ...world, data: jsonData(object) }))
  const wholeMs = readMs + dataMs + renderMs
  return Promise.resolve([
    { what: 'renders of a 1 kB template for Slack, all in all', measured: `${Math.round(1000 / wholeMs)}/s`, target: null },
    {
      what: 'of which reading, data, rendering',
      measured: [readMs, dataMs, renderMs].map((each) => `${shown(each * 1000)} µs`).join(', '),
      target: null,
    },
    {
      what: 'the same data through JSON.parse and JSON.stringify',
      measured: `${shown(usualMs(() => JSON.stringify(JSON.parse(event))) * 1000)} µs`,
      target: null,
    },
  ])
}

function usualMs(run: () => unknown): number {
  const took: number[] = []
  for (let count = 0; count < repeats; count += 1) {
    const startMs = performance.now()
    run()
    took.push(performance.now() - startMs)
  }
  return percentile(took, 0.5)
}
