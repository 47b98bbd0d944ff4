import { type Instant, isoZ } from '../lib/time.ts'

/** What Prometheus Alertmanager sends to a webhook, version 4, about one alert. */
export function alertmanagerBody({ status, at }: { readonly status: 'firing' | 'resolved'; readonly at: Instant }): object {
  const labels = { alertname: 'DiskFull', instance: 'db-1', severity: 'critical' }
  const annotations = { summary: 'The disk of db-1 is 99 % full' }
  return {
    version: '4',
    groupKey: '{}:{alertname="DiskFull", instance="db-1"}',
    truncatedAlerts: 0,
    status,
    receiver: 'watchbell',
    groupLabels: { alertname: labels.alertname, instance: labels.instance },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.lighthouse.example',
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: isoZ(at),
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : isoZ(at),
        generatorURL: 'http://prometheus.lighthouse.example/graph?g0.expr=disk_free+%3C+0.01',
        fingerprint: '8c77d5865e910658',
      },
    ],
  }
}

/** What a tool sends to PagerTree's webhook. */
export function pagertreeBody() {
  return {
    event_type: 'create',
    Id: 'ticket-17',
    Title: 'checkout takes no payments',
    Description: 'Three customers have called.',
  } as const
}
