import type { AlertReport } from '../src/webhooks/alert-report.ts'
import { recordOfAlert } from '../src/webhooks/filter/event-record.ts'
import type { Filter } from '../src/webhooks/filter/filter.ts'
import { judge } from '../src/webhooks/filter/judge.ts'
import { percentile } from './load.ts'
import { type Row, shown } from './row.ts'

const report: AlertReport = {
  organization: { id: 'O1', name: 'Acme' },
  integration: { id: 'C1', name: 'Prometheus', type: 'alertmanager', type_title: 'Alertmanager', created_at: '' },
  service: { id: 'SV1', name: 'Checkout', team_id: null, created_at: '' },
  team: { id: 'T1', name: 'Harbour' },
  escalation_chain: null,
  alert_group: {
    id: 'I1',
    title: 'Disk full',
    message: '',
    url: '',
    source_link: null,
    grouping_key: null,
    urgency: 'high',
    labels: { alertname: 'DiskFull', severity: 'critical', env: 'prod' },
    state: 'firing',
    alerts_count: 1,
    created_at: '',
    acknowledged_at: null,
    resolved_at: null,
  },
  assigned_to: null,
  person: null,
  acknowledged_by: null,
  resolved_by: null,
  notified: [],
  first_to_page: null,
}

const alerts = Array.from({ length: 8 }, (_alert, index) => ({
  status: 'firing',
  labels: { alertname: 'DiskFull', instance: `db${index}:9100`, severity: 'critical', mountpoint: '/var' },
  annotations: { summary: `The disk of db${index} is full`, description: 'Only 2% is left. Please clean up.' },
}))
const payload = { json: Buffer.from(JSON.stringify({ status: 'firing', alerts })), truncated: false }

/** Every webhook asks for another host. */
const filterOf = (index: number): Filter => ({
  all: [
    { field: 'urgency', operator: 'in', value: ['high', 'critical'] },
    {
      any: [
        { field: 'service', operator: 'is', value: 'Checkout' },
        { field: 'team', operator: 'is', value: 'Harbour' },
      ],
    },
    { field: 'payload.alerts.labels.instance', operator: 'matches', value: `^web-${index}[0-9]*:` },
  ],
  none: [{ field: 'labels.env', operator: 'is', value: 'test' }],
})

const webhooks = 1000
const repeats = 100

/** What the filters of a thousand webhooks cost an event: five conditions each, one of them an expression in the payload. */
export function measureFilters(): Promise<readonly Row[]> {
  const filters = Array.from({ length: webhooks }, (_filter, index) => filterOf(index))
  const took: number[] = []
  for (let count = 0; count < repeats; count += 1) {
    const startMs = performance.now()
    const record = recordOfAlert(report, payload)
    for (const filter of filters) judge(filter, record, { left: 8_000_000 })
    took.push(performance.now() - startMs)
  }
  const [first = 0] = took
  return Promise.resolve([
    { what: 'an event past the filters of 1,000 webhooks', measured: `${shown(percentile(took, 0.5))} ms`, target: null },
    { what: 'the first one, which makes their expressions', measured: `${shown(first)} ms`, target: null },
  ])
}
